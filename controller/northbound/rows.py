"""Rows of NB by name rather than by UUID, so that a reconciler can say what it wants before any of it exists.

Who asked for a row, and which set of which other row it hangs in, is written into its ``external_ids`` when the row is
created and never touched again: on switches and routers a later write of ``external_ids`` makes northd recompute.
Rows of tables whose rows have no name of their own carry one there too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

VENDOR = "vendor"
"""Key of ``external_ids`` that marks a row as this controller's own; rows without it are never touched."""
VENDOR_NAME = "kube-ovn"
OWNER = "owner"
PARENT = "parent"
KEY = "key"


class RowKey(NamedTuple):
    """A row's identity: its table and its name there. Among the values of a column it stands for a reference."""

    table: str
    name: str


class Place(NamedTuple):
    """The set that holds a row which cannot exist by itself, such as the ``ports`` of a switch."""

    table: str
    name: str
    column: str

    @property
    def key(self) -> RowKey:
        """The row whose column it is."""
        return RowKey(self.table, self.name)

    def __str__(self) -> str:
        return f"{self.table}/{self.column}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """The inverse of ``str``. Raises ``ValueError`` on any other text."""
        return _place(text)


@lru_cache(maxsize=4_096)
def _place(text: str) -> Place:
    """Kept, since thousands of rows hang in the same set."""
    table, column, name = text.split("/", 2)
    return Place(table, name, column)


class Member(NamedTuple):
    """What belongs in a set that many owners share: an address in an address set, a port in a port group."""

    place: Place
    value: str | RowKey


class Row(msgspec.Struct, frozen=True, gc=False):
    """A row that ought to be there. ``columns`` are in Python form; those not named are left to others.

    A reference to another row is its ``RowKey``, a set of references a ``frozenset`` of them.

    ``labels`` are further ``external_ids``, written at creation along with the ownership.
    """

    key: RowKey
    columns: dict[str, Any]
    place: Place | None = None
    labels: dict[str, str] = {}


MANAGED: dict[str, tuple[str, ...]] = {
    "Logical_Router": ("name", "options", "load_balancer", "external_ids"),
    "Logical_Router_Port": ("name", "mac", "networks", "peer", "ipv6_ra_configs", "options", "external_ids"),
    "Logical_Router_Policy": ("priority", "match", "action", "nexthops", "options", "external_ids"),
    "Logical_Router_Static_Route": (
        "ip_prefix",
        "nexthop",
        "policy",
        "route_table",
        "output_port",
        "bfd",
        "options",
        "external_ids",
    ),
    "Logical_Switch": ("name", "other_config", "load_balancer_group", "external_ids"),
    "Logical_Switch_Port": (
        "name",
        "type",
        "addresses",
        "port_security",
        "options",
        "tag",
        "dhcpv4_options",
        "dhcpv6_options",
        "external_ids",
    ),
    "ACL": ("direction", "priority", "match", "action", "log", "options", "external_ids"),
    "NAT": (
        "type",
        "external_ip",
        "external_mac",
        "logical_ip",
        "logical_port",
        "gateway_port",
        "options",
        "external_ids",
    ),
    "Load_Balancer": ("name", "vips", "protocol", "selection_fields", "options", "external_ids"),
    "Load_Balancer_Group": ("name", "load_balancer"),
    "DHCP_Options": ("cidr", "options", "external_ids"),
    "Gateway_Chassis": ("name", "chassis_name", "priority", "external_ids"),
    "BFD": ("logical_port", "dst_ip", "min_tx", "min_rx", "detect_mult", "external_ids"),
    "Address_Set": ("name", "addresses", "external_ids"),
    "Port_Group": ("name", "ports", "external_ids"),
}
"""What is replicated of NB: every column that a reconciler may write, and no other.

The sets that hold rows (``ports`` of a switch) are missing on purpose: a row in them exists exactly as long as it is
referenced, so its existence says it all, and a switch with 10,000 ports costs what a switch with ten does.
"""

REFERRING: dict[str, tuple[str, ...]] = {
    "Logical_Switch": ("load_balancer_group",),
    "Logical_Router_Static_Route": ("bfd",),
    "Logical_Switch_Port": ("dhcpv4_options", "dhcpv6_options"),
}
"""The columns, besides the sets that hold rows, that refer to other rows, by table."""

NAMED = frozenset(table for table, columns in MANAGED.items() if "name" in columns)
"""The tables whose rows have names, which NB or this controller keeps unique. The others' names are under ``KEY``."""

UNTAGGED = frozenset(table for table, columns in MANAGED.items() if "external_ids" not in columns)
"""The tables whose rows cannot be marked: their names say whose they are (``name_of_untagged``)."""

SHARED: dict[str, str] = {
    "Address_Set": "addresses",
    "Port_Group": "ports",
    "Logical_Router": "load_balancer",
    "Load_Balancer_Group": "load_balancer",
}
"""The columns that many owners fill, by table: whoever owns the row owns the set, but not what is in it."""


def name_of_untagged(owner: str) -> str:
    """What the one row of an owner in a table of ``UNTAGGED`` is called."""
    return f"{VENDOR_NAME}/{owner}"


def owner_of_untagged(name: str) -> str:
    """The inverse; empty for a name of somebody else's."""
    vendor, _, owner = name.partition("/")
    return owner if vendor == VENDOR_NAME else ""


@lru_cache(maxsize=4_096)
def shared(key: RowKey) -> Place:
    """The shared set of a row of one of those tables."""
    return Place(key.table, key.name, SHARED[key.table])
