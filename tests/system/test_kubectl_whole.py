"""Stock kubectl of two generations over what people do with it, while a controller and the workloads process work.

Kubelets are played. What each command prints is what https://kubernetes.io/docs/reference/kubectl/ shows for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import orjson
import pytest
import yaml

from tests.system.apiserver_process import serving_people
from tests.system.chain import Chain
from tests.system.kubectls import PACKAGES, Kubectl
from tests.system.workloads_process import WorkloadsProcess, playing_kubelets

pytestmark = pytest.mark.system

OLD, NEW = sorted(PACKAGES)
TIMEOUT = "--timeout=60s"


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("whole")
    chain = Chain(directory)
    with (
        serving_people(directory, "--admission", "controller.admission") as found,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(chain.stop)
        chain.start_northbound()
        chain.start_controller()
        workloads = WorkloadsProcess(directory)
        workloads.start()
        stack.callback(workloads.kill)
        stack.enter_context(playing_kubelets(workloads.kubeconfig))
        yield found


@pytest.fixture(scope="module", params=[pytest.param(OLD, marks=pytest.mark.slow), NEW])
def kube(
    request: pytest.FixtureRequest, kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> Kubectl:
    made = Kubectl(request.param, kubeconfig, tmp_path_factory.mktemp("cache"))
    made("create", "namespace", made.namespace)
    node = {"name": "node1", "labels": {"kubernetes.io/hostname": "node1"}}
    made.apply({"apiVersion": "v1", "kind": "Node", "metadata": node})
    return made


def refusal(kube: Kubectl, *arguments: str, document: Any = None) -> str:
    """What it says when it ends badly, as it must."""
    done = kube.run(*arguments, document=document)
    assert done.returncode != 0, done.stdout
    assert "panic" not in done.stderr
    return done.stderr.strip()


@contextlib.contextmanager
def watched(kube: Kubectl, *arguments: str) -> Iterator[IO[str]]:
    """What a command that goes on prints; it is ended with the block, or after a minute."""
    command = ["timeout", "60", *kube.command, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.terminate()


def until_shown(kube: Kubectl, *arguments: str) -> str:
    """What a command prints once it prints anything."""
    deadline = time.monotonic() + 60
    while not (found := kube(*arguments)):
        assert time.monotonic() < deadline, arguments
    return found


def json_of(kube: Kubectl, *arguments: str) -> Any:
    return orjson.loads(kube("get", *arguments, "-o", "json"))


def a_config(name: str, labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    metadata = {"name": name, "labels": labels or {}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def a_deployment(name: str, replicas: int = 1) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 80}]}]},
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


# Showing


def test_an_object_is_shown_in_every_format(kube: Kubectl) -> None:
    kube.apply(a_config("shown", {"set": "formats"}, a="1", b="2"))
    get = ("get", "configmap", "shown")
    assert kube(*get, "-o", "name") == "configmap/shown"
    assert kube(*get, "-o", "jsonpath={.data.a}{.data.b}") == "12"
    assert kube(*get, "-o", "go-template={{.data.a}}") == "1"
    assert kube(*get, "-o", "custom-columns=NAME:.metadata.name,A:.data.a").split() == [
        "NAME",
        "A",
        "shown",
        "1",
    ]
    assert yaml.safe_load(kube(*get, "-o", "yaml"))["data"] == {"a": "1", "b": "2"}
    assert json_of(kube, "configmap", "shown")["data"] == {"a": "1", "b": "2"}
    assert kube(*get, "--show-labels").splitlines()[1].split()[-1] == "set=formats"
    assert kube(*get, "-L", "set").split()[-1] == "formats"
    assert "configmap/shown" in kube("get", "configmaps", "-A", "-l", "set in (formats)", "-o", "name")
    assert kube("get", "configmaps", "-l", "set!=formats,set", "-o", "name") == ""
    assert refusal(kube, "get", "configmap", "not-there") == (
        'Error from server (NotFound): configmaps "not-there" not found'
    )
    assert "the server doesn't have a resource type" in refusal(kube, "get", "unicorns")
    assert "field label not supported" in refusal(kube, "get", "pods", "--field-selector=spec.colour=red")


def test_a_long_list_comes_in_pages_and_sorted(kube: Kubectl) -> None:
    names = [f"page{number}" for number in range(7)]
    kube.apply(
        {"apiVersion": "v1", "kind": "List", "items": [a_config(each, {"set": "pages"}) for each in names]}
    )
    select = ("get", "configmaps", "-l", "set=pages", "-o", "name")
    assert kube(*select, "--chunk-size=2", "--sort-by=.metadata.name").split() == [
        f"configmap/{each}" for each in names
    ]
    path = f"/api/v1/namespaces/{kube.namespace}/configmaps?labelSelector=set%3Dpages&limit=3"
    found, token = [], ""
    while True:
        page = orjson.loads(kube("get", "--raw", f"{path}&continue={token}" if token else path))
        found += [entry["metadata"]["name"] for entry in page["items"]]
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert found == names


def test_kube_ovns_kinds_have_their_columns(kube: Kubectl) -> None:
    name = f"net-{kube.namespace}"
    number = 1 + [OLD, NEW].index(kube.version)
    spec = {"cidrBlock": f"10.91.{number}.0/24", "excludeIps": [f"10.91.{number}.9"]}
    kube.apply({"apiVersion": "kubeovn.io/v1", "kind": "Subnet", "metadata": {"name": name}, "spec": spec})
    if kube.version == NEW:
        kube("wait", "subnet", name, "--for=jsonpath={.status.v4availableIPs}=252", TIMEOUT)
    head, row = kube("get", "subnet", name).splitlines()
    assert head.split()[:6] == ["NAME", "PROVIDER", "VPC", "VLAN", "PROTOCOL", "CIDR"]
    assert head.split()[9:12] == ["GATEWAYTYPE", "V4USED", "V4AVAILABLE"]
    assert f"10.91.{number}.0/24" in row
    assert kube("get", "vpc", "ovn-cluster", "-o", "name") == "vpc.kubeovn.io/ovn-cluster"
    assert "ovn-default" in kube("describe", "subnets.kubeovn.io", "ovn-default")
    assert "V4AVAILABLE" in kube("get", "subnets.v1.kubeovn.io")
    kube("delete", "subnet", name)


def test_what_is_not_carried_is_said_where_people_look(kube: Kubectl) -> None:
    name = f"rack-{kube.namespace}"
    spec = {"subnet": "ovn-default", "physicalSwitch": "tor1", "physicalPort": "eth1", "vlanID": 5}
    kube.apply(
        {"apiVersion": "kubeovn.io/v1", "kind": "VtepBinding", "metadata": {"name": name}, "spec": spec}
    )
    kube("wait", f"vtepb/{name}", "--for=condition=Supported=False", TIMEOUT)
    assert "not carried yet" in kube("describe", "vtepb", name)
    assert kube("get", "vtepb", name, "--no-headers").split()[:4] == [name, "ovn-default", "tor1", "eth1"]
    pod = {"name": "slow", "annotations": {"ovn.kubernetes.io/ingress_rate": "3"}}
    containers = [{"name": "c", "image": "none"}]
    kube.apply({"apiVersion": "v1", "kind": "Pod", "metadata": pod, "spec": {"containers": containers}})
    line = until_shown(kube, "get", "events", "--field-selector=reason=NotSupported", "--no-headers")
    assert line.split()[1:4] == ["Warning", "NotSupported", "pod/slow"]
    assert line.rstrip().endswith("without effect: ovn.kubernetes.io/ingress_rate")
    assert "without effect: ovn.kubernetes.io/ingress_rate" in kube("describe", "pod", "slow")
    kube("delete", f"vtepb/{name}")
    kube("delete", "pod", "slow")


EXPLAINED = {
    "pod.spec.containers.ports.containerPort": "containerPort",
    "deployment.spec.strategy.rollingUpdate": "maxSurge",
    "subnet.spec": "cidrBlock",
    "cronjob.spec.jobTemplate.spec.template.spec.containers": "image",
}


def test_fields_are_explained(kube: Kubectl) -> None:
    for path, expected in EXPLAINED.items():
        assert expected in kube("explain", path), path
    assert "cidrBlock" in kube("explain", "subnet", "--recursive")
    assert "does not exist" in refusal(kube, "explain", "pod.spec.colour")


DESCRIBED: dict[str, tuple[dict[str, Any], str]] = {
    "service": (
        {"apiVersion": "v1", "spec": {"selector": {"app": "a"}, "ports": [{"port": 80}]}},
        "Endpoints:",
    ),
    "networkpolicy": (
        {"apiVersion": "networking.k8s.io/v1", "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}},
        "Allowing ingress traffic:",
    ),
    "secret": ({"apiVersion": "v1", "stringData": {"key": "value"}}, "5 bytes"),
    "configmap": ({"apiVersion": "v1", "data": {"key": "value"}}, "key:"),
    "serviceaccount": ({"apiVersion": "v1"}, "described"),
}
KINDS = {
    "service": "Service",
    "networkpolicy": "NetworkPolicy",
    "secret": "Secret",
    "configmap": "ConfigMap",
    "serviceaccount": "ServiceAccount",
}
POD_SPEC = {"containers": [{"name": "web", "image": "web:1", "env": [{"name": "A", "value": "b"}]}]}
ONCE = {"template": {"spec": POD_SPEC | {"restartPolicy": "Never"}}}


def test_plain_kinds_are_described(kube: Kubectl) -> None:
    for kind, (body, expected) in DESCRIBED.items():
        kube.apply({"kind": KINDS[kind], "metadata": {"name": "described"}, **body})
        assert expected in kube("describe", kind, "described"), kind
    assert "Status:" in kube("describe", "namespace", kube.namespace)
    assert "Taints:" in kube("describe", "node", "node1")
    kube("delete", *(f"{kind}/described" for kind in DESCRIBED))


def test_workloads_are_described_with_their_events(kube: Kubectl) -> None:
    for kind in ("Deployment", "DaemonSet", "StatefulSet"):
        labels = {"app": kind}
        spec = {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": POD_SPEC},
        }
        more = {"serviceName": "d"} if kind == "StatefulSet" else {}
        kube.apply({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "d"}, "spec": spec | more})
    kube.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "d"}, "spec": ONCE})
    cron = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": ONCE}}
    kube.apply({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "d"}, "spec": cron})
    for what in ("deployment/d", "statefulset/d", "daemonset/d"):
        kube("rollout", "status", what, TIMEOUT)
    kube("wait", "job/d", "--for=condition=Complete", TIMEOUT)
    assert "1 desired | 1 updated | 1 total | 1 available | 0 unavailable" in kube(
        "describe", "deployment", "d"
    )
    assert "Replicas:" in kube("describe", "replicaset", "-l", "app=Deployment")
    assert "1 Running / 0 Waiting / 0 Succeeded / 0 Failed" in kube("describe", "statefulset", "d")
    assert "Desired Number of Nodes Scheduled: " in kube("describe", "daemonset", "d")
    assert "1 Succeeded" in kube("describe", "job", "d")
    if kube.version == NEW:  # 1.20 knows cron jobs of v1beta1 alone, which no server has any more
        assert "0 0 1 1 *" in kube("describe", "cronjob", "d")
    described = kube("describe", "pods", "-l", "app=StatefulSet")
    assert "Controlled By:  StatefulSet/d" in described
    assert "ReplicaSet" in kube("get", "all", "-o", "jsonpath={.items[*].kind}")
    kube("delete", "deployment/d", "daemonset/d", "statefulset/d", "job/d", "cronjob/d")


# Applying


def test_a_field_taken_out_of_a_manifest_is_taken_away_and_others_own_stay(kube: Kubectl) -> None:
    assert kube.apply(a_config("three-way", a="1", b="2")) == "configmap/three-way created"
    kube("patch", "configmap", "three-way", "--type=merge", "-p", '{"data": {"theirs": "3"}}')
    assert kube.apply(a_config("three-way", a="1", c="4")) == "configmap/three-way configured"
    assert json_of(kube, "configmap", "three-way")["data"] == {"a": "1", "c": "4", "theirs": "3"}
    assert kube.apply(a_config("three-way", a="1", c="4")) == "configmap/three-way unchanged"
    assert '"c":"4"' in kube(
        "get", "configmap", "three-way", "-o", "jsonpath={.metadata.annotations}"
    ).replace("\\", "")
    assert 'a: "1"' in kube("apply", "view-last-applied", "configmap/three-way")
    kube("delete", "configmap", "three-way")


def test_a_custom_object_is_applied_three_ways_too(kube: Kubectl) -> None:
    vpc: dict[str, Any] = {
        "apiVersion": "kubeovn.io/v1",
        "kind": "Vpc",
        "metadata": {"name": f"vpc-{kube.namespace}"},
    }
    routes = [{"cidr": "0.0.0.0/0", "nextHopIP": "10.0.0.1", "policy": "policyDst"}]
    assert kube.apply(vpc | {"spec": {"staticRoutes": routes, "namespaces": ["a"]}}).endswith(" created")
    assert kube.apply(vpc | {"spec": {"namespaces": ["a"]}}).endswith(" configured")
    assert "staticRoutes" not in json_of(kube, "vpc", vpc["metadata"]["name"])["spec"]
    assert kube.apply(vpc | {"spec": {"namespaces": ["a"]}}).endswith(" unchanged")
    kube("delete", "vpc", vpc["metadata"]["name"])


def test_what_is_no_longer_in_the_manifests_can_be_pruned(kube: Kubectl) -> None:
    kube.apply(a_config("kept", {"set": "pruned"}))
    kube.apply(a_config("gone", {"set": "pruned"}))
    prune = ("--prune", "-l", "set=pruned")
    chosen = "--prune-whitelist" if kube.version == OLD else "--prune-allowlist"
    said = kube.apply(a_config("kept", {"set": "pruned"}), *prune, f"{chosen}=core/v1/ConfigMap")
    assert "configmap/gone pruned" in said
    assert kube("get", "configmaps", "-l", "set=pruned", "-o", "name") == "configmap/kept"
    kube("delete", "configmap", "kept")


def test_what_differs_is_shown_before_it_is_applied(kube: Kubectl) -> None:
    kube.apply(a_config("differs", a="1"))
    done = kube.run("diff", "-f", "-", document=a_config("differs", a="2"))
    assert done.returncode == 1
    assert '-  a: "1"\n+  a: "2"\n' in done.stdout
    kube("delete", "configmap", "differs")


def test_an_object_is_replaced(kube: Kubectl) -> None:
    kube("create", "-f", "-", document=a_config("replaced", a="1"))
    assert kube("replace", "-f", "-", document=a_config("replaced", b="2")) == "configmap/replaced replaced"
    assert json_of(kube, "configmap", "replaced")["data"] == {"b": "2"}
    assert "replaced" in kube("replace", "--force", "-f", "-", document=a_config("replaced", c="3"))
    assert "AlreadyExists" in refusal(kube, "create", "-f", "-", document=a_config("replaced"))
    kube("delete", "configmap", "replaced")


def test_an_editor_changes_an_object(kube: Kubectl, tmp_path: Path) -> None:
    kube.apply(a_config("edited", a="1"))
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i \'s/a: "1"/a: "9"/\' "$1"\n')
    editor.chmod(0o755)
    done = subprocess.run(
        [*kube.command, "edit", "configmap", "edited"],
        env=os.environ | {"EDITOR": str(editor)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "configmap/edited edited", done.stderr
    assert json_of(kube, "configmap", "edited")["data"] == {"a": "9"}
    kube("delete", "configmap", "edited")


# Making


MADE = {
    "namespace spare-{}": "namespace/spare-{} created",
    "configmap made --from-literal=a=b": "configmap/made created",
    "secret generic made --from-literal=a=b": "secret/made created",
    "secret docker-registry docked --docker-username=a --docker-password=b --docker-email=c@d": "secret/docked created",
    "serviceaccount made": "serviceaccount/made created",
    "service clusterip inner --tcp=80:8080": "service/inner created",
    "service nodeport noded --tcp=80:8080": "service/noded created",
    "service loadbalancer outer --tcp=5678:8080": "service/outer created",
    "service externalname elsewhere --external-name=example.com": "service/elsewhere created",
    "deployment made --image=web:1 --replicas=2 --port=80": "deployment.apps/made created",
    "job made --image=web:1 -- date": "job.batch/made created",
}


def test_every_generator_makes_what_it_says(kube: Kubectl) -> None:
    for command, said in MADE.items():
        assert kube("create", *command.format(kube.namespace).split()) == said.format(kube.namespace)
    port = json_of(kube, "service", "inner")["spec"]["ports"][0]
    assert (port["name"], port["port"], port["targetPort"]) == ("80-8080", 80, 8080)
    assert json_of(kube, "secret", "docked")["type"] == "kubernetes.io/dockerconfigjson"
    assert json_of(kube, "job", "made")["spec"]["template"]["spec"]["containers"][0]["command"] == ["date"]
    assert kube("expose", "deployment", "made", "--port=80", "--name=exposed") == "service/exposed exposed"
    assert kube("run", "ran", "--image=web:1", "--labels=a=b", "--env=X=y", "--port=80") == "pod/ran created"
    assert kube("set", "env", "deployment/made", "A=b").endswith(" env updated")
    assert kube("set", "resources", "deployment/made", "--limits=cpu=1").endswith(
        " resource requirements updated"
    )
    assert kube("set", "selector", "service", "inner", "app=made").endswith(" selector updated")
    kube("delete", "deployment,service,job,pod,secret,configmap,serviceaccount", "--all")
    kube("delete", "namespace", f"spare-{kube.namespace}")


MISSING = {
    "create role r --verb=get --resource=pods": "/apis/rbac.authorization.k8s.io/v1/namespaces/",
    "create clusterrole r --verb=get --resource=pods": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "create rolebinding r --role=r --user=u": "/rolebindings",
    "create clusterrolebinding r --clusterrole=r --user=u": "/clusterrolebindings",
    "create ingress i --rule=example.com/a=web:80": "/ingresses",
    "create quota q --hard=cpu=1": "/resourcequotas",
    "create priorityclass p --value=1": "/priorityclasses",
    "autoscale deployment target --max=3": "/horizontalpodautoscalers",
}
"""Kinds that there are none of: the answer names the path that is not served."""


def test_what_is_not_served_is_refused_by_name(kube: Kubectl) -> None:
    kube.apply(a_deployment("target"))
    for command, path in MISSING.items():
        said = refusal(kube, *command.split())
        assert "the server could not find the requested resource" in said, command
        assert path in said, command
    assert "PodDisruptionBudget" in refusal(
        kube, *["create", "pdb", "p", "--selector=a=b", "--min-available=1"]
    ) or (kube.version == NEW)
    assert "Metrics API not available" in refusal(kube, "top", "pods")
    assert "Metrics API not available" in refusal(kube, "top", "nodes")
    refusal(kube, "apply", "--server-side", "-f", "-", document=a_config("sided"))
    kube("delete", "deployment", "target")


# Changing


def test_labels_and_annotations_are_set_and_taken_away(kube: Kubectl) -> None:
    kube.apply(a_config("marked"))
    for verb in ("label", "annotate"):
        kube(verb, "configmap", "marked", "tier=front")
        assert "--overwrite is false" in refusal(kube, verb, "configmap", "marked", "tier=back")
        kube(verb, "configmap", "marked", "tier=back", "--overwrite")
    metadata = json_of(kube, "configmap", "marked")["metadata"]
    assert (metadata["labels"]["tier"], metadata["annotations"]["tier"]) == ("back", "back")
    kube("label", "configmap", "marked", "tier-")
    assert "tier" not in json_of(kube, "configmap", "marked")["metadata"].get("labels", {})
    assert "a valid label" in refusal(kube, "label", "configmap", "marked", "tier=not a label")
    kube("delete", "configmap", "marked")


def test_a_deployment_is_scaled_if_it_is_as_was_thought(kube: Kubectl) -> None:
    kube.apply(a_deployment("scaled", 2))
    assert "Expected replicas to be 5, was 2" in refusal(
        kube, "scale", "deployment/scaled", "--replicas=1", "--current-replicas=5"
    )
    kube("scale", "deployment/scaled", "--replicas=3", "--current-replicas=2")
    assert "successfully rolled out" in kube("rollout", "status", "deployment/scaled", TIMEOUT)
    assert kube("get", "deployment", "scaled", "--no-headers").split()[1] == "3/3"
    if kube.version == NEW:
        kube("wait", "deployment/scaled", "--for=jsonpath={.status.readyReplicas}=3", TIMEOUT)
        shown = kube("get", "deployment", "scaled", "--subresource=scale", "-o", "jsonpath={.spec.replicas}")
        assert shown == "3"
    kube("delete", "deployment", "scaled")


def test_a_status_is_patched_by_itself(kube: Kubectl) -> None:
    if kube.version == OLD:
        assert "unknown flag: --subresource" in refusal(
            kube, "patch", "node", "node1", "--subresource=status"
        )
        return
    spec = {"subnet": "ovn-default", "physicalSwitch": "tor2", "physicalPort": "eth1", "vlanID": 5}
    kube.apply(
        {"apiVersion": "kubeovn.io/v1", "kind": "VtepBinding", "metadata": {"name": "part"}, "spec": spec}
    )
    patch = '{"status": {"chassis": "tor"}, "spec": {"physicalPort": "eth2"}}'
    kube("patch", "vtepb", "part", "--subresource=status", "--type=merge", "-p", patch)
    found = json_of(kube, "vtepb", "part")
    assert (found["status"]["chassis"], found["spec"]["physicalPort"]) == ("tor", "eth1")
    kube("delete", "vtepb", "part")


def test_a_faulty_patch_leaves_everything(kube: Kubectl) -> None:
    kube.apply(a_config("patched", a="1"))
    patch = ("patch", "configmap", "patched")
    refusal(kube, *patch, "--type=json", "-p", '[{"op": "test", "path": "/data/a", "value": "2"}]')
    refusal(kube, *patch, "--type=json", "-p", '[{"op": "remove", "path": "/data/none"}]')
    assert "unknown field" in refusal(kube, *patch, "--type=merge", "-p", '{"colour": "red"}')
    assert json_of(kube, "configmap", "patched")["data"] == {"a": "1"}
    kube("delete", "configmap", "patched")


# Deleting


def test_an_object_stays_until_its_finalizer_is_taken_away(kube: Kubectl) -> None:
    held = a_config("held")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    kube.apply(held)
    assert "deleted" in kube("delete", "configmap", "held", "--wait=false")
    assert json_of(kube, "configmap", "held")["metadata"]["deletionTimestamp"]
    assert "timed out" in refusal(kube, "delete", "configmap", "held", "--timeout=1s")
    kube("patch", "configmap", "held", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    assert "NotFound" in refusal(kube, "get", "configmap", "held")


@pytest.mark.parametrize("policy", ["background", "foreground", "orphan"])
def test_dependents_go_as_the_cascade_says(kube: Kubectl, policy: str) -> None:
    name = f"family-{policy}"
    kube.apply(a_deployment(name))
    kube("rollout", "status", f"deployment/{name}", TIMEOUT)
    kube("delete", "deployment", name, f"--cascade={policy}")
    sets = ("get", "replicasets", "-l", f"app={name}", "-o", "name")
    if policy == "orphan":
        assert kube(*sets).startswith("replicaset.apps/family-orphan-")
        kube("delete", "replicasets", "-l", f"app={name}")
    gone = f"app={name}"
    while kube("get", "pods,replicasets", "-l", gone, "-o", "name"):
        kube.run("wait", "pods", "-l", gone, "--for=delete", "--timeout=20s")


def test_many_are_deleted_by_label_and_by_kind(kube: Kubectl) -> None:
    for name in ("one", "two"):
        kube.apply(a_config(name, {"set": "many"}))
    assert len(kube("delete", "configmaps", "-l", "set=many").splitlines()) == 2
    assert kube("delete", "configmap", "one", "--ignore-not-found") == ""


# Waiting


def test_waiting_for_what_becomes_of_a_pod(kube: Kubectl) -> None:
    kube("run", "awaited", "--image=web:1")
    assert "condition met" in kube("wait", "pod/awaited", "--for=condition=Ready", TIMEOUT)
    if kube.version == NEW:
        assert "condition met" in kube(
            "wait", "pod/awaited", "--for=jsonpath={.status.phase}=Running", TIMEOUT
        )
        assert "condition met" in kube("wait", "pod/awaited", "--for=create", TIMEOUT)
    assert "timed out" in refusal(kube, "wait", "pod/awaited", "--for=condition=Sunny", "--timeout=1s")
    with subprocess.Popen(
        [*kube.command, "wait", "pod/awaited", "--for=delete", TIMEOUT], stdout=subprocess.PIPE, text=True
    ) as waiting:
        kube("delete", "pod", "awaited")
        assert waiting.wait(60) in (0, 1)  # 1: it was gone before the wait began
    assert "NotFound" in refusal(kube, "get", "pod", "awaited")


def test_a_watch_of_all_namespaces_tells_of_removal(kube: Kubectl) -> None:
    kube.apply(a_config("seen", {"set": "seen"}))
    command = ["get", "configmaps", "-A", "-l", "set=seen", "-w", "-o", "name"]
    if kube.version == NEW:
        command = ["get", "configmaps", "-A", "-l", "set=seen", "-w", "--output-watch-events", "--no-headers"]
    with watched(kube, *command) as shown:
        first = shown.readline().split()
        kube("delete", "configmap", "seen")
        last = shown.readline().split()
    assert (first[0], last[0]) == (("ADDED", "DELETED") if kube.version == NEW else ("configmap/seen",) * 2)


def test_a_watch_goes_on_from_where_it_ended_and_is_told_when_that_is_too_long_ago(
    kube: Kubectl,
) -> None:
    kube.apply(a_config("resumed", a="1"))
    revision = json_of(kube, "configmap", "resumed")["metadata"]["resourceVersion"]
    kube.apply(a_config("resumed", a="2"))
    kube("delete", "configmap", "resumed")
    path = f"/api/v1/namespaces/{kube.namespace}/configmaps?watch=1&timeoutSeconds=1&resourceVersion="
    events = [json.loads(line) for line in kube("get", "--raw", path + revision).splitlines()]
    found = [(each["type"], each["object"].get("data")) for each in events if each["type"] != "BOOKMARK"]
    assert found == [("MODIFIED", {"a": "2"}), ("DELETED", {"a": "2"})]


# Nodes


def test_a_node_is_tainted_cordoned_and_drained(kube: Kubectl) -> None:
    name = f"node-{kube.namespace}"
    kube.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    kube("taint", "nodes", name, "use=special:NoSchedule")
    assert "already has use taint" in refusal(kube, "taint", "nodes", name, "use=other:NoSchedule")
    assert "use=special:NoSchedule" in kube("describe", "node", name)
    kube("taint", "nodes", name, "use-")
    assert kube("cordon", name) == f"node/{name} cordoned"
    pod = {"containers": POD_SPEC["containers"], "nodeName": name}
    kube.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "alone"}, "spec": pod})
    assert "cannot delete" in refusal(kube, "drain", name, TIMEOUT)
    assert "pod/alone evicted" in kube("drain", name, "--force", TIMEOUT)
    assert "NotFound" in refusal(kube, "get", "pod", "alone")
    kube("uncordon", name)
    kube("delete", "node", name)


# The server


def test_the_server_says_what_it_is_and_has(kube: Kubectl) -> None:
    versions = orjson.loads(kube("version", "-o", "json"))
    assert versions["serverVersion"]["gitVersion"].startswith("v1.")
    assert "is running at https://127.0.0.1:" in _plain(kube("cluster-info"))
    assert {"apps/v1", "batch/v1", "kubeovn.io/v1", "v1"} <= set(kube("api-versions").split())
    resources = kube("api-resources", "--no-headers", "-o", "name").split()
    assert {"pods", "subnets.kubeovn.io", "vtep-bindings.kubeovn.io", "cronjobs.batch"} <= set(resources)
    assert "subnets.kubeovn.io" not in kube("api-resources", "--namespaced=true", "-o", "name").split()
    assert kube("auth", "can-i", "create", "deployments.apps") == "yes"
    assert "*.*" in kube("auth", "can-i", "--list")
    if kube.version == NEW:
        assert "testbed" in kube("auth", "whoami")
        assert kube("events", "--types=Warning") != ""


def _plain(text: str) -> str:
    return text.replace("\x1b[0;32m", "").replace("\x1b[0;33m", "").replace("\x1b[0m", "")


# Custom kinds


def test_a_custom_kind_is_used_like_any_other(kube: Kubectl) -> None:
    group = f"{kube.namespace}.example.com"
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {"size": {"type": "integer", "minimum": 1, "description": "How many."}},
            }
        },
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
    }
    names = {"plural": "boxes", "singular": "box", "kind": "Box", "shortNames": ["bx"]}
    name = f"boxes.{group}"
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }
    kube.apply(definition)
    kube("wait", f"crd/{name}", "--for=condition=Established", TIMEOUT)
    assert kube("get", "crd", name, "--no-headers").split()[0] == name
    box = {"apiVersion": f"{group}/v1", "kind": "Box", "metadata": {"name": "b"}}
    assert kube.apply(box | {"spec": {"size": 2}}) == f"box.{group}/b created"
    assert kube("get", f"bx.{group}", "b").split() == ["NAME", "SIZE", "b", "2"]
    assert "How many." in kube(
        "explain", f"boxes.{group}.spec.size".replace(f".{group}", "", 1), f"--api-version={group}/v1"
    )
    assert "unknown field" in refusal(kube, "apply", "-f", "-", document=box | {"spec": {"sise": 3}})
    assert "Size:" in kube("describe", f"boxes.{group}", "b")
    kube("delete", "crd", name)
    assert "NotFound" in refusal(kube, "get", "crd", name)


def test_what_is_too_old_is_gone(tmp_path: Path) -> None:
    with serving_people(tmp_path, "--history", "5") as kubeconfig:
        for version in PACKAGES:
            kube = Kubectl(version, kubeconfig, tmp_path / version)
            kube("create", "namespace", kube.namespace)
            for number in range(8):
                kube.apply(a_config(f"filling{number}"))
            watch = "/api/v1/configmaps?watch=1&timeoutSeconds=1&resourceVersion=1"
            done = kube.run("get", "--raw", watch)
            assert "too old resource version: 1" in done.stdout + done.stderr
            (status,) = [json.loads(line) for line in done.stdout.splitlines()] or [None]
            assert status is None or status["object"]["code"] == 410
            shown = kube("get", "configmaps", "-o", "name", "--chunk-size=2").split()
            assert len(shown) == 8
