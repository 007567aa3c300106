"""Who may reach the pods of a subnet: the rules that the subnet itself states, and what ``private`` means.

Rules hang in the switch, so that they neither grow with the number of pods nor change with them. The priorities of
those of a private subnet are Kube-OVN's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from controller.api.kinds import SUBNETS
from controller.api.kubeovn import Acl, Subnet
from controller.api.names import JOIN_SUBNET
from controller.engine.addressing import Addressing, Family, Network
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Place, Row, RowKey
from controller.reconcilers import matches

FROM_NODES, WITHIN, REST = 3_000, 2_000, 1_000
"""Priorities in a private subnet: what comes from nodes, what stays within it or the allowed subnets, the rest."""
EAST_WEST = 1_900
"""Priority of what stays within a subnet whose stated rules are not meant for that."""


@reconciler("isolation", SUBNETS)
def rules(subnet: Subnet, view: View) -> Fragment:
    """The rules that the subnet states, and those that keep a private one to itself."""
    rows = [_stated(subnet.name, number, acl) for number, acl in enumerate(subnet.spec.acls)]
    if subnet.spec.acls and subnet.spec.allow_ew_traffic:
        rows += _east_west(subnet)
    if subnet.spec.private and subnet.name != JOIN_SUBNET:
        rows += _private(subnet, view)
    return Fragment(rows=tuple(rows)) if rows else NOTHING


def _stated(subnet: str, number: int, acl: Acl) -> Row:
    return _acl(subnet, f"acls/{number}", acl.direction, acl.priority, acl.match, acl.action)


def _east_west(subnet: Subnet) -> Iterator[Row]:
    """What stays within the subnet passes both of its pods' ports."""
    for family in Addressing.of(subnet).families:
        own = family.network
        within = matches.between(own, own)
        for direction in ("from-lport", "to-lport"):
            name = f"within/{direction}/{family.version}"
            yield _acl(subnet.name, name, direction, EAST_WEST, within, "allow-related")


def _private(subnet: Subnet, view: View) -> Iterator[Row]:
    yield _acl(subnet.name, "private/rest", "to-lport", REST, "ip", "drop")
    join = view.get(SUBNETS, JOIN_SUBNET)
    nodes = Addressing.of(join).families if join is not None else ()
    for family in Addressing.of(subnet).families:
        own = family.network
        for other in _of_version(nodes, family.version):
            yield _allowed(subnet.name, f"private/nodes/{family.version}", FROM_NODES, matches.source(other))
        within = matches.between(own, own)
        yield _allowed(subnet.name, f"private/within/{family.version}", WITHIN, within)
    for text in subnet.spec.allow_subnets:
        allowed = ip_network(text.strip())
        for own in _of_version(Addressing.of(subnet).families, allowed.version):
            yield _allowed(
                subnet.name, f"private/allowed/{allowed}", WITHIN, matches.either_way(own, allowed)
            )


def _of_version(families: Iterable[Family], version: int) -> list[Network]:
    return [family.network for family in families if family.version == version]


def _allowed(subnet: str, name: str, priority: int, match: str) -> Row:
    return _acl(subnet, name, "to-lport", priority, match, "allow-related")


def _acl(subnet: str, name: str, direction: str, priority: int, match: str, action: str) -> Row:
    return Row(
        RowKey("ACL", f"{subnet}/{name}"),
        {"direction": direction, "priority": priority, "match": match, "action": action},
        Place("Logical_Switch", subnet, "acls"),
    )
