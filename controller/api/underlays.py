"""Subnets that lie in a physical network."""

from controller.api.kubeovn import Subnet


def is_overlay(subnet: Subnet) -> bool:
    """Whether a router of ours is the subnet's gateway; in an underlay one the gateway is out there."""
    return not subnet.spec.vlan or subnet.spec.logical_gateway
