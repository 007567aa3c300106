"""What an object lacks of others that it names: said on it as long as that is so, and not only when it is written.

Others come and go, and an object may be there before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from controller.admission import Cause
from controller.admission.cause import invalid, not_found
from controller.api.kinds import OVN_EIPS, SUBNETS, VPCS, Kind
from controller.api.kubeovn import Subnet, Vpc
from controller.api.names import DEFAULT_VPC
from controller.api.nat import OvnEip
from controller.api.placement import vpc_of
from controller.engine.view import View

IN_A_VLAN = "a subnet that lies in a Vlan"


def _of_subnet(subnet: Subnet, view: View) -> Iterator[Cause]:
    vpc = vpc_of(subnet)
    if vpc != DEFAULT_VPC and view.get(VPCS, vpc) is None:
        yield not_found("spec.vpc", vpc, "a VPC that exists")


def _of_vpc(vpc: Vpc, view: View) -> Iterator[Cause]:
    default = view.get(SUBNETS, vpc.spec.default_subnet) if vpc.spec.default_subnet else None
    if default is not None and vpc_of(default) != vpc.name:
        allowed = f"a subnet of VPC {vpc.name}: this one is of {vpc_of(default)}"
        yield invalid("spec.defaultSubnet", default.name, allowed)
    for position, name in enumerate(vpc.spec.extra_external_subnets):
        yield from _in_a_vlan(f"spec.extraExternalSubnets[{position}]", name, view)


def _of_eip(eip: OvnEip, view: View) -> Iterator[Cause]:
    name = eip.spec.external_subnet or view.settings.external_gateway_switch
    yield from _in_a_vlan("spec.externalSubnet", name, view)


def _in_a_vlan(field: str, name: str, view: View) -> Iterator[Cause]:
    subnet = view.get(SUBNETS, name)
    if subnet is None:
        yield not_found(field, name, IN_A_VLAN)
    elif not subnet.spec.vlan:
        yield invalid(field, name, IN_A_VLAN)


RELATIONS: Mapping[Kind[Any], Callable[[Any, View], Iterator[Cause]]] = {
    SUBNETS: _of_subnet,
    VPCS: _of_vpc,
    OVN_EIPS: _of_eip,
}
"""By kind; the rules that translate say in their condition what they lack, and pools too."""
