"""What reconcilers see of the world, and the memory of who looked at what.

An object is kept in two halves. The *row* is what reconcilers reason about; a change of it wakes everyone who read it.
The *stated* half is what the controller itself writes (annotations, status): writing it wakes nobody, and the diff
compares with it. Without that cut each answer of the API to our own patch would set the machine going again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from sys import intern
from typing import Any, TypeVar

import msgspec

from controller.admission import Cause
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
from controller.api.names import ADDRESS_CONDITION, FINALIZER, VALIDATED
from controller.api.networking import SERVICE_NAME, EndpointSlice
from controller.engine.asking import Asking
from controller.engine.contradictions import Contradictions
from controller.engine.settings import Settings
from controller.engine.soundness import SOUND, Judgement, Left, sound

T = TypeVar("T", bound=Resource)
R = TypeVar("R")

ANNOTATION_PREFIXES = ("ovn.kubernetes.io/",)

WISHES = frozenset((KEEP_IP, EIP, SNAT, AAPS, PORT_SECURITY, VPC, *IN_VAIN_ON_NODES))
"""Annotations that people alone write and reconcilers read: they are part of the row."""

Subject = tuple[str, str]
"""A kind's name and an object's path; the path ``*`` stands for all objects of the kind."""

EVERY = "*"


class Stated(msgspec.Struct, frozen=True, gc=False):
    """The half of an object that the controller writes. ``is_held``: whether it has the controller's finalizer."""

    uid: str
    annotations: dict[str, str]
    status: dict[str, Any]
    is_held: bool = False


class Usage(msgspec.Struct, frozen=True, gc=False):
    """How many addresses of a subnet or a pool are free and taken, by family.

    ``is_exhausted``: whoever asks for any gets none; what is left has another family, or is an ``IPPool``'s.
    """

    v4_available: int = 0
    v4_used: int = 0
    v6_available: int = 0
    v6_used: int = 0
    is_exhausted: bool = False


class PoolUsage(Usage, frozen=True, gc=False):
    """The usage of an ``IPPool``, with the addresses themselves: ranges FIRST-LAST joined by commas."""

    v4_available_ranges: str = ""
    v4_used_ranges: str = ""
    v6_available_ranges: str = ""
    v6_used_ranges: str = ""


class Users(msgspec.Struct, frozen=True, gc=False):
    """Who uses something: how many, and the names of the first few."""

    count: int
    names: tuple[str, ...]


USAGE, POOL_USAGE, USERS = "usage", "pool-usage", "users"
"""What the allocator tells reconcilers, each under a name as if it were a kind: none is an object of the API."""
HOST = "host"
"""What SB tells them, likewise."""


class View:
    """All objects that the controller follows.

    ``changed`` is called with each subject whose row changed, ``restated`` with each whose stated half did.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._rows: dict[str, dict[str, Resource]] = {kind.name: {} for kind in _KEPT}
        self._stated: dict[str, dict[str, Stated]] = {kind.name: {} for kind in _KEPT}
        self._told: dict[Subject, Any] = {}
        self._outdated: set[str] = set()
        self._refusals: dict[str, str] = {}
        self._judgements: dict[Subject, Judgement] = {}
        self._contradictions = Contradictions()
        self._asking = Asking()
        self._reads: set[Subject] | None = None
        self.changed: Callable[[Subject], None] = lambda subject: None
        self.restated: Callable[[Subject], None] = lambda subject: None

    def get(self, kind: Kind[T], path: str) -> T | None:
        """The object at ``path``, or None. The reconciler that asks is asked again when that changes."""
        if self._reads is not None:
            self._reads.add((kind.name, path))
        return self._rows[kind.name].get(path)  # type: ignore[return-value]

    def all(self, kind: Kind[T]) -> Iterator[T]:
        """All objects of a kind; only for kinds that are few.

        The reconciler that asks is asked again when any of them changes.
        """
        if self._reads is not None:
            self._reads.add((kind.name, EVERY))
        yield from self._rows[kind.name].values()  # type: ignore[misc]

    def asking(self, what: str, name: str) -> list[Subject]:
        """Who asks for something of that name, in order (``controller.engine.asking``). Read like an object."""
        if self._reads is not None:
            self._reads.add((what, name))
        return self._asking.of((what, name))

    def assume(self, kind: Kind[Any], path: str, stated: Stated) -> None:
        """Takes what was just sent to the API as said, until the API says otherwise; wakes nobody."""
        if path in self._stated[kind.name]:
            self._stated[kind.name][path] = stated

    def doubt(self, kind: Kind[Any], path: str) -> None:
        """Takes it that the object says nothing at all, since what it says is not known; wakes nobody."""
        stated = self._stated[kind.name].get(path)
        if stated is not None:
            self._stated[kind.name][path] = Stated(stated.uid, {}, {})

    def paths(self, kind: Kind[Any]) -> Iterator[str]:
        """The paths of all objects of a kind; leaves no trace."""
        yield from self._rows[kind.name]
        yield from (
            path for name, path in self._judgements if name == kind.name and path not in self._rows[name]
        )

    def count(self, kind: Kind[Any]) -> int:
        """How many objects of a kind there are; leaves no trace."""
        return len(self._rows[kind.name])

    def stated(self, kind: Kind[Any], path: str) -> Stated | None:
        """What the object says now of that which the controller writes; leaves no trace."""
        return self._stated[kind.name].get(path)

    def usage(self, subnet: str) -> Usage | None:
        """How the subnet's addresses are used; None before its pool exists. Read like an object."""
        return self._hear((USAGE, subnet))  # type: ignore[no-any-return]

    def set_usage(self, subnet: str, usage: Usage | None) -> None:
        """The allocator tells how a subnet's addresses are used."""
        self._tell((USAGE, subnet), usage)

    def pool_usage(self, pool: str) -> PoolUsage | None:
        """How the addresses of an ``IPPool`` are used; None while it has none. Read like an object."""
        return self._hear((POOL_USAGE, pool))  # type: ignore[no-any-return]

    def set_pool_usage(self, pool: str, usage: PoolUsage | None) -> None:
        """The allocator tells how the addresses of an ``IPPool`` are used."""
        self._tell((POOL_USAGE, pool), usage)

    def host_of(self, port: str) -> str | None:
        """The chassis that a router's port has settled on, of those that are on one at a time. Read like an object.

        Empty while OVN moves it; None where that is not known.
        """
        return self._hear((HOST, port))  # type: ignore[no-any-return]

    def set_host(self, port: str, chassis: str | None) -> None:
        """SB tells where a router's port is."""
        self._tell((HOST, port), chassis)

    def users(self, subnet: str) -> Users | None:
        """Who has addresses of a subnet that is being deleted; None before that is known. Read like an object."""
        return self._hear((USERS, subnet))  # type: ignore[no-any-return]

    def set_users(self, subnet: str, users: Users | None) -> None:
        """The allocator tells who has addresses of a subnet that is being deleted."""
        self._tell((USERS, subnet), users)

    def is_outdated(self, record: str) -> bool:
        """Whether an IP object is of a time that is over, whoever bears its name now; part of its row."""
        return record in self._outdated

    def set_outdated(self, record: str) -> None:
        """The allocator tells that an IP object must go before its name gets an address again."""
        if record not in self._outdated and record in self._rows[IPS.name]:
            self._outdated.add(record)
            self.changed((IPS.name, record))

    def forget_outdated(self, record: str) -> None:
        """The IP object is gone."""
        self._outdated.discard(record)

    def refusal(self, pod: str) -> str | None:
        """Why a pod has no address; empty once it has one, None if it never waited. Part of the pod's row."""
        return self._refusals.get(pod)

    def set_refusal(self, pod: str, why: str | None) -> None:
        """The allocator tells why a pod has no address, or that it has one (empty), or that it is gone (None)."""
        if self._refusals.get(pod) == why:
            return
        if why is None:
            del self._refusals[pod]
        else:
            self._refusals[pod] = why
            self.changed((PODS.name, pod))

    def _hear(self, subject: Subject) -> Any:
        if self._reads is not None:
            self._reads.add(subject)
        return self._told.get(subject)

    def _tell(self, subject: Subject, what: Any) -> None:
        if self._told.get(subject) == what:
            return
        if what is None:
            del self._told[subject]
        else:
            self._told[subject] = what
        self.changed(subject)

    def recording(self, read: Callable[[], R]) -> tuple[R, set[Subject]]:
        """Runs ``read`` and tells which subjects it looked at."""
        self._reads = reads = set[Subject]()
        try:
            return read(), reads
        finally:
            self._reads = None

    def put(self, kind: Kind[T], current: T) -> T | None:
        """An object as the API has it now; returns what is kept of it, if that is another than before."""
        path = current.path
        rows, states = self._rows[kind.name], self._stated[kind.name]
        before = rows.get(path)
        remains, faults = sound(current)
        row, stated = _KEPT[kind](remains) if remains is not None else before, _stated(kind, current)
        is_rejudged = self._judge(kind, path, current, faults, Left.of(remains, before))
        if row is None:
            states[path] = stated
        elif before != row:
            rows[path] = row
            states[path] = stated
            self._touch(kind, path, before, row)
            return row  # type: ignore[return-value]
        elif states[path] != stated:
            states[path] = stated
            self.restated((kind.name, path))
        if is_rejudged:
            self.changed((kind.name, path))
        return None

    def drop(self, kind: Kind[T], path: str) -> T | None:
        """An object that the API has no more; returns what was kept of it."""
        row = self._rows[kind.name].pop(path, None)
        self._stated[kind.name].pop(path, None)
        self._judgements.pop((kind.name, path), None)
        if row is not None:
            self._touch(kind, path, row, None)
        return row  # type: ignore[return-value]

    def judgement(self, kind: Kind[Any], path: str) -> Judgement | None:
        """What was found when an object was held against its rules; None of one that is not there."""
        stated = self._stated[kind.name].get(path)
        if stated is None:
            return None
        conditions = stated.status.get("conditions", ())
        return self._judgements.get((kind.name, path), SOUND)._replace(
            current=self._rows[kind.name].get(path),
            rivalry=self._contradictions.of(kind, path, self._rows[kind.name]),
            is_said=any((entry["type"], entry["status"]) == (VALIDATED, "False") for entry in conditions),
        )

    def _judge(
        self, kind: Kind[Any], path: str, current: Resource, faults: tuple[Cause, ...], left: Left
    ) -> bool:
        """Remembers what speaks against an object; returns whether that is another than before."""
        before = self._judgements.pop((kind.name, path), None)
        found = Judgement(faults, left, current.is_being_deleted) if faults else None
        if found is not None:
            self._judgements[kind.name, path] = found
        return found != before

    def _touch(self, kind: Kind[Any], path: str, before: Resource | None, after: Resource | None) -> None:
        self.changed((kind.name, path))
        self.changed((kind.name, EVERY))
        for rival in self._contradictions.changed(kind, path, before, after, self._rows[kind.name]):
            self.changed((kind.name, rival))
        for what in self._asking.changed(kind, path, before, after):
            self.changed(what)


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

_KEPT: dict[Kind[Any], Callable[[Any], Any]] = {
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

FOLLOWED: tuple[Kind[Any], ...] = tuple(kind for kind in _KEPT if kind not in NOT_CARRIED)
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


def _stated(kind: Kind[Any], current: Resource) -> Stated:
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
