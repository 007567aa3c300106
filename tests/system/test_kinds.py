"""Kinds as people meet them: whole manifests through the real API server, a controller that says what it carries."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.api.kinds import NETWORK_POLICIES, SUBNETS, VPCS, Kind, kind_of
from controller.kubernetes import Access, Client
from tests.system.apiserver_process import (
    Answer,
    Connection,
    ServerProcess,
    a_pod,
    running,
    serving_people,
)
from tests.system.chain import Chain
from tests.system.kubectls import PACKAGES, Kubectl
from tests.waiting import until

pytestmark = pytest.mark.system

OURS = Path(__file__).parent.parent / "manifests"
PUBLISHED = Path(__file__).parent.parent.parent.parent / "shared" / "manifests"

NO_NAME = "metadata.name: found nothing"
NO_SELECTOR = "spec.selector: found nothing"
NO_RANGE = "spec.cidrBlock: found nothing"
OVERLAP = "allowed a network that does not overlap"
NOT_SERVED = "no kind"
NULL_FIELD = "unknown field"
"""One that is null: the newer kubectl leaves it away by itself."""
REVISION = "resourceVersion must not be set"
"""kubectl leaves the revision away when it creates."""
REFUSED: dict[tuple[str, str, str], str] = {
    ("advance-multi-nic", "Subnet", "attachnet"): OVERLAP,
    ("guide-dual-stack", "Pod", ""): NO_NAME,
    ("guide-egress-firewall", "Deployment", "kube-ovn-controller"): NO_SELECTOR,
    ("guide-egress-firewall", "AdminNetworkPolicy", "deny-external-domains"): NOT_SERVED,
    ("guide-loadbalancer-service", "Pod", ""): NO_NAME,
    ("guide-subnet", "Subnet", "ovn-default"): REVISION,
    ("guide-subnet", "Subnet", "join"): REVISION,
    ("guide-subnet", "Subnet", "centralized"): OVERLAP,
    ("guide-subnet", "Subnet", "centralized-selector"): OVERLAP,
    ("guide-subnet", "Subnet", "private"): "subnet subnet1 has it",
    ("guide-subnet", "Subnet", "disable-gw-check"): NO_RANGE,
    ("guide-subnet", "Subnet", "sample1"): NO_RANGE,
    ("vpc-ovn-eip-fip-snat", "Subnet", "vpc1-subnet1"): "allowed a VPC that exists",
    ("vpc-vpc", "NetworkAttachmentDefinition", "ovn-vpc-external-network"): NULL_FIELD,
    ("vpc-vpc", "SwitchLBRule", "cjh-slr-nginx"): "spec.selector[0]: found an object, allowed a string",
    ("vpc-vpc", "ClusterRole", "system:vpc-dns"): NOT_SERVED,
    ("vpc-vpc", "ClusterRoleBinding", "vpc-dns"): NOT_SERVED,
}
"""Published objects that cannot be had as they stand, by file, kind and name, and the reason that is given.

They are fragments (no name, no selector, no range), contradict what stands before them in their file, or are of kinds
that are not served.
"""


class Cluster:
    """An API server with the controller's admission, to which manifests are applied."""

    def __init__(self, connection: Connection) -> None:
        self.api = connection

    async def places(self) -> dict[tuple[str, str], tuple[str, bool]]:
        """Where each kind is served, by its group and version, and whether in a namespace: asked of discovery."""
        groups = (await self.api.request("GET", "/apis")).document["groups"]
        versions = ["v1", *(entry["groupVersion"] for group in groups for entry in group["versions"])]
        found = {}
        for version in versions:
            base = f"/apis/{version}" if "/" in version else f"/api/{version}"
            for resource in (await self.api.request("GET", base)).document["resources"]:
                if "/" not in resource["name"]:
                    place = (f"{base}/{{}}{resource['name']}", resource["namespaced"])
                    found[version, resource["kind"]] = place
        return found

    async def apply(self, document: dict[str, Any]) -> str:
        """Creates an object, or changes the one of that name; returns why it is refused, or nothing."""
        place = (await self.places()).get((document["apiVersion"], document["kind"]))
        if place is None:
            return f"no kind {document['kind']} in {document['apiVersion']}"
        path, namespaced = place
        namespace = document["metadata"].get("namespace", "default")
        await self.api.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
        path = path.format(f"namespaces/{namespace}/" if namespaced else "")
        answer = await self.api.create(path, document)
        if answer.document.get("reason") == "AlreadyExists":
            answer = await self.api.patch(f"{path}/{document['metadata']['name']}", document)
        return "" if answer.code < 300 else str(answer.document["message"])


def documents(path: Path) -> list[Any]:
    return list(yaml.load_all(path.read_text(), yaml.CSafeLoader))


def manifests() -> list[Any]:
    files = [*OURS.glob("*.yaml"), *(PUBLISHED.rglob("*.yaml") if PUBLISHED.is_dir() else ())]
    return [pytest.param(path, id=path.stem) for path in sorted(files)]


@pytest.mark.parametrize("path", manifests())
async def test_every_object_of_a_manifest_loads_or_is_refused_with_the_reason(
    path: Path, tmp_path: Path
) -> None:
    with running(tmp_path, "--admission", "controller.admission") as server:
        connection = await server.connect()
        cluster = Cluster(connection)
        refusals = set()
        for document in documents(path):
            identity = (path.stem, document["kind"], document["metadata"].get("name", ""))
            if refused := await cluster.apply(document):
                assert identity in REFUSED, refused
                assert REFUSED[identity] in refused
                refusals.add(identity)
        connection.close()
    assert refusals == {identity for identity in REFUSED if identity[0] == path.stem}
    assert server.log.read_text().count("Traceback") == 0


def test_the_published_manifests_have_every_refusal_that_is_listed() -> None:
    if not PUBLISHED.is_dir():
        pytest.skip("the published manifests are not beside the checkout")
    present = {
        (path.stem, document["kind"], document["metadata"].get("name", ""))
        for path in PUBLISHED.rglob("*.yaml")
        for document in documents(path)
    }
    assert set(REFUSED) <= present


@pytest.mark.slow
@pytest.mark.parametrize("version", sorted(PACKAGES))
@pytest.mark.parametrize("path", manifests())
def test_kubectl_applies_a_manifest_and_shows_every_refusal(path: Path, version: str, tmp_path: Path) -> None:
    wanted = [(path.stem, each["kind"], each["metadata"].get("name", "")) for each in documents(path)]
    reasons = [REFUSED[identity] for identity in wanted if REFUSED.get(identity, REVISION) != REVISION]
    validate = (
        f"--validate={'false' if version == min(PACKAGES) else 'strict'}"  # In both, the server judges.
    )
    with serving_people(tmp_path, "--admission", "controller.admission") as kubeconfig:
        kube = Kubectl(version, kubeconfig, tmp_path / "cache")
        kube.command.remove(f"--namespace={kube.namespace}")
        for namespace in {each["metadata"].get("namespace", "default") for each in documents(path)}:
            kube.run("create", "namespace", namespace)
        done = kube.run("apply", "-f", str(path), validate)
        if any(kind == "CustomResourceDefinition" for _, kind, _ in wanted):
            done = kube.run(
                "apply", "-f", str(path), "--validate=false"
            )  # Kinds are looked up before any is made.
    said = {line.split()[0].rpartition("/")[2] for line in done.stdout.splitlines()}
    assert {name for *where, name in wanted if (*where, name) not in REFUSED} <= said, done.stderr
    assert (done.returncode == 0) is not bool(reasons)
    for reason in reasons:
        if reason == NULL_FIELD and version == max(PACKAGES):
            continue
        assert SHOWN.get(reason, reason) in done.stderr


SHOWN = {
    NO_NAME: "resource name may not be empty",
    NOT_SERVED: "no matches for kind",
}
"""How kubectl words what it refuses by itself."""


# Custom kinds


DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
TUNNELS = "/apis/example.com/v1/namespaces/default/tunnels"


async def test_a_custom_kind_is_served_survives_kill_9_and_goes_with_its_definition(
    server: ServerProcess,
) -> None:
    definition, tunnel = documents(OURS / "custom.yaml")
    api = await server.connect()
    assert (await api.create(TUNNELS, tunnel)).code == 404
    assert (await api.create(DEFINITIONS, definition)).code == 201
    created = await api.create(TUNNELS, tunnel)
    assert (created.code, created.document["spec"]["mtu"]) == (201, 1400)
    typo = tunnel | {"metadata": {"name": "typo"}, "spec": {"remot": "192.0.2.1"}}
    refused = await api.create(TUNNELS, typo)
    assert (refused.code, 'unknown field "spec.remot"' in refused.document["message"]) == (400, True)
    assert (await api.patch(f"{TUNNELS}/west/status", {"status": {"phase": "Sideways"}})).code == 422
    assert (await api.patch(f"{TUNNELS}/west/status", {"status": {"phase": "Up"}})).code == 200
    events = await api.watch(f"{TUNNELS}?watch=1&timeoutSeconds=60")
    assert (await anext(events))["object"]["status"] == {"phase": "Up"}

    server.end(signal.SIGKILL)
    server.start()
    api = await server.connect()
    assert (await api.request("GET", f"{TUNNELS}/west")).document["status"] == {"phase": "Up"}
    name = definition["metadata"]["name"]
    assert (await api.request("DELETE", f"{DEFINITIONS}/{name}")).code == 200

    async def gone() -> bool:
        return (await api.request("GET", f"{DEFINITIONS}/{name}")).code == 404

    await until(gone, "the definition is gone")
    assert (await api.request("GET", f"{TUNNELS}/west")).code == 404
    server.end(signal.SIGKILL)
    server.start()
    api = await server.connect()
    assert (await api.request("GET", DEFINITIONS)).document["items"] == []


# Dependents


def owned_by(owner: Answer, kind: str) -> dict[str, Any]:
    meta = owner.document["metadata"]
    return {
        "apiVersion": owner.document["apiVersion"],
        "kind": kind,
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


async def a_family(api: Connection) -> None:
    """A deployment, its replica set and its three pods, none of them on a node."""
    deployment = documents(OURS / "workloads.yaml")[0]
    made = await api.create("/apis/apps/v1/namespaces/default/deployments", deployment)
    assert made.code == 201, made.body
    replica_set = {
        "metadata": {"name": "shop-1", "ownerReferences": [owned_by(made, "Deployment")]},
        "spec": {key: made.document["spec"][key] for key in ("selector", "template", "replicas")},
    }
    made = await api.create("/apis/apps/v1/namespaces/default/replicasets", replica_set)
    assert made.code == 201, made.body
    for number in range(3):
        pod = a_pod(f"shop-1-{number}", nodeName="")
        pod["metadata"]["ownerReferences"] = [owned_by(made, "ReplicaSet")]
        assert (await api.create("/api/v1/namespaces/default/pods", pod)).code == 201


async def names(api: Connection, path: str) -> list[str]:
    return [entry["metadata"]["name"] for entry in (await api.request("GET", path)).document["items"]]


SHOP = "/apis/apps/v1/namespaces/default/deployments/shop"


@pytest.mark.parametrize("policy", ["Background", "Foreground"])
async def test_a_deployment_that_goes_takes_all_its_pods_along(server: ServerProcess, policy: str) -> None:
    api = await server.connect()
    await a_family(api)
    assert (await api.request("DELETE", f"{SHOP}?propagationPolicy={policy}")).code == 200

    async def empty() -> bool:
        paths = ("/apis/apps/v1/deployments", "/apis/apps/v1/replicasets", "/api/v1/pods")
        return not any([await names(api, path) for path in paths])

    await until(empty, "deployment, replica set and pods are gone")


async def test_orphans_stay(server: ServerProcess) -> None:
    api = await server.connect()
    await a_family(api)
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Orphan"}
    assert (await api.request("DELETE", SHOP, body)).code == 200

    async def gone() -> bool:
        return (await api.request("GET", SHOP)).code == 404

    await until(gone, "the deployment is gone")
    (replica_set,) = (await api.request("GET", "/apis/apps/v1/replicasets")).document["items"]
    assert "ownerReferences" not in replica_set["metadata"]
    assert len(await names(api, "/api/v1/pods")) == 3


async def test_a_cascade_goes_on_after_kill_9(server: ServerProcess) -> None:
    api = await server.connect()
    await a_family(api)
    hold = {"metadata": {"finalizers": ["example.com/hold"]}}
    pod = "/api/v1/namespaces/default/pods/shop-1-0"
    assert (await api.patch(pod, hold)).code == 200
    assert (await api.request("DELETE", f"{SHOP}?propagationPolicy=Foreground")).code == 200
    server.end(signal.SIGKILL)
    server.start()
    api = await server.connect()

    async def alone() -> bool:
        return await names(api, "/api/v1/pods") == ["shop-1-0"]

    await until(alone, "only the pod that is held is left")
    assert (await api.request("GET", SHOP)).document["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert (await api.patch(pod, {"metadata": {"finalizers": None}})).code == 200

    async def gone() -> bool:
        return (await api.request("GET", SHOP)).code == 404

    await until(gone, "the deployment is gone")


async def test_a_namespace_that_ends_is_emptied_of_every_kind(server: ServerProcess) -> None:
    api = await server.connect()
    cluster = Cluster(api)
    for path in ("custom.yaml", "workloads.yaml", "networking.yaml"):
        for document in documents(OURS / path):
            if document["kind"] != "CustomResourceDefinition":
                document["metadata"]["namespace"] = "doomed"
            assert not await cluster.apply(document)
    assert (await api.request("DELETE", "/api/v1/namespaces/doomed")).code == 200

    async def gone() -> bool:
        return (await api.request("GET", "/api/v1/namespaces/doomed")).code == 404

    await until(gone, "the namespace is gone")
    for path, namespaced in (await cluster.places()).values():
        if namespaced:
            items = (await api.request("GET", path.format("namespaces/doomed/"))).document["items"]
            assert items == []


# What the controller says


async def test_the_controller_says_what_it_does_not_carry(chain: Chain) -> None:
    async with Client(Access.load(chain.kubeconfig)) as client:

        async def condition(kind: Kind[Any], name: str, status: str) -> Any:
            status_ = (await raw(kind, name)).get("status", {})
            said = {entry["type"]: entry for entry in status_.get("conditions", ())}
            return said.get("Supported") if said.get("Supported", {}).get("status") == status else None

        connection = await Connection.to(chain.directory / "api.sock")

        async def raw(kind: Kind[Any], name: str) -> Any:
            return (await connection.request("GET", kind.path(name=name))).document

        vip = {"metadata": {"name": "vip1"}, "spec": {"subnet": "ovn-default", "type": "switch_lb_vip"}}
        await client.create(kind_of("Vip"), vip)
        network = {"metadata": {"name": "net1"}, "spec": {"defaultInterface": "eth1"}}
        await client.create(kind_of("ProviderNetwork"), network)
        vpc = {"metadata": {"name": "red"}, "spec": {"enableBfd": True}}
        await client.create(VPCS, vpc)
        subnet = {
            "metadata": {"name": "nat"},
            "spec": {"cidrBlock": "10.77.0.0/24", "nodeNetwork": "storage", "u2oInterconnection": True},
        }
        await client.create(SUBNETS, subnet)
        for kind, name in ((kind_of("Vip"), "vip1"), (kind_of("ProviderNetwork"), "net1"), (VPCS, "red")):
            await until(lambda kind=kind, name=name: condition(kind, name, "False"), f"{kind.name} says so")  # type: ignore[misc]
        said = await until(lambda: condition(SUBNETS, "nat", "False"), "the subnet says so")
        assert said["message"].endswith("spec.nodeNetwork, spec.u2oInterconnection")

        await client.patch(SUBNETS, "nat", {"spec": {"nodeNetwork": None, "u2oInterconnection": None}})
        await until(lambda: condition(SUBNETS, "nat", "True"), "the subnet is carried again")

        policy = {"metadata": {"name": "deny"}, "spec": {"podSelector": {}}}
        await client.create(NETWORK_POLICIES, policy, namespace="default")

        async def told() -> bool:
            events = (await connection.request("GET", "/api/v1/namespaces/default/events")).document["items"]
            return any(
                event["reason"] == "NotSupported" and event["involvedObject"]["name"] == "deny"
                for event in events
            )

        await until(told, "an event names the policy")
        connection.close()
