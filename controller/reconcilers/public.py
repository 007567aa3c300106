"""Public addresses, and what is translated to and from them: ``OvnEip`` and the rules that use it.

A rule is one row of OVN's NAT, or one load balancer, on the router of the VPC that its inner side is in. It is changed
in place, so that a public address moves from one pod to another in one step and belongs to nobody in between. The
router answers for it from its port in the external subnet, whoever stands behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from controller.api.addresses import version_of
from controller.api.kind import Kind
from controller.api.kinds import IPS, OVN_DNAT_RULES, OVN_EIPS, OVN_FIPS, OVN_SNAT_RULES, SUBNETS, VPCS
from controller.api.kubeovn import IP, Subnet
from controller.api.meta import Condition
from controller.api.names import DEFAULT_VPC, eip_record
from controller.api.nat import OvnDnatRule, OvnEip, OvnFip, OvnSnatRule
from controller.api.placement import vpc_of
from controller.engine.addressing import Addressing
from controller.engine.asking import RULES_OF
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Member, Place, Row, RowKey
from controller.reconcilers.ending import named, needed
from controller.reconcilers.external import external_subnets, leaves_by

READY = Condition(type="Ready", status="True", reason="Translated")
DISTRIBUTED = "distributed"


class NotYet(Exception):
    """Why nothing can be made of a rule now, for its condition."""


@dataclass(frozen=True)
class Inside:
    """The inner side of a rule: addresses or networks of a VPC, and the port and MAC where there is one pod."""

    vpc: str
    addresses: tuple[str, ...]
    port: str = ""


@dataclass(frozen=True)
class Outside:
    """The outer side: the addresses, their MAC, and the external subnet that they are of."""

    addresses: tuple[str, ...]
    mac: str
    subnet: Subnet


@reconciler("ovn-eip", OVN_EIPS)
def eip(address: OvnEip, view: View) -> Fragment:
    """The address that was given, told where people look for it."""
    record = view.get(IPS, eip_record(address.name))
    fragment = NOTHING if record is None else _given(address, record)
    return needed(address, fragment, lambda: named(_rules(address, view)))


def _rules(address: OvnEip, view: View) -> Iterator[str]:
    """The rules that use a public address."""
    every: tuple[OvnFip | OvnSnatRule | OvnDnatRule, ...] = (
        *view.all(OVN_FIPS),
        *view.all(OVN_SNAT_RULES),
        *view.all(OVN_DNAT_RULES),
    )
    return (f"{rule.kind} {rule.name}" for rule in every if rule.spec.ovn_eip == address.name)


def _given(address: OvnEip, record: IP) -> Fragment:
    return Fragment(
        status={
            "type": address.spec.type or "nat",
            "v4Ip": record.spec.v4_ip_address,
            "v6Ip": record.spec.v6_ip_address,
            "macAddress": record.spec.mac_address,
            "ready": True,
        },
        conditions=(Condition(type="Ready", status="True", reason="AddressGiven"),),
    )


@reconciler("ovn-fip", OVN_FIPS)
def floating(rule: OvnFip, view: View) -> Fragment:
    """A public address that stands for one inner address, both ways."""
    spec = rule.spec
    try:
        _check_turn(OVN_FIPS, rule.name, spec.ovn_eip, view)
        inside = _inside(spec.ip_type, spec.ip_name, spec.vpc, (spec.v4_ip, spec.v6_ip), view)
        outside = _outside(spec.ovn_eip, inside, view)
    except NotYet as why:
        return _unready(why)
    pairs = _pairs(inside.addresses, outside.addresses)
    on_node = (
        {"external_mac": outside.mac, "logical_port": inside.port}
        if spec.type == DISTRIBUTED and inside.port
        else {"external_mac": None, "logical_port": None}
    )
    rows = [
        _nat("fip", rule.name, inside.vpc, "dnat_and_snat", outer, inner, **on_node) for outer, inner in pairs
    ]
    return Fragment(
        rows=tuple(rows),
        members=leaves_by(inside.vpc, outside.subnet, [inner for _, inner in pairs]),
        status=_told(inside, outside, "Ip"),
        conditions=(READY,),
    )


@reconciler("ovn-snat", OVN_SNAT_RULES)
def outgoing(rule: OvnSnatRule, view: View) -> Fragment:
    """Inner addresses that leave under a public one."""
    spec = rule.spec
    try:
        _check_turn(OVN_SNAT_RULES, rule.name, spec.ovn_eip, view)
        if spec.vpc_subnet:
            inside = _subnet(spec.vpc_subnet, view)
        else:
            inside = _inside("", spec.ip_name, spec.vpc, (spec.v4_ip_cidr, spec.v6_ip_cidr), view)
        outside = _outside(spec.ovn_eip, inside, view)
    except NotYet as why:
        return _unready(why)
    pairs = _pairs(inside.addresses, outside.addresses)
    return Fragment(
        rows=tuple(_nat("snat", rule.name, inside.vpc, "snat", outer, inner) for outer, inner in pairs),
        members=leaves_by(inside.vpc, outside.subnet, [inner for _, inner in pairs]),
        status=_told(inside, outside, "IpCidr"),
        conditions=(READY,),
    )


@reconciler("ovn-dnat", OVN_DNAT_RULES)
def incoming(rule: OvnDnatRule, view: View) -> Fragment:
    """A port of a public address that leads to a port of an inner one."""
    spec = rule.spec
    try:
        if spec.service_name:
            raise NotYet("spec.serviceName is not carried yet: name an IP, or a VPC and an address")
        _check_turn(OVN_DNAT_RULES, rule.name, spec.ovn_eip, view)
        _check_port(rule, view)
        inside = _inside(spec.ip_type, spec.ip_name, spec.vpc, (spec.v4_ip, spec.v6_ip), view)
        outside = _outside(spec.ovn_eip, inside, view)
    except NotYet as why:
        return _unready(why)
    balancer = RowKey("Load_Balancer", f"dnat/{rule.name}")
    pairs = _pairs(inside.addresses, outside.addresses)
    vips = {_end(outer, spec.external_port): _end(inner, spec.internal_port) for outer, inner in pairs}
    on_router = Place("Logical_Router", inside.vpc, "load_balancer")
    return Fragment(
        rows=(Row(balancer, {"vips": vips, "protocol": _port(rule)[0]}),),
        members=(
            Member(on_router, balancer),
            *leaves_by(inside.vpc, outside.subnet, [inner for _, inner in pairs]),
        ),
        status={
            **_told(inside, outside, "Ip"),
            "externalPort": spec.external_port,
            "internalPort": spec.internal_port,
            "protocol": spec.protocol or "tcp",
            "ipName": spec.ip_name,
        },
        conditions=(READY,),
    )


def _check_turn(kind: Kind[Any], name: str, eip: str, view: View) -> None:
    """A floating address is one rule's alone: the first's by name, where several got past admission at once."""
    floating = [path for of, path in view.asking(RULES_OF, eip) if of == OVN_FIPS.name]
    if floating and (kind.name, name) != (OVN_FIPS.name, floating[0]):
        raise NotYet(f"spec.ovnEip: {eip} is taken by {OVN_FIPS.name} {floating[0]}")


def _check_port(rule: OvnDnatRule, view: View) -> None:
    """A port of a public address leads to one place: that of the first rule by name."""
    for kind, path in view.asking(RULES_OF, rule.spec.ovn_eip):
        if kind != OVN_DNAT_RULES.name or path >= rule.name:
            continue
        rival = view.get(OVN_DNAT_RULES, path)
        if rival is not None and _port(rival) == _port(rule):
            raise NotYet(f"spec.externalPort: {rule.spec.external_port} is taken by {kind} {path}")


def _port(rule: OvnDnatRule) -> tuple[str, str]:
    return rule.spec.protocol.lower() or "tcp", rule.spec.external_port


def _nat(of: str, rule: str, vpc: str, kind: str, outer: str, inner: str, **more: str | None) -> Row:
    version = version_of(outer)
    return Row(
        RowKey("NAT", f"{of}/{rule}/{version}"),
        {"type": kind, "external_ip": outer, "logical_ip": inner, **more},
        Place("Logical_Router", vpc, "nat"),
    )


def _inside(ip_type: str, ip_name: str, vpc: str, stated: tuple[str, str], view: View) -> Inside:
    """Whom a rule means: an IP by its name, or addresses of a VPC."""
    if ip_type == "vip":
        raise NotYet("spec.ipType: vip is not carried yet, allowed: ip")
    if not ip_name:
        addresses = tuple(text for text in stated if text)
        if not addresses:
            raise NotYet("neither spec.ipName nor an address says what is to be translated")
        return Inside(vpc or DEFAULT_VPC, addresses)
    record = view.get(IPS, ip_name)
    if record is None:
        raise NotYet(f"spec.ipName: there is no IP {ip_name!r} (yet)")
    return Inside(_vpc_of(record, view), tuple(record.spec.ip_address.split(",")), record.name)


def _subnet(name: str, view: View) -> Inside:
    subnet = view.get(SUBNETS, name)
    if subnet is None:
        raise NotYet(f"spec.vpcSubnet: there is no subnet {name!r} (yet)")
    networks = tuple(str(family.network) for family in Addressing.of(subnet).families)
    return Inside(vpc_of(subnet), networks)


def _vpc_of(record: IP, view: View) -> str:
    subnet = view.get(SUBNETS, record.spec.subnet)
    if subnet is None:
        raise NotYet(f"there is no subnet {record.spec.subnet!r}, which {record.name} is of")
    return vpc_of(subnet)


def _outside(name: str, inside: Inside, view: View) -> Outside:
    """The public address of a rule, if the VPC of its inner side reaches the network that it is of."""
    address = view.get(OVN_EIPS, name)
    record = view.get(IPS, eip_record(name))
    if address is None or record is None:
        raise NotYet(f"spec.ovnEip: OvnEip {name!r} does not exist or has no address (yet)")
    vpc = view.get(VPCS, inside.vpc)
    joined = external_subnets(vpc, view) if vpc is not None else []
    subnet = next((entry for entry in joined if entry.name == record.spec.subnet), None)
    if subnet is None:
        raise NotYet(
            f"VPC {inside.vpc} does not reach {record.spec.subnet}: name it in extraExternalSubnets of the VPC"
        )
    return Outside(tuple(record.spec.ip_address.split(",")), record.spec.mac_address, subnet)


def _pairs(inner: tuple[str, ...], outer: tuple[str, ...]) -> list[tuple[str, str]]:
    """Outer and inner address of each family that both sides have."""
    of_version = {":" in text: text for text in inner}
    return [(text, of_version[":" in text]) for text in outer if (":" in text) in of_version]


def _told(inside: Inside, outside: Outside, suffix: str) -> dict[str, object]:
    return {
        "vpc": inside.vpc,
        "ready": True,
        **dict(_by_version("Eip", outside.addresses)),
        **dict(_by_version(suffix, inside.addresses)),
    }


def _by_version(suffix: str, addresses: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for version, is_six in ((4, False), (6, True)):
        yield f"v{version}{suffix}", next((text for text in addresses if (":" in text) is is_six), "")


def _unready(why: NotYet) -> Fragment:
    condition = Condition(type="Ready", status="False", reason="NotTranslated", message=str(why))
    return Fragment(status={"ready": False}, conditions=(condition,))


def _end(address: str, port: str) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
