"""A virtual address (``Vip``): set aside in its subnet, for those pods that may use it beside their own.

Which of them has it they settle among themselves, as with VRRP. OVN follows the one that answers for it: a port of type
*virtual* names the address and the pods' ports, and is where the last of them to announce it is. So a move of the
address is no change of NB, and the controller has no part in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.api.addresses import version_of
from controller.api.annotations import AAPS
from controller.api.core import Pod
from controller.api.kinds import IPS, OVN_DNAT_RULES, OVN_FIPS, PODS, VIPS
from controller.api.kubeovn import IP
from controller.api.meta import Condition
from controller.api.names import vip_record
from controller.api.reservations import Vip
from controller.api.vips import means, named_by
from controller.engine.asking import RULES_OF_VIP, USERS_OF_VIP
from controller.engine.fragment import Fragment, Notice
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Place, Row, RowKey
from controller.reconcilers.ending import named, needed
from controller.reconcilers.endpoint import allocation_of
from controller.reconcilers.not_carried import support

NOT_USABLE = "VipNotUsable"
"""Reason of the event on a pod that names a virtual address which it may not use."""

READY = Condition(type="Ready", status="True", reason="AddressReserved")
NOT_READY = Condition(type="Ready", status="False", reason="NoAddress")


@reconciler("vip", VIPS)
def reserved(vip: Vip, view: View) -> Fragment:
    """The address that was given, and the port by which OVN follows it. It stays as long as a rule uses it."""
    record = view.get(IPS, vip_record(vip.name))
    conditions = (READY if record is not None else NOT_READY, support(VIPS, vip.spec))
    if record is None:
        fragment = Fragment(conditions=conditions)
    else:
        fragment = Fragment(
            rows=tuple(_ports(record, _holders(vip, record, view))),
            status={
                "ready": True,
                "type": vip.spec.type,
                "v4ip": record.spec.v4_ip_address,
                "v6ip": record.spec.v6_ip_address,
                "mac": record.spec.mac_address,
                "selector": list(vip.spec.selector),
            },
            conditions=conditions,
        )
    return needed(vip, fragment, lambda: named(f"{kind} {path}" for kind, path in _rules(vip, view)))


def usable(pod: Pod, subnet: str, view: View) -> tuple[list[str], list[Notice]]:
    """The virtual addresses that a pod of a subnet may use beside its own, and why it may not use others it names."""
    addresses: list[str] = []
    notices: list[Notice] = []
    for name in named_by(pod):
        vip, record = view.get(VIPS, name), view.get(IPS, vip_record(name))
        if vip is None or record is None:
            why = "does not exist or has no address (yet)"
        else:
            why = _objection(vip, record, pod, subnet)
        if why:
            notices.append(Notice("Warning", NOT_USABLE, f"annotation {AAPS}: Vip {name} {why}"))
        elif record is not None:
            addresses += record.addresses
    return addresses, notices


def _objection(vip: Vip, record: IP, pod: Pod, subnet: str) -> str:
    """Why a pod may not use an address; empty if it may."""
    if vip.spec.namespace != pod.namespace:
        return f"is for pods of namespace {vip.spec.namespace or '(none: spec.namespace is empty)'}"
    if not means(vip, pod.metadata.labels):
        return f"is for pods with the labels {', '.join(vip.spec.selector)}"
    if record.spec.subnet != subnet:
        return f"is of subnet {record.spec.subnet}, the pod of {subnet}"
    return ""


def _holders(vip: Vip, record: IP, view: View) -> Iterator[str]:
    """The ports of the pods that may use the address."""
    for _, path in view.asking(USERS_OF_VIP, vip.name):
        pod = view.get(PODS, path)
        if pod is None:
            continue
        found = allocation_of(pod, view)
        if found is not None and not _objection(vip, record, pod, found[1].name):
            yield found[0].name


def _ports(record: IP, holders: Iterable[str]) -> Iterator[Row]:
    """A port for each address, as OVN knows only of one in each; none while nobody may use it."""
    parents = ",".join(sorted(holders))
    for address in record.addresses if parents else ():
        first = address == record.addresses[0]
        yield Row(
            RowKey("Logical_Switch_Port", record.name if first else f"{record.name}.ip{version_of(address)}"),
            {"type": "virtual", "options": {"virtual-ip": address, "virtual-parents": parents}},
            Place("Logical_Switch", record.spec.subnet, "ports"),
        )


def _rules(vip: Vip, view: View) -> list[tuple[str, str]]:
    """The rules that lead to the address."""
    kinds = (OVN_FIPS.name, OVN_DNAT_RULES.name)
    return [(kind, path) for kind, path in view.asking(RULES_OF_VIP, vip.name) if kind in kinds]
