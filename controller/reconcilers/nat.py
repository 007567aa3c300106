"""A row of OVN's NAT on a VPC's router: one shape for rules, and for pods that ask for an address by themselves."""

from __future__ import annotations

from controller.northbound.rows import Place, Row, RowKey

BOTH_WAYS, OUTWARDS = "dnat_and_snat", "snat"
"""What NB calls an address that stands for another, and one under which others only leave."""


def row_key(name: str) -> RowKey:
    """The row of that name; names are this controller's own, NB knows none of them."""
    return RowKey("NAT", name)


def translation(name: str, vpc: str, kind: str, outer: str, inner: str, **columns: str | None) -> Row:
    """The row by which ``inner`` (an address or a network of the VPC) has ``outer``; ``columns`` are further ones."""
    return Row(
        row_key(name),
        {"type": kind, "external_ip": outer, "logical_ip": inner, **columns},
        Place("Logical_Router", vpc, "nat"),
    )
