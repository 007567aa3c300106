"""A subnet is one logical switch, spread over all nodes, and a port of its VPC's router as the pods' gateway."""

from collections.abc import Iterator

from controller.api.completion import completed
from controller.api.dhcp import advertisements
from controller.api.gateway_links import CENTRALIZED, is_centralised
from controller.api.kinds import SUBNETS
from controller.api.kubeovn import Subnet
from controller.api.meta import Condition
from controller.api.names import DEFAULT_SUBNET, DEFAULT_VPC, JOIN_SUBNET
from controller.api.placement import vpc_of
from controller.api.underlays import is_overlay
from controller.engine.addressing import Addressing
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Row, RowKey
from controller.reconcilers import multicast, service
from controller.reconcilers.ending import needed
from controller.reconcilers.exhaustion import exhaustion
from controller.reconcilers.joints import joint
from controller.reconcilers.not_carried import support

ADVERTISED = {
    "address_mode": "dhcpv6_stateful",
    "max_interval": "30",
    "min_interval": "5",
    "send_periodic": "true",
}
"""What a router announces unless the subnet says otherwise; Kube-OVN's own."""

READY = Condition(type="Ready", status="True", reason="LogicalSwitchCreated")


@reconciler("subnet", SUBNETS)
def switch(subnet: Subnet, view: View) -> Fragment:
    """The switch, the router's port that is its gateway, and the switch's port towards the router.

    In an underlay subnet the gateway is out there, and the switch is all that there is.
    """
    columns = {
        "other_config": multicast.snooping(subnet),
        "load_balancer_group": frozenset((service.group(vpc_of(subnet)),))
        if has_services(subnet)
        else frozenset(),
    }
    rows = [Row(RowKey("Logical_Switch", subnet.name), columns)]
    if is_overlay(subnet):
        addressing = Addressing.of(subnet)
        vpc = vpc_of(subnet)
        advertised = _advertised(subnet, addressing)
        table = subnet.spec.route_table
        rows += joint(vpc, subnet.name, addressing.gateway_networks, advertised=advertised, route_table=table)
    conditions = (READY, support(SUBNETS, subnet.spec, _without_effect(subnet)))
    fragment = Fragment(
        rows=tuple(rows),
        spec=completed(subnet.spec),
        status=multicast.told(subnet),
        conditions=conditions,
    )
    return needed(subnet, fragment, lambda: view.users(subnet.name))


def has_services(subnet: Subnet) -> bool:
    """Whether the services of the VPC are reached from the subnet: from that of the nodes only if it says so."""
    enabled = subnet.spec.enable_lb
    return subnet.name != JOIN_SUBNET if enabled is None else enabled


def _advertised(subnet: Subnet, addressing: Addressing) -> dict[str, str]:
    """What the router announces in a subnet with IPv6, if it is to."""
    if not subnet.spec.enable_ipv6_ra or all(family.version == 4 for family in addressing.families):
        return {}
    return advertisements(subnet.spec.ipv6_ra_configs) or ADVERTISED


def _without_effect(subnet: Subnet) -> Iterator[str]:
    """What has its effect in other subnets."""
    spec = subnet.spec
    if spec.default and subnet.name != DEFAULT_SUBNET:
        yield "spec.default"
    if spec.enable_ecmp and not is_centralised(subnet):
        yield "spec.enableEcmp"
    if spec.vpc not in ("", DEFAULT_VPC):
        if spec.nat_outgoing:
            yield "spec.natOutgoing"
        if spec.gateway_type == CENTRALIZED:
            yield "spec.gatewayType"
        for name, value in (
            ("externalEgressGateway", spec.external_egress_gateway),
            ("policyRoutingTableID", spec.policy_routing_table_id),
            ("policyRoutingPriority", spec.policy_routing_priority),
        ):
            if value:
                yield f"spec.{name}"


@reconciler("subnet-usage", SUBNETS)
def usage(subnet: Subnet, view: View) -> Fragment:
    """How many addresses are free and taken: told apart from the switch, since it changes with every pod."""
    used = view.usage(subnet.name)
    if used is None:
        return NOTHING
    return Fragment(
        status={
            "v4availableIPs": float(used.v4_available),
            "v4usingIPs": float(used.v4_used),
            "v6availableIPs": float(used.v6_available),
            "v6usingIPs": float(used.v6_used),
        },
        conditions=(exhaustion(used),),
    )
