"""The kinds that are served: where each is, what it is held to, what is written below its objects."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from testbed.apiserver import subresources
from testbed.apiserver.kinds import builtin
from testbed.apiserver.status import ApiError
from testbed.apiserver.store import Store
from testbed.apiserver.structure import faults
from testbed.apiserver.writing import DeleteOptions, Writer
from tests.unit.apiserver.conftest import a_pod

KINDS = builtin()


def a_deployment(name: str = "web", **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web"}]}}
    return {
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": template} | spec,
    }


@pytest.mark.parametrize(
    ("group", "version", "plural", "subresources"),
    [
        ("", "v1", "services", ("status",)),
        ("", "v1", "endpoints", ()),
        ("", "v1", "configmaps", ()),
        ("", "v1", "secrets", ()),
        ("", "v1", "serviceaccounts", ()),
        ("", "v1", "pods", ("status", "binding", "eviction", "log", "exec")),
        ("apps", "v1", "deployments", ("status", "scale")),
        ("apps", "v1", "replicasets", ("status", "scale")),
        ("apps", "v1", "statefulsets", ("status", "scale")),
        ("apps", "v1", "daemonsets", ("status",)),
        ("apps", "v1", "controllerrevisions", ()),
        ("batch", "v1", "jobs", ("status",)),
        ("batch", "v1", "cronjobs", ("status",)),
        ("discovery.k8s.io", "v1", "endpointslices", ()),
        ("networking.k8s.io", "v1", "networkpolicies", ()),
        ("apiextensions.k8s.io", "v1", "customresourcedefinitions", ("status",)),
    ],
)
def test_core_kinds_are_where_kubernetes_has_them(
    group: str, version: str, plural: str, subresources: tuple[str, ...]
) -> None:
    kind = KINDS.at(group, version, plural)
    assert kind is not None
    assert kind.subresources == subresources


def test_every_field_is_explained_and_lists_say_how_they_are_merged() -> None:
    spec = KINDS.definitions["V1PodSpec"]["properties"]
    assert "containers" in spec["containers"]["description"].lower()
    assert spec["containers"]["x-kubernetes-patch-merge-key"] == "name"
    assert spec["volumes"]["x-kubernetes-patch-strategy"] == "merge,retainKeys"
    ports = KINDS.definitions["V1ServiceSpec"]["properties"]["ports"]
    assert ports["x-kubernetes-list-map-keys"] == ["port", "protocol"]


def test_a_field_of_two_types_takes_both() -> None:
    for value in (1, "25%"):
        rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": value}}
        document = a_deployment(strategy=rolling)
        assert faults(KINDS.named("Deployment").schema, document) == []


def test_a_misspelt_field_deep_in_a_workload_is_refused_by_its_path() -> None:
    document = a_deployment()
    document["spec"]["template"]["spec"]["containers"][0]["imagee"] = "web"
    found = faults(KINDS.named("Deployment").schema, document)
    assert [cause.field for cause in found] == ["spec.template.spec.containers[0].imagee"]


# Subresources


async def test_scale_reads_and_writes_the_replicas_of_a_workload(store: Store, writer: Writer) -> None:
    kind = store.registry.named("Deployment")
    writer.create(kind, "default", a_deployment(replicas=2))
    found = subresources.scale(kind, writer.existing(kind, "default", "web"))
    assert found["spec"] == {"replicas": 2}
    assert found["status"] == {"replicas": 0, "selector": "app=web"}

    found["spec"]["replicas"] = 5
    outcome = subresources.rescale(writer, kind, "default", "web", found, dry_run=False)
    assert orjson.loads(outcome.body)["spec"] == {"replicas": 5}
    assert writer.existing(kind, "default", "web").document()["spec"]["replicas"] == 5


async def test_a_scale_of_another_time_is_a_conflict(store: Store, writer: Writer) -> None:
    kind = store.registry.named("Deployment")
    writer.create(kind, "default", a_deployment(replicas=2))
    found = subresources.scale(kind, writer.existing(kind, "default", "web"))
    writer.patch(kind, "default", "web", {"spec": {"paused": True}}, "")
    with pytest.raises(ApiError) as refusal:
        subresources.rescale(writer, kind, "default", "web", found, dry_run=False)
    assert refusal.value.code == 409


async def test_a_pod_is_bound_once(store: Store, writer: Writer) -> None:
    kind = store.registry.named("Pod")
    writer.create(kind, "default", {"metadata": {"name": "a"}, "spec": {"containers": []}})
    binding = {
        "metadata": {"name": "a", "labels": {"zone": "b"}},
        "target": {"kind": "Node", "name": "node2"},
    }
    subresources.bind(writer, kind, "default", "a", binding, dry_run=False)
    pod = writer.existing(kind, "default", "a").document()
    assert pod["spec"]["nodeName"] == "node2"
    assert pod["metadata"]["labels"] == {"zone": "b"}
    assert [(entry["type"], entry["status"]) for entry in pod["status"]["conditions"]] == [
        ("PodScheduled", "True")
    ]
    with pytest.raises(ApiError) as refusal:
        subresources.bind(writer, kind, "default", "a", binding, dry_run=False)
    assert refusal.value.code == 409


async def test_a_binding_names_a_node(store: Store, writer: Writer) -> None:
    kind = store.registry.named("Pod")
    writer.create(kind, "default", {"metadata": {"name": "a"}, "spec": {"containers": []}})
    with pytest.raises(ApiError, match="allowed a Node"):
        subresources.bind(writer, kind, "default", "a", {"target": {}}, dry_run=False)


async def test_an_evicted_pod_has_its_grace(store: Store, writer: Writer) -> None:
    kind = store.registry.named("Pod")
    writer.create(kind, "default", a_pod("a"))
    subresources.evict(writer, kind, "default", "a", {}, DeleteOptions())
    assert writer.existing(kind, "default", "a").is_being_deleted
