"""Files as Kube-OVN's documentation has them: all in them is taken, and has its effect or is said to have none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from controller.api.annotations import HEEDED, IP_RESERVED, without_effect
from controller.api.kinds import EVENTS, IPS, KINDS, NODES, PODS, SUBNETS, Kind, kind_of
from controller.api.meta import Wire
from controller.engine.keeping import has_conditions
from controller.kubernetes import Client
from controller.reconcilers.not_carried import CARRIED
from tests.system.chain import Chain
from tests.waiting import until

pytestmark = pytest.mark.system

FILES = sorted((Path(__file__).parent.parent / "manifests").glob("documented-*.yaml"))
ANSWERS = {
    "ovn.kubernetes.io/" + name
    for name in ("allocated", "cidr", "gateway", "logical_router", "mtu", "routed")
}
"""Annotations that tell what was done."""

OURS = [*(kind for kind in CARRIED if kind.group == "kubeovn.io"), kind_of("ProviderNetwork")]

Document = dict[str, Any]


def documents(path: Path) -> list[Document]:
    return list(yaml.load_all(path.read_text(), yaml.CSafeLoader))


def every_document() -> Iterator[Document]:
    for path in FILES:
        yield from documents(path)


def specification(kind: Kind[Any]) -> type[Wire]:
    found = next(entry for entry in msgspec.structs.fields(kind.type) if entry.name == "spec").type
    assert isinstance(found, type)
    return found


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)
def test_the_files_have_every_field_of_the_kinds_that_are_carried(kind: Kind[Any]) -> None:
    known = {entry.encode_name for entry in msgspec.structs.fields(specification(kind))}
    used = {
        field for document in every_document() if document["kind"] == kind.name for field in document["spec"]
    }
    rest = {"nodeSelector", "autoCreateVlanSubinterfaces", "preserveVlanInterfaces", "vlanInterfaces"}
    former = {"vlanId", "providerInterfaceName"}
    assert known - used - rest - former - {"v6Ip", "v6IpCidr"} == set()


def test_the_files_have_every_annotation_by_which_people_ask() -> None:
    used = {
        name
        for document in every_document()
        for meta in (document["metadata"], document["spec"].get("template", {}).get("metadata", {}))
        for name in meta.get("annotations", {})
    }
    assert used >= HEEDED - ANSWERS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_nothing_of_a_file_is_passed_over_in_silence(path: Path, chain: Chain, api: Client) -> None:
    await api.create(NODES, {"metadata": {"name": "node1"}})
    for document in documents(path):
        await load(document, api)
    for document in documents(path):
        if document["kind"] == PODS.name:
            await judge_pod(document, api)
        elif document["kind"] in {kind.name for kind in KINDS} and document["apiVersion"] == "kubeovn.io/v1":
            await judge(document, api)


async def load(document: Document, api: Client) -> None:
    """As `kubectl create` does, with pods on a node, since nobody here finds them one."""
    if document["apiVersion"].startswith("apps/"):
        return
    kind = kind_of(document["kind"])
    if kind is PODS:
        document["spec"]["nodeName"] = "node1"
    namespace = document["metadata"].get("namespace") if kind.namespaced else None
    await api.create(kind, document, namespace=namespace)


async def judge(document: Document, api: Client) -> None:
    """What an object says of itself is just what of its specification has no effect."""
    kind, name = kind_of(document["kind"]), document["metadata"]["name"]
    if kind is IPS:
        await until(lambda: reserved(name, api), f"{name} reserves an address")
        return
    typed = msgspec.convert(document, kind.type)
    if kind not in CARRIED:
        said = await supported(kind, name, api)
        assert "is not carried yet" in said
        return
    if is_carried_whole(kind):
        return
    in_vain = {field for field in document["spec"] if in_vain_of(kind, typed.spec, field)}
    said = await supported(kind, name, api)
    assert all(f"spec.{field}" in said for field in in_vain), (name, said, in_vain)


async def reserved(name: str, api: Client) -> bool:
    record = await api.get(IPS, name)
    return bool(record.spec.ip_address) and record.metadata.labels.get(IP_RESERVED) == "true"


def is_carried_whole(kind: Kind[Any]) -> bool:
    """Whether nothing that its specification could say would have no effect."""
    names = {entry.name for entry in msgspec.structs.fields(specification(kind))}
    return names == CARRIED[kind].keys() and not any(CARRIED[kind].values())


def in_vain_of(kind: Kind[Any], spec: Wire, field: str) -> bool:
    """Whether a field is set to what has no effect."""
    entry = next(found for found in msgspec.structs.fields(type(spec)) if found.encode_name == field)
    value = getattr(spec, entry.name)
    if entry.name in CARRIED[kind]:
        effective = CARRIED[kind][entry.name]
        return effective is not None and value not in effective
    return bool(value != entry.default)


async def supported(kind: Kind[Any], name: str, api: Client) -> str:
    """What the condition says of that which has no effect; empty if all has one."""

    async def condition() -> tuple[str] | None:
        status = (await api.get(kind, name)).status
        found = [entry for entry in status.conditions if entry.type == "Supported"]
        return (found[0].message if found[0].status == "False" else "",) if found else None

    assert has_conditions(kind)
    (said,) = await until(condition, f"{kind.name} {name} says whether it is carried")
    return said


async def judge_pod(document: Document, api: Client) -> None:
    """A pod that asks in vain is told so in an event, one that asks for what cannot be had is told that."""
    name, asked = document["metadata"]["name"], document["metadata"]["annotations"]
    in_vain = without_effect(asked)
    public = [found for found in ("eip", "snat") if f"ovn.kubernetes.io/{found}" in asked]
    words = [*in_vain, *(f"annotation ovn.kubernetes.io/{found}: " for found in public)]

    async def told() -> bool:
        events = (await api.list(EVENTS, namespace="default")).items
        said = " ".join(event.message for event in events if event.involved_object.name == name)
        return all(word in said for word in words)

    await until(told, f"{name} is told of {words}")
    if not words:
        await until(lambda: promised(name, api), f"{name} gets what it asks for")


async def promised(name: str, api: Client) -> bool:
    pod = await api.get(PODS, name, "default")
    return pod.annotations.get("ovn.kubernetes.io/allocated") == "true"


@pytest.mark.proves("Subnet.spec.protocol", "Subnet.spec.gateway", "Subnet.spec.excludeIps")
async def test_a_subnet_shows_what_it_left_unsaid(chain: Chain, api: Client) -> None:
    await api.create(SUBNETS, {"metadata": {"name": "plain"}, "spec": {"cidrBlock": "10.101.0.0/24"}})

    async def said() -> Any:
        spec = (await api.get(SUBNETS, "plain")).spec
        return spec if spec.exclude_ips else None

    spec = await until(said, "the subnet says all")
    assert (spec.protocol, spec.gateway, spec.exclude_ips) == ("IPv4", "10.101.0.1", ("10.101.0.1",))
    assert (spec.vpc, spec.provider, spec.gateway_type) == ("ovn-cluster", "ovn", "distributed")
    await api.patch(SUBNETS, "plain", {"spec": {"cidrBlock": "10.102.0.0/24,fd00:102::/112"}})

    async def follows() -> Any:
        found = (await api.get(SUBNETS, "plain")).spec
        return found if found.protocol == "Dual" else None

    spec = await until(follows, "the rest follows another range")
    assert (spec.gateway, spec.exclude_ips) == ("10.102.0.1,fd00:102::1", ("10.102.0.1", "fd00:102::1"))
