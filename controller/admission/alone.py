"""What speaks against an object whatever else there is: asked again by whoever meets one that was never judged.

An object may be there although it breaks a rule: from a time before the rule, or written past admission.
"""

from collections.abc import Callable, Iterator
from typing import Any

from controller.admission import eip, ip, ippool, named, subnet, translation, vip, vlan, vpc
from controller.admission.cause import Cause
from controller.api.core import Node
from controller.api.kubeovn import IP, Subnet, Vpc
from controller.api.meta import Resource
from controller.api.nat import OvnDnatRule, OvnEip, OvnFip, OvnSnatRule
from controller.api.reservations import IPPool, Vip
from controller.api.underlay import Vlan

_RULES: dict[type[Resource], Callable[[Any], Iterator[Cause]]] = {
    Node: named.addresses,
    Vpc: vpc.itself,
    Subnet: subnet.itself,
    IP: ip.itself,
    IPPool: ippool.itself,
    Vip: vip.itself,
    Vlan: vlan.itself,
    OvnEip: eip.itself,
    OvnFip: translation.itself,
    OvnSnatRule: translation.itself,
    OvnDnatRule: translation.itself,
}


def faults(current: Resource) -> tuple[Cause, ...]:
    """Everything that speaks against an object by itself; nothing against one of a kind without such rules."""
    rules = _RULES.get(type(current))
    return tuple(rules(current)) if rules is not None else ()
