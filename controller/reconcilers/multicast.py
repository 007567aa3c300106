"""A subnet whose multicast goes to those who asked for it alone (``enableMulticastSnoop``): OVN listens and asks.

It asks in the name of the subnet's gateway, whose addresses and MAC are known, so that no address is spent on it.
"""

from __future__ import annotations

from controller.api.kubeovn import Subnet
from controller.api.names import router_port
from controller.api.placement import vpc_of
from controller.api.underlays import is_overlay
from controller.engine.addressing import Addressing
from controller.reconcilers.macs import gateway_mac, link_local


def snooping(subnet: Subnet) -> dict[str, str]:
    """What the switch is told, as NB's ``other_config`` has it."""
    if not subnet.spec.enable_multicast_snoop:
        return {}
    if not is_overlay(subnet):
        return {"mcast_snoop": "true", "mcast_querier": "false"}
    mac = _mac(subnet)
    sources = {4: "mcast_ip4_src", 6: "mcast_ip6_src"}
    asking = {
        sources[family.version]: link_local(mac) if family.version == 6 else family.gateway
        for family in Addressing.of(subnet).families
    }
    return {"mcast_snoop": "true", "mcast_querier": "true", "mcast_eth_src": mac, **asking}


def told(subnet: Subnet) -> dict[str, str]:
    """Who asks, as the status of the subnet has it."""
    found = snooping(subnet)
    return {
        "mcastQuerierIP": found.get("mcast_ip4_src", found.get("mcast_ip6_src", "")),
        "mcastQuerierMAC": found.get("mcast_eth_src", ""),
    }


def _mac(subnet: Subnet) -> str:
    return gateway_mac(router_port(vpc_of(subnet), subnet.name))
