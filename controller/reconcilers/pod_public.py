"""Public addresses that pods ask for by themselves: ``ovn.kubernetes.io/eip`` and ``ovn.kubernetes.io/snat``.

An address is taken by a record of its own in the external subnet that it is of, as those of ``OvnEip`` are, so that it
never belongs to two: of pods that ask for one address to stand for them the first has it, and the next once that lets
go. An address to leave under is shared by all pods that ask for it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from controller.api.addresses import of_version, version_of
from controller.api.annotations import EIP, SNAT
from controller.api.core import Pod
from controller.api.kinds import IPS, PODS
from controller.api.kubeovn import IP, Subnet
from controller.api.names import public_record
from controller.api.placement import vpc_of
from controller.api.public import ASKED_BY, asked
from controller.engine.addressing import Addressing
from controller.engine.asking import LEAVING_UNDER
from controller.engine.fragment import NOTHING, Fragment, Notice
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Member, Row, RowKey
from controller.reconcilers import nat
from controller.reconcilers.endpoint import allocation_of
from controller.reconcilers.external import leaves_by, reached_by

NOT_TRANSLATED = "NotTranslated"
"""Reason of the event on a pod that does not get what it asks for."""

_TYPES = {EIP: nat.BOTH_WAYS, SNAT: nat.OUTWARDS}


@dataclass(frozen=True)
class Wanted:
    """A public address that a pod asks for, and what it is to be translated to."""

    annotation: str
    address: str
    inner: str
    vpc: str
    subnet: Subnet


class Impossible(Exception):
    """Why a pod does not get a public address, for its event."""


def _asks(pod: Pod) -> bool:
    return not pod.annotations.keys().isdisjoint(ASKED_BY)


@reconciler("pod-public", PODS, concerns=_asks)
def translation(pod: Pod, view: View) -> Fragment:
    """The pod's rows in OVN's NAT, for those addresses that are its own, or shared with it."""
    rows: list[Row] = []
    members: list[Member] = []
    notices: list[Notice] = []
    for annotation in ASKED_BY:
        for address in asked(pod, annotation):
            try:
                found = _wanted(pod, annotation, address, view)
                record = view.get(IPS, public_record(address)) if found is not None else None
                if found is None or record is None:
                    continue
                _check_owner(found, record, pod)
            except Impossible as why:
                notices.append(Notice("Warning", NOT_TRANSLATED, f"annotation {annotation}: {why}"))
                continue
            rows.append(_nat(found, pod))
            members += leaves_by(found.vpc, found.subnet, [found.inner])
    if not rows and not notices:
        return NOTHING
    return Fragment(rows=tuple(rows), members=tuple(members), notices=tuple(notices))


def lacking(pod: Pod, view: View) -> Iterator[Wanted]:
    """The addresses that the pod asks for and could have, and that nobody has a record of."""
    for annotation in ASKED_BY:
        for address in asked(pod, annotation):
            try:
                found = _wanted(pod, annotation, address, view)
            except Impossible:
                continue
            if found is not None and view.get(IPS, public_record(address)) is None:
                yield found


def is_asked_for(record: IP, view: View) -> bool:
    """Whether pods still ask for the address of a record that was made for one."""
    spec = record.spec
    if spec.pod_type == SNAT:
        return bool(view.asking(LEAVING_UNDER, spec.ip_address))
    pod = view.get(PODS, f"{spec.namespace}/{spec.pod_name}")
    return pod is not None and spec.ip_address in asked(pod, EIP)


def row_of(record: IP) -> RowKey:
    """The row that uses the address of a record for as long as the address is a pod's own."""
    return nat.row_key(f"eip/{record.spec.ip_address}")


def _wanted(pod: Pod, annotation: str, address: str, view: View) -> Wanted | None:
    """What becomes of an address; None while the pod has none itself. Raises ``Impossible``."""
    found = allocation_of(pod, view)
    if found is None:
        return None
    record, own = found
    version = version_of(address)
    inner = of_version(version, record.addresses)
    if not inner:
        raise Impossible(f"{address}: the pod has no IPv{version} address")
    if annotation == SNAT and of_version(version, asked(pod, EIP)):
        raise Impossible(f"{address}: the pod leaves under the address of its annotation {EIP}")
    name = vpc_of(own)
    subnet = next((entry for entry in reached_by(name, view) if _holds(entry, address)), None)
    if subnet is None:
        raise Impossible(
            f"{address} is of no external subnet that VPC {name} reaches: name one in its extraExternalSubnets"
        )
    return Wanted(annotation, address, inner, name, subnet)


def _holds(subnet: Subnet, address: str) -> bool:
    found = ipaddress.ip_address(address)
    return any(found in family.network for family in Addressing.of(subnet).families)


def _check_owner(found: Wanted, record: IP, pod: Pod) -> None:
    spec = record.spec
    if spec.subnet != found.subnet.name:
        raise Impossible(f"{found.address} is in use in subnet {spec.subnet}")
    if spec.pod_type != found.annotation:
        raise Impossible(f"{found.address} is taken by an annotation {spec.pod_type} of another pod")
    if found.annotation == EIP and (spec.namespace, spec.pod_name) != (pod.namespace, pod.name):
        raise Impossible(f"{found.address} is taken by pod {spec.namespace}/{spec.pod_name}")


def _nat(found: Wanted, pod: Pod) -> Row:
    own = f"eip/{found.address}"
    shared = f"snat/{pod.path}/{version_of(found.address)}"
    name = own if found.annotation == EIP else shared
    return nat.translation(name, found.vpc, _TYPES[found.annotation], found.address, found.inner)
