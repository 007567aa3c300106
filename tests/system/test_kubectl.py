"""Stock kubectl of two generations against the API server, over HTTPS with the kubeconfig that the server makes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from kubernetes import client as official
from kubernetes import config as official_config

from tests.system.apiserver_process import serving_people
from tests.system.kubectls import PACKAGES, Kubectl

pytestmark = pytest.mark.system

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {"name": "web", "image": "web:1", "env": [{"name": "A", "value": "a"}]},
                    {"name": "side", "image": "side:1"},
                ]
            },
        },
    },
}


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with serving_people(tmp_path_factory.mktemp("served")) as kubeconfig:
        yield kubeconfig


@pytest.fixture(scope="module", params=sorted(PACKAGES))
def kube(
    request: pytest.FixtureRequest, kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> Kubectl:
    made = Kubectl(request.param, kubeconfig, tmp_path_factory.mktemp("cache"))
    made("create", "namespace", made.namespace)
    return made


def a_pod(name: str, **spec: Any) -> dict[str, Any]:
    containers = [{"name": "web", "image": "web:1"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"containers": containers} | spec,
    }


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_apply_tells_created_unchanged_and_configured(kube: Kubectl) -> None:
    changed = orjson.loads(orjson.dumps(DEPLOYMENT))
    changed["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "B", "value": "b"}]
    assert kube.apply(DEPLOYMENT) == "deployment.apps/web created"
    assert kube.apply(DEPLOYMENT) == "deployment.apps/web unchanged"
    assert kube.apply(changed) == "deployment.apps/web configured"
    shown = kube("get", "deployment", "web", "-o", "json")
    containers = orjson.loads(shown)["spec"]["template"]["spec"]["containers"]
    assert [each["name"] for each in containers] == ["web", "side"]
    assert [each["name"] for each in containers[0]["env"]] == ["B"]
    assert kube("delete", "deployment", "web").startswith('deployment.apps "web" deleted')


def test_pods_are_shown_with_the_columns_that_people_know(kube: Kubectl) -> None:
    kube.apply(a_pod("shown", nodeName="node1"))
    heads = ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]
    head, row = lines(kube("get", "pods", "shown", "-o", "wide"))
    assert head == [*heads, "NOMINATED", "NODE", "READINESS", "GATES"]
    assert row[:4] == ["shown", "0/1", "Pending", "0"]
    assert row[6] == "node1"
    everywhere = lines(kube("get", "pods", "-A", "-l", "app=web", "--field-selector=metadata.name=shown"))
    assert everywhere[0][0] == "NAMESPACE"
    assert [kube.namespace, "shown"] in [each[:2] for each in everywhere]
    assert kube("get", "pod", "shown", "-o", "jsonpath={.spec.containers[*].image}") == "web:1"
    kube("delete", "pod", "shown", "--grace-period=0", "--force")


@pytest.mark.parametrize("validate", ["true", "false"])
def test_every_misspelt_field_is_named_at_once(kube: Kubectl, validate: str) -> None:
    refused = kube.run(
        "create", "-f", "-", f"--validate={validate}", document=a_pod("typo", nodName="x", colour="red")
    )
    assert refused.returncode == 1
    assert "unknown field" in refused.stderr
    assert "nodName" in refused.stderr
    assert "colour" in refused.stderr


def test_a_dry_run_at_the_server_leaves_nothing(kube: Kubectl) -> None:
    assert kube.apply(a_pod("dry"), "--dry-run=server") == "pod/dry created (server dry run)"
    assert kube.run("get", "pod", "dry").returncode == 1


def test_three_ways_of_patching(kube: Kubectl) -> None:
    kube.apply(DEPLOYMENT)
    replace = '[{"op": "replace", "path": "/spec/replicas", "value": 3}]'
    leave_one = '{"spec": {"template": {"spec": {"containers": [{"name": "side", "$patch": "delete"}]}}}}'
    kube("patch", "deployment", "web", "--type=json", "-p", replace)
    kube("patch", "deployment", "web", "--type=strategic", "-p", leave_one)
    kube("patch", "deployment", "web", "--type=merge", "-p", '{"metadata": {"labels": {"a": "b"}}}')
    found = orjson.loads(kube("get", "deployment", "web", "-o", "json"))
    assert found["spec"]["replicas"] == 3
    assert [each["name"] for each in found["spec"]["template"]["spec"]["containers"]] == ["web"]
    assert found["metadata"]["labels"]["a"] == "b"
    kube("delete", "deployment", "web")


def test_the_daily_changes(kube: Kubectl) -> None:
    kube("create", "deployment", "daily", "--image=web:1")
    assert kube("scale", "deployment", "daily", "--replicas=4") == "deployment.apps/daily scaled"
    assert "image updated" in kube("set", "image", "deployment/daily", "web=web:2")
    assert kube("label", "deployment", "daily", "tier=front") == "deployment.apps/daily labeled"
    assert kube("annotate", "deployment", "daily", "note=yes") == "deployment.apps/daily annotated"
    row = lines(kube("get", "deployments", "daily", "--no-headers", "-o", "wide"))[0]
    assert (row[1], row[6]) == ("0/4", "web:2")
    kube("delete", "deployment", "daily")


def test_nodes_are_cordoned_and_tainted(kube: Kubectl) -> None:
    name = f"node-{kube.namespace}"
    kube("create", "-f", "-", document={"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    kube("cordon", name)
    kube("taint", "nodes", name, "key=value:NoSchedule")
    assert lines(kube("get", "node", name))[1][1] == "Unknown,SchedulingDisabled"
    kube("uncordon", name)
    assert kube("get", "node", name, "-o", "jsonpath={.spec.taints[*].key}") == "key"
    kube("delete", "node", name)


def test_objects_made_from_the_command_line(kube: Kubectl) -> None:
    kube("create", "configmap", "made", "--from-literal=key=value")
    assert kube("get", "configmap", "made", "-o", "jsonpath={.data.key}") == "value"
    assert lines(kube("get", "configmap", "made"))[1][:2] == ["made", "1"]
    kube("run", "made", "--image=web:1")
    assert kube("get", "pod", "made", "-o", "jsonpath={.spec.containers[0].image}") == "web:1"
    kube("delete", "configmap/made", "pod/made")


def test_waiting_ends_when_the_condition_holds_and_when_the_object_is_gone(kube: Kubectl) -> None:
    kube.apply(DEPLOYMENT)
    late = kube.run("wait", "deployment/web", "--for=condition=Available", "--timeout=1s")
    assert "timed out" in late.stderr
    kube("delete", "deployment", "web")
    kube("apply", "-f", "-", document=a_pod("going"))
    kube("delete", "pod", "going", "--wait=false")
    kube.run("wait", "pod/going", "--for=delete", "--timeout=5s")
    assert kube.run("get", "pod", "going").returncode == 1


def test_what_kubectl_asks_about_the_server(kube: Kubectl) -> None:
    assert kube("auth", "can-i", "delete", "pods") == "yes"
    assert "containers" in kube("explain", "pod.spec")
    assert "deployments" in kube("api-resources", "--api-group=apps")
    assert "cidrBlock" in kube("explain", "subnets.spec")
    kube.apply(a_pod("described"))
    assert "Pending" in kube("describe", "pod", "described")
    kube("delete", "pod", "described")


def test_a_watch_shows_a_row_for_every_change(kube: Kubectl) -> None:
    kube.apply(a_pod("watched"))
    command = [*kube.command, "get", "pods", "--field-selector=metadata.name=watched", "-w", "--no-headers"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        try:
            assert watching.stdout.readline().split()[:3] == ["watched", "0/1", "Pending"]
            kube("label", "pod", "watched", "seen=yes")
            assert watching.stdout.readline().split()[0] == "watched"
        finally:
            watching.kill()
    kube("delete", "pod", "watched")


def test_the_official_python_client_works(kubeconfig: Path) -> None:
    configuration = official.Configuration()
    official_config.load_kube_config(str(kubeconfig), client_configuration=configuration)  # type: ignore[no-untyped-call]
    with official.ApiClient(configuration) as connection:
        core = official.CoreV1Api(connection)
        body = official.V1ConfigMap(metadata=official.V1ObjectMeta(name="python"), data={"a": "b"})
        core.create_namespaced_config_map("default", body)
        core.patch_namespaced_config_map("python", "default", {"data": {"c": "d"}})
        assert core.read_namespaced_config_map("python", "default").data == {"a": "b", "c": "d"}
        core.delete_namespaced_config_map("python", "default")
        names = [each.metadata.name for each in core.list_namespace(limit=2).items if each.metadata]
        assert "default" in names
