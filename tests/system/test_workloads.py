"""Workloads against a real API server: from a Deployment to pods on nodes, and after a kill.

There are no kubelets here: pods are bound, and the tests say what a kubelet would report.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.api.core import Event, Pod
from controller.api.kinds import EVENTS, NODES, PODS
from controller.kubernetes import Access, Client
from testbed.workloads import moments
from testbed.workloads.constraints import LabelSelector
from testbed.workloads.objects import (
    CRONJOBS,
    DAEMONSETS,
    DEPLOYMENTS,
    JOBS,
    REPLICASETS,
    STATEFULSETS,
    RollingUpdate,
    Strategy,
)
from tests.system.apiserver_process import running
from tests.system.workloads_process import WorkloadsProcess, pods_until, report_ready

pytestmark = pytest.mark.system


@pytest.fixture
def workloads(tmp_path: Path) -> Iterator[WorkloadsProcess]:
    with running(tmp_path):
        process = WorkloadsProcess(tmp_path)
        process.start()
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
async def api(workloads: WorkloadsProcess) -> AsyncIterator[Client]:
    async with Client(Access.load(workloads.kubeconfig)) as client:
        for number in range(1, 4):
            name = f"node{number}"
            labels = {"kubernetes.io/hostname": name}
            await client.create(NODES, {"metadata": {"name": name, "labels": labels}, "spec": {}})
        yield client


def a_deployment(replicas: int, image: str = "web:1", **spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": image}]},
    }
    return {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": template,
            **spec,
        },
    }


def are_bound(count: int) -> Callable[[list[Pod]], bool]:
    return lambda pods: len(pods) == count and all(pod.spec.node_name for pod in pods)


async def until_complete(api: Client, image: str, replicas: int) -> None:
    async with asyncio.timeout(60):
        async for change in api.follow(DEPLOYMENTS):
            entry = change.object
            report = entry.status
            if (
                change.type != "SYNCED"
                and entry.spec.template["spec"]["containers"][0]["image"] == image
                and report.get("observedGeneration") == entry.metadata.generation
                and report.get("updatedReplicas") == report.get("availableReplicas") == replicas
                and report.get("replicas") == replicas
            ):
                return


async def test_the_pods_of_a_deployment_are_spread_evenly_over_the_nodes(api: Client) -> None:
    await api.create(DEPLOYMENTS, a_deployment(30))
    pods = await pods_until(api, are_bound(30))
    assert Counter(pod.spec.node_name for pod in pods) == {"node1": 10, "node2": 10, "node3": 10}
    (owner,) = (await api.list(REPLICASETS)).items
    suffix = owner.metadata.labels["pod-template-hash"]
    assert owner.name == f"web-{suffix}"
    assert all(pod.name.startswith(f"web-{suffix}-") and len(pod.name) == len(suffix) + 10 for pod in pods)
    assert {pod.metadata.owner_references[0].uid for pod in pods} == {owner.metadata.uid}


async def test_killed_while_pods_are_made_and_started_again_there_are_as_many_as_asked_for(
    api: Client, workloads: WorkloadsProcess
) -> None:
    await api.create(DEPLOYMENTS, a_deployment(200))
    await pods_until(api, lambda pods: len(pods) > 20)
    workloads.kill()
    workloads.start()
    await pods_until(api, are_bound(200))
    await api.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 201}}, namespace="default")
    await pods_until(api, are_bound(201))
    assert len((await api.list(PODS)).items) == 201


async def test_a_rolling_update_ends_with_pods_of_the_new_template_alone(api: Client) -> None:
    kubelets = asyncio.create_task(report_ready(api))
    await api.create(DEPLOYMENTS, a_deployment(8))
    await until_complete(api, "web:1", 8)
    await api.patch(DEPLOYMENTS, "web", a_deployment(8, "web:2"), namespace="default")
    await until_complete(api, "web:2", 8)
    pods = await pods_until(api, are_bound(8))
    assert {pod.spec.containers[0].image for pod in pods} == {"web:2"}
    assert len((await api.list(REPLICASETS)).items) == 2
    kubelets.cancel()


def a_set(**spec: Any) -> dict[str, Any]:
    document = a_deployment(1)
    del document["spec"]["replicas"]
    document["spec"] |= spec
    return document


async def test_a_statefulset_makes_the_next_pod_when_the_last_is_ready_and_ends_the_highest_first(
    api: Client,
) -> None:
    await api.create(STATEFULSETS, a_set(replicas=3, serviceName="web"))
    first = await pods_until(api, are_bound(1))
    assert [pod.name for pod in first] == ["web-0"]
    kubelets = asyncio.create_task(report_ready(api))
    pods = await pods_until(api, are_bound(3))
    assert sorted(pod.name for pod in pods) == ["web-0", "web-1", "web-2"]
    await pods_until(api, lambda pods: all(pod.is_ready for pod in pods))
    await api.patch(STATEFULSETS, "web", {"spec": {"replicas": 1}}, namespace="default")
    assert [pod.name for pod in await pods_until(api, are_bound(1))] == ["web-0"]
    kubelets.cancel()


async def test_a_daemonset_has_a_pod_on_every_node_also_on_one_that_is_cordoned_or_new(api: Client) -> None:
    await api.patch(NODES, "node1", {"spec": {"unschedulable": True}})
    await api.create(DAEMONSETS, a_set())
    pods = await pods_until(api, are_bound(3))
    assert {pod.spec.node_name for pod in pods} == {"node1", "node2", "node3"}
    await api.create(NODES, {"metadata": {"name": "node4"}, "spec": {}})
    assert "node4" in {pod.spec.node_name for pod in await pods_until(api, are_bound(4))}


async def test_a_job_is_complete_when_enough_pods_have_succeeded(api: Client) -> None:
    template = {"spec": {"containers": [{"name": "main", "image": "any"}], "restartPolicy": "Never"}}
    spec = {"completions": 3, "parallelism": 2, "template": template}
    await api.create(JOBS, {"metadata": {"name": "sum", "namespace": "default"}, "spec": spec})
    await pods_until(api, are_bound(2))

    async def succeed() -> None:
        async for change in api.follow(PODS):
            pod = change.object
            if change.type in ("ADDED", "MODIFIED") and pod.spec.node_name and not pod.is_finished:
                done = {"status": {"phase": "Succeeded"}}
                await api.patch(PODS, pod.name, done, namespace=pod.namespace, subresource="status")

    kubelets = asyncio.create_task(succeed())
    async with asyncio.timeout(60):
        async for change in api.follow(JOBS):
            if change.object.finish == "Complete":
                assert change.object.status["succeeded"] == 3
                break
    assert len((await api.list(PODS)).items) == 3
    kubelets.cancel()


async def test_a_pod_that_fits_nowhere_is_told_why_and_placed_when_a_node_fits(api: Client) -> None:
    spec = {"containers": [{"name": "main", "image": "any"}], "nodeSelector": {"disk": "ssd"}}
    await api.create(PODS, {"metadata": {"name": "picky", "namespace": "default"}, "spec": spec})

    def is_told(pods: list[Pod]) -> bool:
        return any(entry.reason == "Unschedulable" for pod in pods for entry in pod.status.conditions)

    (pod,) = await pods_until(api, is_told)
    assert pod.status.conditions[0].message == (
        "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
    )
    await api.patch(NODES, "node2", {"metadata": {"labels": {"disk": "ssd"}}})
    (pod,) = await pods_until(api, are_bound(1))
    assert pod.spec.node_name == "node2"


def a_pod(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "default", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": "any"}], **spec},
    }


async def event_until(api: Client, reason: str) -> Event:
    async with asyncio.timeout(60):
        async for change in api.follow(EVENTS):
            if change.type != "SYNCED" and change.object.reason == reason:
                return change.object
    raise AssertionError("a watch never ends")


async def test_pods_that_keep_apart_are_one_a_node_and_the_next_waits_for_one_to_go(api: Client) -> None:
    """https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity"""
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
    apart = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    for number in range(4):
        await api.create(PODS, a_pod(f"web-{number}", affinity=apart))

    def three_are_bound(pods: list[Pod]) -> bool:
        return len(pods) == 4 and len([pod for pod in pods if pod.spec.node_name]) == 3

    pods = await pods_until(api, three_are_bound)
    assert {pod.spec.node_name for pod in pods} == {"node1", "node2", "node3", ""}
    event = await event_until(api, "FailedScheduling")
    assert event.message == "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules."
    assert event.type == "Warning"
    first = next(pod for pod in pods if pod.spec.node_name)
    await api.delete(PODS, first.name, namespace="default", grace_seconds=0)
    await pods_until(api, are_bound(3))


async def test_pods_are_spread_over_zones_as_the_constraint_says(api: Client) -> None:
    """https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/"""
    for name, zone in (("node1", "a"), ("node2", "a"), ("node3", "b")):
        await api.patch(NODES, name, {"metadata": {"labels": {"topology.kubernetes.io/zone": zone}}})
    constraint = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "web"}},
    }
    document = a_deployment(10)
    document["spec"]["template"]["spec"]["topologySpreadConstraints"] = [constraint]
    await api.create(DEPLOYMENTS, document)
    pods = await pods_until(api, are_bound(10))
    zones = Counter("b" if pod.spec.node_name == "node3" else "a" for pod in pods)
    assert zones == {"a": 5, "b": 5}


async def test_a_cron_job_that_is_due_makes_a_job_which_ends_and_is_told(api: Client) -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"""
    template = {"spec": {"containers": [{"name": "main", "image": "any"}], "restartPolicy": "Never"}}
    spec = {"schedule": "@every 1s", "jobTemplate": {"spec": {"template": template}}}
    kubelets = asyncio.create_task(report_ready(api))
    made = await api.create(CRONJOBS, {"metadata": {"name": "tick", "namespace": "default"}, "spec": spec})
    async with asyncio.timeout(60):
        async for change in api.follow(CRONJOBS):
            if change.object.status.get("lastSuccessfulTime"):
                break
    first, *_ = (await api.list(JOBS)).items
    prefix, _, minute = first.name.rpartition("-")
    assert (prefix, first.metadata.owner_references[0].uid) == ("tick", made.object.metadata.uid)
    assert abs(int(minute) * 60 - moments.read(first.metadata.creation_timestamp)) <= 120
    kubelets.cancel()


async def test_what_is_left_out_is_written_as_kubernetes_does(api: Client) -> None:
    """The defaults of https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/"""
    sets, daemons = await api.create(STATEFULSETS, a_set(replicas=0)), await api.create(DAEMONSETS, a_set())
    assert sets.object.spec.update_strategy == Strategy(rolling_update=RollingUpdate(partition=0))
    assert daemons.object.spec.update_strategy == Strategy(
        rolling_update=RollingUpdate(max_surge=0, max_unavailable=1)
    )
    template = {"spec": {"containers": [{"name": "main", "image": "any"}], "restartPolicy": "Never"}}
    made = await api.create(
        JOBS, {"metadata": {"name": "sum", "namespace": "default"}, "spec": {"template": template}}
    )
    spec, uid = made.object.spec, made.object.metadata.uid
    assert (spec.completions, spec.parallelism, spec.backoff_limit) == (1, 1, 6)
    assert spec.selector == LabelSelector(match_labels={"batch.kubernetes.io/controller-uid": uid})
    assert spec.template["metadata"]["labels"] == {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "sum",
        "controller-uid": uid,
        "job-name": "sum",
    }
