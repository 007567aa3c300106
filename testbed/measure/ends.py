"""The ends of a change: the moments at which it had arrived somewhere, defined by what a packet would need.

All moments are CLOCK_MONOTONIC nanoseconds; None means not seen (yet). For a deletion the same names tell when the
thing was gone: the NB row, the SB row, the interface, the two flows on each node.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from testbed.measure.flowevents import Happening

Change = Literal["added", "deleted"]

End = Literal["nb", "sb", "plugged", "claimed", "up", "installed", "all_nodes"]

ENDS_OF: Mapping[Change, tuple[End, ...]] = {
    "added": ("nb", "sb", "plugged", "claimed", "up", "installed", "all_nodes"),
    "deleted": ("nb", "sb", "plugged", "all_nodes"),
}
"""What can be waited for; a deleted port is never claimed or installed."""


class NodeEnds(msgspec.Struct):
    """One node: its lookup flow by the pod's MAC and its output flow towards the pod's chassis."""

    lookup_ns: int | None = None
    output_ns: int | None = None

    @property
    def reached_ns(self) -> int | None:
        """When this node had (or had lost) the pod: the later of the two flows."""
        if self.lookup_ns is None or self.output_ns is None:
            return None
        return max(self.lookup_ns, self.output_ns)


class FlowEvents(msgspec.Struct):
    """How many flows a node's switch reported as added, modified and deleted while the change was expected."""

    added: int = 0
    modified: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        """Of any sort."""
        return self.added + self.modified + self.deleted

    def take(self, happening: Happening) -> None:
        """Count one more."""
        match happening:
            case "ADDED":
                self.added += 1
            case "MODIFIED":
                self.modified += 1
            case "DELETED":
                self.deleted += 1

    def since(self, before: "FlowEvents") -> "FlowEvents":
        """What was counted after an earlier state of the same counts."""
        return FlowEvents(
            self.added - before.added, self.modified - before.modified, self.deleted - before.deleted
        )


class Ends(msgspec.Struct):
    """Everything the meter saw of one change.

    `installed_ns` is OVN's own `ovn-installed-ts`, a wall clock of 1 ms, mapped to the monotonic clock;
    `installed_seen_ns` is when the node's database told the meter. `lost` says why flow events may be missing: such a
    sample is a failed one, whatever its figures. `lateness_ns` is the longest the meter itself was kept from reading
    while it expected this change.
    """

    port: str
    change: Change
    armed_ns: int
    nb_ns: int | None = None
    sb_ns: int | None = None
    plugged_ns: int | None = None
    claimed_ns: int | None = None
    up_ns: int | None = None
    installed_ns: int | None = None
    installed_seen_ns: int | None = None
    chassis: str | None = None
    nodes: dict[str, NodeEnds] = {}
    flow_events: dict[str, FlowEvents] = {}
    lost: tuple[str, ...] = ()
    lateness_ns: int = 0

    @property
    def all_nodes_ns(self) -> int | None:
        """When the last node had (or had lost) the pod; None while one has not, or when no node is watched."""
        reached = [node.reached_ns for node in self.nodes.values()]
        known = [moment for moment in reached if moment is not None]
        return max(known) if known and len(known) == len(reached) else None

    @property
    def last_node(self) -> str | None:
        """The node that was the last one; None while a node is missing."""
        if self.all_nodes_ns is None:
            return None
        return max(self.nodes, key=lambda name: self.nodes[name].reached_ns or 0)

    @property
    def flow_modifications(self) -> dict[str, int]:
        """Flow events a node, of any sort."""
        return {node: events.total for node, events in self.flow_events.items()}

    def at(self, end: End) -> int | None:
        """The moment of an end by its name."""
        moment: int | None = getattr(self, f"{end}_ns")
        return moment

    def missing(self) -> tuple[str, ...]:
        """The ends not seen, with the nodes that lack a flow spelled out."""
        absent: list[str] = [end for end in ENDS_OF[self.change] if self.at(end) is None]
        for name, node in self.nodes.items():
            if node.lookup_ns is None:
                absent.append(f"{name}: lookup flow")
            if node.output_ns is None:
                absent.append(f"{name}: output flow")
        return tuple(absent)
