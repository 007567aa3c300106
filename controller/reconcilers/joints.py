"""How a router and a switch are joined, and on which nodes the router's side is: one shape for all who ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from controller.api.core import Node
from controller.api.names import router_port, switch_port
from controller.northbound.rows import Place, Row, RowKey
from controller.reconcilers.macs import gateway_mac

HIGHEST_PRIORITY = 100
MOST_GATEWAYS = 5
"""As many as OVN has use for, of nodes that nobody lists by name: each is watched by every other node."""


def joint(
    router: str,
    switch: str,
    networks: Iterable[str],
    *,
    mac: str = "",
    suffix: str = "",
    advertised: Mapping[str, str] | None = None,
    route_table: str = "",
    **options: str,
) -> tuple[Row, Row]:
    """The router's port with its addresses (with prefix lengths), and the switch's port towards it.

    ``suffix``: of the names of both, where there are several between the two.
    ``advertised``: what the router announces of itself by IPv6, as NB's ``ipv6_ra_configs`` has it.
    ``route_table``: the table of static routes for what comes in by the router's port, instead of the main one.
    ``options`` are those of the switch's port, with underscores for hyphens.
    """
    towards_switch = router_port(router, switch) + suffix
    named = {name.replace("_", "-"): value for name, value in options.items()}
    return (
        Row(
            RowKey("Logical_Router_Port", towards_switch),
            {
                "mac": mac or gateway_mac(towards_switch),
                "networks": frozenset(networks),
                "ipv6_ra_configs": dict(advertised or {}),
                "options": {"route_table": route_table} if route_table else {},
            },
            Place("Logical_Router", router, "ports"),
        ),
        Row(
            RowKey("Logical_Switch_Port", switch_port(switch, router) + suffix),
            {
                "type": "router",
                "addresses": frozenset(("router",)),
                "options": {"router-port": towards_switch, **named},
            },
            Place("Logical_Switch", switch, "ports"),
        ),
    )


def preferred(nodes: Iterable[Node]) -> list[Node]:
    """The nodes in the order given, but those that are cordoned or drained (``spec.unschedulable``) last."""
    return sorted(nodes, key=lambda node: node.spec.unschedulable)


def on_first_of(port: str, nodes: Sequence[str]) -> Iterator[Row]:
    """A router's port is on the first of these nodes that lives: OVN sees to that, in this order."""
    for place, node in enumerate(nodes):
        yield Row(
            RowKey("Gateway_Chassis", f"{port}/{node}"),
            {"chassis_name": node, "priority": HIGHEST_PRIORITY - place},
            Place("Logical_Router_Port", port, "gateway_chassis"),
        )
