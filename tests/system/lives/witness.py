"""What must hold whatever happens, and what must come true once all is quiet: told by who sees both sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from controller.api.annotations import ALLOCATED, IP_ADDRESS, MAC_ADDRESS, TRUE
from controller.api.core import Pod
from controller.api.kinds import IPS, NODES, PODS, STATEFULSETS, SUBNETS
from controller.api.kubeovn import IP
from controller.api.names import egress_set, node_port, pod_port
from tests.system.lives.api import Api
from tests.system.lives.northbound import Northbound, Port

SWITCHES = {"default": "ovn-default", "small": "tiny"}
"""The subnet of each namespace."""


def of_two(api: Api, ports: Mapping[str, Port]) -> list[str]:
    """Addresses and MACs that more than one uses: by a record, by a promise that still holds, or by a port in NB."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for record in api.all(IPS):
        for text in _texts(record):
            users[text].add(record.name)
    for pod in api.all(PODS):
        if needs_network(pod) and pod.annotations.get(ALLOCATED) == TRUE:
            promised = f"{pod.annotations[IP_ADDRESS]},{pod.annotations[MAC_ADDRESS]}"
            for text in promised.split(","):
                users[text].add(pod_port(pod.namespace, pod.name))
    for name, texts in ports.items():
        if name != "theirs":
            for text in texts:
                users[text].add(name)
    users.pop("router", None)
    return [f"{text} is used by {sorted(names)}" for text, names in users.items() if len(names) > 1]


async def faults(api: Api, nb: Northbound) -> list[str]:
    """What is not as it ought to be once all is quiet."""
    return [fault async for fault in _all(api, nb)]


async def _all(api: Api, nb: Northbound) -> Any:
    records = {record.name: record for record in api.all(IPS)}
    ports = {name: texts for name, texts in (await nb.ports()).items() if texts and texts != ("router",)}
    ports.pop("theirs", None)
    pods = {pod_port(pod.namespace, pod.name): pod for pod in api.all(PODS) if needs_network(pod)}
    nodes = {node_port(node.name) for node in api.all(NODES)}
    for name, pod in pods.items():
        waiting = _waiting(pod.namespace, pods, records)
        for fault in _of_pod(name, pod, records, ports, waiting):
            yield fault
    for name in nodes - ports.keys():
        yield f"{name} has no port"
    for name in ports.keys() - pods.keys() - nodes:
        yield f"port {name} is nobody's"
    for name, record in records.items():
        if name not in pods and name not in nodes and not _is_kept(record, api):
            yield f"record {name} is nobody's"
    served = [record for name, record in records.items() if name in pods]
    for fault in _of_sets(served, {node.name for node in api.all(NODES)}, await nb.sets()):
        yield fault
    for (table, name, owner), count in (await nb.owners()).items():
        if count > 1:
            yield f"{table} {name} of {owner} is there {count} times"
        if owner.startswith("pod/") and pod_port(*owner.split("/")[1:]) not in pods:
            yield f"{table} {name} of {owner}, which is gone"
    for subnet in api.all(SUBNETS):
        used = sum(record.spec.subnet == subnet.name for record in records.values())
        held = sum(_waiting(place, pods, records) for place, name in SWITCHES.items() if name == subnet.name)
        if not used <= subnet.status.v4_using_ips <= used + held:
            yield f"subnet {subnet.name} says that {subnet.status.v4_using_ips:.0f} addresses are used, and {used} are"


def needs_network(pod: Pod) -> bool:
    """Whether the pod is on a node and has not ended."""
    return bool(pod.spec.node_name) and pod.status.phase not in ("Succeeded", "Failed")


def _of_pod(
    name: str, pod: Pod, records: Mapping[str, IP], ports: Mapping[str, Port], waiting: int
) -> Iterator[str]:
    record = records.get(name)
    is_promised = pod.annotations.get(ALLOCATED) == TRUE
    if record is None:
        if is_promised:
            yield f"{name} is promised {pod.annotations.get(IP_ADDRESS)} without a record"
        if name in ports:
            yield f"{name} has a port without a record"
        if pod.metadata.deletion_timestamp is None and not _is_starved(pod, records, waiting):
            yield f"{name} has no address, and there is one"
        return
    mac, addresses = record.spec.mac_address, record.spec.ip_address
    if (record.spec.pod_name, record.spec.namespace, record.spec.node_name) != (
        pod.name,
        pod.namespace,
        pod.spec.node_name,
    ):
        yield f"{name} has a record that says {record.spec}"
    if ports.get(name) != (mac, *addresses.split(",")):
        yield f"{name} has the record of {mac} {addresses} and the port {ports.get(name)}"
    said = (pod.annotations.get(ALLOCATED), pod.annotations.get(MAC_ADDRESS), pod.annotations.get(IP_ADDRESS))
    if said != (TRUE, mac, addresses):
        yield f"{name} has the record of {mac} {addresses} and says {said}"


def _waiting(namespace: str, pods: Mapping[str, Pod], records: Mapping[str, IP]) -> int:
    """How many pods of the namespace have no record. For each an address may be held that it had without a promise."""
    return sum(pod.namespace == namespace and name not in records for name, pod in pods.items())


def _is_starved(pod: Pod, records: Mapping[str, IP], waiting: int) -> bool:
    """Whether nothing is left that the pod could have, what may be held for other waiting ones aside."""
    subnet = SWITCHES[pod.namespace]
    taken = {
        text
        for record in records.values()
        if record.spec.subnet == subnet
        for text in record.spec.ip_address.split(",")
    }
    wanted = pod.annotations.get(IP_ADDRESS)
    if wanted:
        return wanted in taken or waiting > 1
    return len(taken) + waiting - 1 >= ROOM[subnet]


ROOM = {"ovn-default": 13, "tiny": 5}
"""Addresses that a subnet has for pods: a /28 and a /29 without network, broadcast and gateway."""


def _is_kept(record: IP, api: Api) -> bool:
    owner = record.spec.pod_name.rpartition("-")[0]
    return (
        record.spec.pod_type == "StatefulSet"
        and api.find(STATEFULSETS, owner, record.spec.namespace) is not None
    )


def _of_sets(records: list[IP], nodes: set[str], sets: Mapping[str, set[str]]) -> Iterator[str]:
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for record in records:
        if record.spec.node_name in nodes:
            wanted[egress_set(record.spec.node_name, 4)].update(record.spec.ip_address.split(","))
    for name in (wanted.keys() | sets.keys()) - {"theirs"}:
        if wanted.get(name, set()) != sets.get(name, set()):
            yield f"address set {name} has {sorted(sets.get(name, ()))}, wanted {sorted(wanted.get(name, ()))}"


def _texts(record: IP) -> list[str]:
    return [*record.spec.ip_address.split(","), record.spec.mac_address]
