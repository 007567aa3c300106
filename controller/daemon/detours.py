"""What leaves the cluster by a gateway beyond the node: the kernel's routing by source, as Kube-OVN has it.

A subnet names the gateway (``externalEgressGateway``), the routing table that is its own and the place of the rule that
leads there. Rules and routes of ours carry our mark, so that others' are never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from pyroute2 import IPRoute, NetlinkError

from controller.api.gateway_links import KERNELS_OWN
from controller.daemon.device import DEFAULT, PROTOCOL, Address, Network
from controller.daemon.namespaces import network_namespace_of

_FAMILIES = {4: 2, 6: 10}


@dataclass(frozen=True)
class Detour:
    """Packets from ``network`` are routed by a ``table``, whose one route leads to ``gateway``."""

    network: Network
    gateway: Address
    table: int
    priority: int


Rule = tuple[Network, int, int]
"""Source, table, priority."""
Way = tuple[int, Address]
"""Table and gateway."""


def lead(pid: int, detours: frozenset[Detour]) -> None:
    """Brings rules and tables in a process's network namespace to these.

    Blocks, and must not run in the event loop's thread. Raises ``OSError``, also for what netlink refuses.
    """
    ways = {(entry.table, entry.gateway) for entry in detours}
    rules = {(entry.network, entry.table, entry.priority) for entry in detours}
    try:
        with network_namespace_of(pid), IPRoute() as kernel:
            ways_there, rules_there = _ways(kernel), _rules(kernel)
            for rule in rules_there - rules:
                kernel.rule("del", **_of_rule(rule))
            for way in ways_there - ways:
                kernel.route("del", **_of_way(way))
            for way in ways - ways_there:
                kernel.route("replace", **_of_way(way))
            for rule in rules - rules_there:
                kernel.rule("add", **_of_rule(rule))
    except NetlinkError as error:
        raise OSError(error.code, f"routing by source: {error}") from error


def _ways(kernel: IPRoute) -> set[Way]:
    return {
        (entry.get("table"), ip_address(entry.get("gateway")))
        for family in _FAMILIES.values()
        for entry in kernel.get_routes(family=family)
        if entry["proto"] == PROTOCOL and entry.get("table") not in KERNELS_OWN
    }


def _rules(kernel: IPRoute) -> set[Rule]:
    return {
        (ip_network(f"{entry.get('src')}/{entry['src_len']}"), entry.get("table"), entry.get("priority"))
        for family in _FAMILIES.values()
        for entry in kernel.get_rules(family=family)
        if entry.get("protocol") == PROTOCOL
    }


def _of_way(way: Way) -> dict[str, Any]:
    table, gateway = way
    return {
        "family": _FAMILIES[gateway.version],
        "dst": str(DEFAULT[gateway.version]),
        "gateway": str(gateway),
        "table": table,
        "proto": PROTOCOL,
    }


def _of_rule(rule: Rule) -> dict[str, Any]:
    network, table, priority = rule
    return {
        "family": _FAMILIES[network.version],
        "src": str(network.network_address),
        "src_len": network.prefixlen,
        "table": table,
        "priority": priority,
        "protocol": PROTOCOL,
    }
