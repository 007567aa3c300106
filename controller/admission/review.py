"""The one question that is asked before a write: what speaks against it?

Most writes are status reports and labels, which no rule looks at; they are let pass before anything is decoded.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from controller.admission import (
    eip,
    ip,
    ippool,
    marks,
    named,
    pod,
    provider,
    subnet,
    translation,
    vip,
    vlan,
    vpc,
    workload,
)
from controller.admission.cause import Cause
from controller.admission.view import Document, View, typed
from controller.api.annotations import EIP, IP_ADDRESS, IP_POOL, KEEP_IP, MAC_ADDRESS, SNAT
from controller.api.kinds import (
    IPPOOLS,
    IPS,
    NAMESPACES,
    NODES,
    OVN_EIPS,
    PODS,
    SERVICES,
    SUBNETS,
    VIPS,
    VLANS,
    VPCS,
    Kind,
)
from controller.api.kubeovn_kinds import PROVIDER_NETWORKS


class Rules(Protocol):
    """What a module of rules offers for its kind."""

    def create(self, new: Any, others: View) -> Iterator[Cause]:
        """What speaks against the new object."""

    def update(self, new: Any, old: Any, others: View) -> Iterator[Cause]:
        """What speaks against the change."""

    def delete(self, old: Any, others: View) -> Iterator[Cause]:
        """What speaks against the object's end."""


_RULES: dict[str, tuple[Kind[Any], Rules]] = {
    VPCS.name: (VPCS, vpc),
    SUBNETS.name: (SUBNETS, subnet),
    IPS.name: (IPS, ip),
    IPPOOLS.name: (IPPOOLS, ippool),
    PODS.name: (PODS, pod),
    NAMESPACES.name: (NAMESPACES, named),
    NODES.name: (NODES, named),
    SERVICES.name: (SERVICES, named),
    VLANS.name: (VLANS, vlan),
    PROVIDER_NETWORKS.name: (PROVIDER_NETWORKS, provider),
    OVN_EIPS.name: (OVN_EIPS, eip),
    VIPS.name: (VIPS, vip),
    **{kind.name: (kind, translation) for kind in translation.KINDS},
    **{kind.name: (kind, workload) for kind in workload.KINDS},
}


def review(
    operation: str, kind: str, new: Document | None, old: Document | None, view: View
) -> tuple[Cause, ...]:
    """Everything that speaks against a write, one cause a fault; an empty tuple if nothing does.

    `operation` is CREATE, UPDATE or DELETE; `new` is None in a DELETE, `old` in a CREATE. Kinds without rules pass.
    """
    if kind not in _RULES or (
        new is not None and old is not None and _judged(kind, new) == _judged(kind, old)
    ):
        return ()
    of_kind, rules = _RULES[kind]
    try:
        after = None if new is None else typed(of_kind, new)
        before = None if old is None else typed(of_kind, old)
    except msgspec.ValidationError as error:
        return (Cause("", "FieldValueInvalid", str(error)),)
    if operation == "DELETE":
        return tuple(rules.delete(before, view))
    if operation == "UPDATE":
        return tuple(rules.update(after, before, view))
    return tuple(rules.create(after, view))


def _judged(kind: str, document: Document) -> object:
    """The parts of an object that rules look at."""
    annotations = document.get("metadata", {}).get("annotations") or {}
    stated = {key: annotations[key] for key in _STATED & annotations.keys()}
    return stated if kind in _BY_ANNOTATIONS else (document.get("spec"), stated)


_STATED = frozenset((KEEP_IP, IP_ADDRESS, IP_POOL, MAC_ADDRESS, EIP, SNAT, *marks.READ))
_BY_ANNOTATIONS = frozenset((PODS.name, NODES.name, NAMESPACES.name, SERVICES.name))
