"""What is kept of an object, by kind: the part that reconcilers reason about, and the part that the controller writes.

Of 100,000 pods not more is kept than somebody reads, and what many objects have in common is kept once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from sys import intern
from typing import Any

import msgspec

from controller.api import external_gateway
from controller.api.annotations import (
    AAPS,
    EIP,
    IN_VAIN_ON_NODES,
    IP_ADDRESS,
    IP_RESERVED,
    KEEP_IP,
    MAC_ADDRESS,
    PORT_SECURITY,
    SNAT,
    VPC,
    without_effect,
)
from controller.api.core import READY, Node, NodeSpec, NodeStatus, Pod, PodSpec, PodStatus
from controller.api.kinds import (
    CONFIG_MAPS,
    ENDPOINT_SLICES,
    IPPOOLS,
    IPS,
    NAMESPACES,
    NODES,
    NOT_CARRIED,
    OVN_DNAT_RULES,
    OVN_EIPS,
    OVN_FIPS,
    OVN_SNAT_RULES,
    PODS,
    SERVICES,
    STATEFULSETS,
    SUBNETS,
    VIPS,
    VLANS,
    VPCS,
    Kind,
)
from controller.api.kubeovn import IP
from controller.api.meta import Condition, ObjectMeta, Resource
from controller.api.names import ADDRESS_CONDITION, FINALIZER
from controller.api.networking import SERVICE_NAME, EndpointSlice

ANNOTATION_PREFIXES = ("ovn.kubernetes.io/",)

WISHES = frozenset((KEEP_IP, EIP, SNAT, AAPS, PORT_SECURITY, VPC, *IN_VAIN_ON_NODES))
"""Annotations that people alone write and reconcilers read: they are part of the row."""


class Stated(msgspec.Struct, frozen=True, gc=False):
    """The half of an object that the controller writes. ``is_held``: whether it has the controller's finalizer."""

    uid: str
    annotations: dict[str, str]
    status: dict[str, Any]
    is_held: bool = False


_NOTHING: dict[str, Any] = {}
"""In place of an empty dictionary for each of 100,000 objects; what is kept is never changed."""


def _identity(metadata: ObjectMeta) -> ObjectMeta:
    wishes = {name: text for name, text in metadata.annotations.items() if name in WISHES}
    return ObjectMeta(
        name=metadata.name,
        namespace=intern(metadata.namespace),
        uid=metadata.uid,
        labels=_NOTHING,
        annotations=wishes or _NOTHING,
        deletion_timestamp=metadata.deletion_timestamp,
    )


def _bare(current: Any) -> Any:
    return msgspec.structs.replace(current, metadata=_identity(current.metadata))


def _record(record: IP) -> IP:
    """Names that many records share, and the address that is there twice, are kept once."""
    spec = record.spec
    is_v4 = spec.v4_ip_address == spec.ip_address
    metadata = _identity(record.metadata)
    if IP_RESERVED in record.metadata.labels:
        reserved = {IP_RESERVED: record.metadata.labels[IP_RESERVED]}
        metadata = msgspec.structs.replace(metadata, labels=reserved)
    return IP(
        metadata=metadata,
        spec=msgspec.structs.replace(
            spec,
            namespace=intern(spec.namespace),
            subnet=intern(spec.subnet),
            node_name=intern(spec.node_name),
            v4_ip_address=spec.ip_address if is_v4 else spec.v4_ip_address,
        ),
    )


def _pod(pod: Pod) -> Pod:
    metadata = _identity(pod.metadata)
    sets = tuple(
        owner
        for owner in pod.metadata.owner_references
        if owner.controller
        and owner.kind == STATEFULSETS.name
        and owner.api_version == STATEFULSETS.api_version
    )
    in_vain = without_effect(pod.annotations)
    if sets or in_vain:
        annotations = metadata.annotations | dict.fromkeys(in_vain, "")
        metadata = msgspec.structs.replace(metadata, owner_references=sets, annotations=annotations)
    if AAPS in pod.annotations:  # Virtual addresses are for pods with certain labels.
        metadata = msgspec.structs.replace(metadata, labels=pod.metadata.labels)
    return Pod(
        metadata=metadata,
        spec=_placed(pod.spec.node_name, pod.spec.host_network),
        status=_phased(pod.status.phase if pod.is_finished else ""),
    )


@lru_cache(maxsize=16_384)
def _placed(node: str, host_network: bool) -> PodSpec:
    return PodSpec(node_name=node, host_network=host_network)


@lru_cache
def _phased(phase: str) -> PodStatus:
    return PodStatus(phase=phase)


def _labelled(current: Any) -> Any:
    """Namespaces and nodes are chosen by their labels."""
    labels = current.metadata.labels
    return msgspec.structs.replace(
        current, metadata=msgspec.structs.replace(_identity(current.metadata), labels=labels)
    )


def _node(node: Node) -> Node:
    ready = tuple(
        Condition(type=entry.type, status=entry.status)
        for entry in node.status.conditions
        if entry.type == READY
    )
    return Node(
        metadata=_labelled(node).metadata,
        spec=NodeSpec(unschedulable=node.spec.unschedulable),
        status=NodeStatus(addresses=node.status.addresses, conditions=ready),
    )


def _slice(current: EndpointSlice) -> EndpointSlice:
    """Slices are found by the label that names their service."""
    name = current.metadata.labels.get(SERVICE_NAME)
    labels = {SERVICE_NAME: name} if name else _NOTHING
    metadata = msgspec.structs.replace(_identity(current.metadata), labels=labels)
    return msgspec.structs.replace(current, metadata=metadata)


def _asked(current: Any) -> Any:
    """What was asked for, without what became of it."""
    return msgspec.structs.replace(_bare(current), status=type(current.status)())


def _named(current: Resource) -> Resource:
    """That it is there, and nothing of it."""
    return type(current)(metadata=_identity(current.metadata))


ANSWERED: tuple[Kind[Any], ...] = (
    VPCS,
    SUBNETS,
    IPPOOLS,
    VIPS,
    VLANS,
    OVN_EIPS,
    OVN_FIPS,
    OVN_SNAT_RULES,
    OVN_DNAT_RULES,
)
"""Kinds of which something is made, and whose status says what."""

KEPT: dict[Kind[Any], Callable[[Any], Any]] = {
    NAMESPACES: _labelled,
    NODES: _node,
    PODS: _pod,
    IPS: _record,
    STATEFULSETS: _bare,
    CONFIG_MAPS: _bare,
    SERVICES: _bare,
    ENDPOINT_SLICES: _slice,
    **dict.fromkeys(ANSWERED, _asked),
    **dict.fromkeys(NOT_CARRIED, _named),
}
"""What is kept of an object, by kind: small, and the same after a change that concerns nobody."""

SELECTED: dict[Kind[Any], str] = {
    CONFIG_MAPS: f"metadata.namespace={external_gateway.NAMESPACE},metadata.name={external_gateway.NAME}",
}
"""Of which kinds only some objects are followed: those of this field selector."""

FOLLOWED: tuple[Kind[Any], ...] = tuple(kind for kind in KEPT if kind not in NOT_CARRIED)
"""The kinds that the controller follows and must know in full before it does anything."""

NOTED: tuple[Kind[Any], ...] = NOT_CARRIED
"""The kinds that it follows only to say that nothing is made of them; a cluster need not have them."""


def has_conditions(kind: Kind[Any]) -> bool:
    """Whether an object of the kind can say something in its status."""
    status = next((entry for entry in msgspec.structs.fields(kind.type) if entry.name == "status"), None)
    return kind.has_status and status is not None and hasattr(status.default, "conditions")


_WITH_STATUS = frozenset((*ANSWERED, *NOT_CARRIED))
"""The kinds whose status the controller writes, where they have one."""


_UNIQUE = frozenset((IP_ADDRESS, MAC_ADDRESS))
"""Annotations of which no two objects say the same; the others' texts are kept once."""


def _own_conditions(pod: Pod) -> dict[str, Any]:
    """Of a pod's status, which is its kubelet's, what this controller says in it."""
    own = [msgspec.to_builtins(entry) for entry in pod.status.conditions if entry.type == ADDRESS_CONDITION]
    return {"conditions": own} if own else {}


def stated_half(kind: Kind[Any], current: Resource) -> Stated:
    """The half of an object that the controller writes, as the object says it now."""
    annotations = {
        intern(name): value if name in _UNIQUE else intern(value)
        for name, value in current.metadata.annotations.items()
        if name.startswith(ANNOTATION_PREFIXES)
    }
    status: dict[str, Any] = {}
    if isinstance(current, Pod):
        status = _own_conditions(current)
    elif kind in _WITH_STATUS and hasattr(current, "status"):
        status = msgspec.json.decode(msgspec.json.encode(current.status))
    is_held = FINALIZER in current.metadata.finalizers
    return Stated(current.metadata.uid, annotations or _NOTHING, status or _NOTHING, is_held)
