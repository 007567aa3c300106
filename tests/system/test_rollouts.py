"""Stock kubectl of two generations over what workloads do: rolling out, going back, draining, jobs by hand.

Kubelets are played: every pod that has a node becomes ready, one that is to end has succeeded, one that is asked to
end is gone. Held against https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/ and the pages that
the tests name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.system.apiserver_process import serving_people
from tests.system.kubectls import PACKAGES, Kubectl
from tests.system.workloads_process import WorkloadsProcess, playing_kubelets

pytestmark = pytest.mark.system

NODES = ("node1", "node2", "node3")
TIMEOUT = "--timeout=60s"


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("served")
    with serving_people(directory) as found:
        workloads = WorkloadsProcess(directory)
        workloads.start()
        try:
            with playing_kubelets(workloads.kubeconfig):
                yield found
        finally:
            workloads.kill()


@pytest.fixture(scope="module", params=sorted(PACKAGES))
def kube(
    request: pytest.FixtureRequest, kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> Kubectl:
    made = Kubectl(request.param, kubeconfig, tmp_path_factory.mktemp("cache"))
    made("create", "namespace", made.namespace)
    for name in NODES:
        labels = {"kubernetes.io/hostname": name}
        made.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})
    return made


def a_workload(kind: str, name: str, image: str = "web:1", **spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "web", "image": image}]},
    }
    asked = {"selector": {"matchLabels": {"app": name}}, "template": template} | spec
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": asked}


def images(kube: Kubectl, name: str) -> set[str]:
    path = "jsonpath={.items[*].spec.containers[*].image}"
    return set(kube("get", "pods", "-l", f"app={name}", "-o", path).split())


def revisions(kube: Kubectl, what: str) -> list[str]:
    lines = kube("rollout", "history", what).splitlines()
    return [line.split()[0] for line in lines if line[:1].isdigit()]


def test_a_deployment_is_rolled_out_gone_back_and_restarted(kube: Kubectl) -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-back-a-deployment"""
    kube.apply(a_workload("Deployment", "front", replicas=3))
    told = kube("rollout", "status", "deployment/front", TIMEOUT)
    assert told.endswith('deployment "front" successfully rolled out')
    kube("set", "image", "deployment/front", "web=web:2")
    kube("annotate", "deployment/front", "kubernetes.io/change-cause=a newer web")
    kube("rollout", "status", "deployment/front", TIMEOUT)
    assert images(kube, "front") == {"web:2"}
    assert revisions(kube, "deployment/front") == ["1", "2"]
    assert "web:1" in kube("rollout", "history", "deployment/front", "--revision=1")
    assert kube("rollout", "undo", "deployment/front") == "deployment.apps/front rolled back"
    kube("rollout", "status", "deployment/front", TIMEOUT)
    assert images(kube, "front") == {"web:1"}
    assert revisions(kube, "deployment/front") == ["2", "3"]
    assert "a newer web" in kube("rollout", "history", "deployment/front")
    kube("rollout", "undo", "deployment/front", "--to-revision=2")
    kube("rollout", "status", "deployment/front", TIMEOUT)
    assert images(kube, "front") == {"web:2"}
    before = set(kube("get", "pods", "-l", "app=front", "-o", "name").split())
    assert kube("rollout", "restart", "deployment/front") == "deployment.apps/front restarted"
    kube("rollout", "status", "deployment/front", TIMEOUT)
    assert not before & set(kube("get", "pods", "-l", "app=front", "-o", "name").split())
    kube("delete", "deployment", "front")


def test_a_paused_deployment_rolls_out_when_it_is_resumed(kube: Kubectl) -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment"""
    kube.apply(a_workload("Deployment", "held", replicas=2))
    kube("rollout", "status", "deployment/held", TIMEOUT)
    kube("rollout", "pause", "deployment/held")
    kube("set", "image", "deployment/held", "web=web:2")
    kube("scale", "deployment/held", "--replicas=3")
    kube("wait", "deployment/held", "--for=condition=Available", TIMEOUT)
    kube("rollout", "resume", "deployment/held")
    kube("rollout", "status", "deployment/held", TIMEOUT)
    assert images(kube, "held") == {"web:2"}
    assert revisions(kube, "deployment/held") == ["1", "2"]
    kube("delete", "deployment", "held")


def test_a_deployment_that_does_not_get_on_is_told_as_failed(kube: Kubectl) -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment"""
    stuck = a_workload("Deployment", "stuck", progressDeadlineSeconds=1)
    stuck["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "none"}
    kube.apply(stuck)
    told = kube.run("rollout", "status", "deployment/stuck", TIMEOUT)
    assert told.returncode == 1
    assert 'deployment "stuck" exceeded its progress deadline' in told.stderr
    kube("delete", "deployment", "stuck")


def test_a_deployment_that_recreates_is_rolled_out(kube: Kubectl) -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#recreate-deployment"""
    spec: dict[str, Any] = {"replicas": 2, "strategy": {"type": "Recreate"}}
    kube.apply(a_workload("Deployment", "anew", **spec))
    kube("rollout", "status", "deployment/anew", TIMEOUT)
    kube.apply(a_workload("Deployment", "anew", "web:2", **spec))
    kube("rollout", "status", "deployment/anew", TIMEOUT)
    assert images(kube, "anew") == {"web:2"}
    kube("delete", "deployment", "anew")


def test_a_statefulset_is_rolled_out_by_its_partition_and_gone_back(kube: Kubectl) -> None:
    """https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#partitions"""
    kube.apply(a_workload("StatefulSet", "store", replicas=3, serviceName="store"))
    kube("rollout", "status", "statefulset/store", TIMEOUT)
    part = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    spec: dict[str, Any] = {"replicas": 3, "serviceName": "store", "updateStrategy": part}
    kube.apply(a_workload("StatefulSet", "store", "web:2", **spec))
    assert "partitioned roll out complete" in kube("rollout", "status", "statefulset/store", TIMEOUT)
    shown = kube("get", "pods", "-l", "app=store", "-o", "jsonpath={.items[*].spec.containers[*].image}")
    assert shown.split() == ["web:1", "web:1", "web:2"]
    part["rollingUpdate"] = {"partition": 0}
    kube.apply(a_workload("StatefulSet", "store", "web:2", **spec))
    kube("rollout", "status", "statefulset/store", TIMEOUT)
    assert images(kube, "store") == {"web:2"}
    assert revisions(kube, "statefulset/store") == ["1", "2"]
    kube("rollout", "undo", "statefulset/store")
    kube("rollout", "status", "statefulset/store", TIMEOUT)
    assert images(kube, "store") == {"web:1"}
    names = kube("get", "pods", "-l", "app=store", "-o", "jsonpath={.items[*].metadata.name}")
    assert names.split() == ["store-0", "store-1", "store-2"]
    kube("delete", "statefulset", "store")


def test_a_daemonset_is_rolled_out_gone_back_and_restarted(kube: Kubectl) -> None:
    """https://kubernetes.io/docs/tasks/manage-daemon/rollback-daemon-set/"""
    surge = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    kube.apply(a_workload("DaemonSet", "agent", updateStrategy=surge))
    kube("rollout", "status", "daemonset/agent", TIMEOUT)
    kube("set", "image", "daemonset/agent", "web=web:2")
    kube("rollout", "status", "daemonset/agent", TIMEOUT)
    assert images(kube, "agent") == {"web:2"}
    kube("rollout", "undo", "daemonset/agent")
    kube("rollout", "status", "daemonset/agent", TIMEOUT)
    assert images(kube, "agent") == {"web:1"}
    assert revisions(kube, "daemonset/agent") == ["2", "3"]
    kube("rollout", "restart", "daemonset/agent")
    kube("rollout", "status", "daemonset/agent", TIMEOUT)
    assert len(kube("get", "pods", "-l", "app=agent", "-o", "name").split()) == len(NODES)
    kube("delete", "daemonset", "agent")


def test_a_node_is_drained_by_evictions(kube: Kubectl) -> None:
    """https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/"""
    kube.apply(a_workload("Deployment", "moved", replicas=6))
    kube("rollout", "status", "deployment/moved", TIMEOUT)
    drained = kube.run("drain", "node1", "--ignore-daemonsets", TIMEOUT)
    assert drained.returncode == 0, drained.stderr
    assert " evicted" in drained.stdout
    kube("rollout", "status", "deployment/moved", TIMEOUT)
    where = kube("get", "pods", "-l", "app=moved", "-o", "jsonpath={.items[*].spec.nodeName}")
    assert set(where.split()) == {"node2", "node3"}
    kube("uncordon", "node1")
    kube("delete", "deployment", "moved")


def test_a_job_made_by_hand_from_a_cron_job_is_complete(kube: Kubectl) -> None:
    """https://kubernetes.io/docs/reference/kubectl/generated/kubectl_create/kubectl_create_job/"""
    container = {"name": "main", "image": "any"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    spec = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}}
    kube.apply({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "report"}, "spec": spec})
    if kube.version == "1.20":
        pytest.skip("kubectl 1.20 knows CronJob of batch/v1beta1 alone")
    kube("create", "job", "now", "--from=cronjob/report")
    kube("wait", "job/now", "--for=condition=complete", TIMEOUT)
    found = orjson.loads(kube("get", "job", "now", "-o", "json"))
    (owner,) = found["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("CronJob", "report")
    assert found["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"
    assert found["status"]["succeeded"] == 1
    kube("delete", "cronjob", "report")
    kube("wait", "job/now", "--for=delete", TIMEOUT)
