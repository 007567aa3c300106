"""The rules that use public addresses: ``OvnFip``, ``OvnSnatRule`` and ``OvnDnatRule``.

A rule is one row of OVN's NAT for each family, or one load balancer, on the router of the VPC that its inner side is
in. It is changed in place, so that a public address moves from one pod to another in one step and belongs to nobody in
between. The router answers for it from its port in the external subnet, whoever stands behind it.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.api.addresses import authority, version_of
from controller.api.kinds import OVN_DNAT_RULES, OVN_FIPS, OVN_SNAT_RULES
from controller.api.nat import (
    DISTRIBUTED,
    OF_VIP,
    OvnDnatRule,
    OvnDnatRuleSpec,
    OvnFip,
    OvnFipSpec,
    OvnSnatRule,
)
from controller.engine.asking import RULES_OF
from controller.engine.fragment import Fragment
from controller.engine.view import View
from controller.northbound.rows import Member, Place, Row, RowKey
from controller.reconcilers import nat
from controller.reconcilers.sides import (
    Inside,
    NotYet,
    Sides,
    a_subnet,
    a_vip,
    an_ip,
    by_version,
    rule,
    stated,
)

BY_GATEWAY = (
    "spec.type: translated on a gateway node, since spec.ipName does not name one pod, which has a node"
)
"""Why a floating address is not translated on the node of whom it stands for."""


@rule("ovn-fip", OVN_FIPS)
def floating(fip: OvnFip, view: View) -> Fragment:
    """A public address that stands for one inner address, both ways."""
    sides = Sides.of(_endpoint(fip.spec, view), fip.spec.ovn_eip, view)
    wanted_on_node = fip.spec.type == DISTRIBUTED
    is_on_node = wanted_on_node and bool(sides.inside.port)
    rows = _rows(
        f"fip/{fip.name}",
        nat.BOTH_WAYS,
        sides,
        external_mac=sides.outside.mac if is_on_node else None,
        logical_port=sides.inside.port if is_on_node else None,
    )
    remark = BY_GATEWAY if wanted_on_node and not is_on_node else ""
    return sides.carried_out(rows, by_version("Ip", sides.inside.addresses), remark=remark)


@rule("ovn-snat", OVN_SNAT_RULES)
def outgoing(snat: OvnSnatRule, view: View) -> Fragment:
    """Inner addresses that leave under a public one."""
    spec = snat.spec
    if spec.vpc_subnet:
        inside = a_subnet(spec.vpc_subnet, view)
    elif spec.ip_name:
        inside = an_ip(spec.ip_name, view)
    else:
        inside = stated(spec.vpc, spec.v4_ip_cidr, spec.v6_ip_cidr)
    sides = Sides.of(inside, spec.ovn_eip, view)
    rows = _rows(f"snat/{snat.name}", nat.OUTWARDS, sides)
    return sides.carried_out(rows, by_version("IpCidr", inside.addresses))


@rule("ovn-dnat", OVN_DNAT_RULES)
def incoming(dnat: OvnDnatRule, view: View) -> Fragment:
    """A port of a public address that leads to a port of an inner one."""
    spec = dnat.spec
    if spec.service_name:
        raise NotYet("spec.serviceName is not carried yet: name an IP, or a VPC and an address")
    _check_port(dnat, view)
    sides = Sides.of(_endpoint(spec, view), spec.ovn_eip, view)
    vips = {
        authority(outer, spec.external_port): authority(inner, spec.internal_port)
        for outer, inner in sides.pairs
    }
    balancer = RowKey("Load_Balancer", f"dnat/{dnat.name}")
    status = {
        **by_version("Ip", sides.inside.addresses),
        "externalPort": spec.external_port,
        "internalPort": spec.internal_port,
        "protocol": spec.protocol or "tcp",
        "ipName": spec.ip_name,
    }
    return sides.carried_out(
        (Row(balancer, {"vips": vips, "protocol": _port(dnat)[0]}),),
        status,
        (Member(Place("Logical_Router", sides.inside.vpc, "load_balancer"), balancer),),
    )


def _endpoint(spec: OvnFipSpec | OvnDnatRuleSpec, view: View) -> Inside:
    """Whom a rule of one address means: an IP or a Vip by its name, or an address of a VPC."""
    if not spec.ip_name:
        return stated(spec.vpc, spec.v4_ip, spec.v6_ip)
    return a_vip(spec.ip_name, view) if spec.ip_type == OF_VIP else an_ip(spec.ip_name, view)


def _rows(name: str, kind: str, sides: Sides, **columns: str | None) -> Iterator[Row]:
    for outer, inner in sides.pairs:
        row = f"{name}/{version_of(outer)}"
        yield nat.translation(row, sides.inside.vpc, kind, outer, inner, **columns)


def _check_port(dnat: OvnDnatRule, view: View) -> None:
    """A port of a public address leads to one place: that of the first rule by name."""
    for kind, path in view.asking(RULES_OF, dnat.spec.ovn_eip):
        if kind != OVN_DNAT_RULES.name or path >= dnat.name:
            continue
        rival = view.get(OVN_DNAT_RULES, path)
        if rival is not None and _port(rival) == _port(dnat):
            raise NotYet(f"spec.externalPort: {dnat.spec.external_port} is taken by {kind} {path}")


def _port(dnat: OvnDnatRule) -> tuple[str, str]:
    return dnat.spec.protocol.lower() or "tcp", dnat.spec.external_port
