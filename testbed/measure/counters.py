"""What OVN's incremental engines did: how often each of their nodes recomputed, computed or gave up.

Counts are free of noise: one change either made a node recompute or did not. Both ovn-northd and ovn-controller tell
them by `inc-engine/show-stats`; the names of nodes differ by release, so those that a verdict rests on are found by
their role.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from controller.ovsdb import unixctl
from testbed.measure.subjects import MeasuredDaemon

ENGINE_ROLES = ("northd", "chassis")
"""The daemons that have an incremental engine."""

INPUT_NODES = re.compile(
    r"^(NB|SB|OVS)(_|$)|_waker$|_notify$"
    r"|^(activated_ports|host_if_monitor|mff_ovn_geneve|neighbor_exchange_status|ofctrl_is_connected"
    r"|postponed_ports|route_exchange_status|sb_ro)$"
)
"""They have no inputs of their own and count a recomputation on every loop, whether anything changed or not (23.03 and
26.03, by their counts after dozens of loops)."""


class Counts(NamedTuple):
    """Of one engine node. `cancel` is called `abort` in older releases."""

    recompute: int = 0
    compute: int = 0
    cancel: int = 0


class EngineNode(NamedTuple):
    """Which node of which daemon on which machine."""

    node: str
    daemon: str
    engine_node: str


Counters = dict[EngineNode, Counts]


class Role(NamedTuple):
    """A part that an engine node plays, and its names in the releases so far, newest first."""

    daemon: str
    names: tuple[str, ...]


LOGICAL_FLOWS = Role("ovn-northd", ("lflow",))
"""Where northd makes logical flows: recomputed means all of them."""

FLOW_OUTPUT = Role("ovn-controller", ("lflow_output", "logical_flow_output"))
"""Where ovn-controller makes OpenFlow flows of logical ones (from OVN 24.03 on `lflow_output`)."""


class UnknownEngine(Exception):
    """A daemon shows no engine node for a role; the message names those that it has."""


_ENTRY = re.compile(
    r"^Node: (?P<node>\S+)\n- recompute:\s+(?P<recompute>\d+)\n- compute:\s+(?P<compute>\d+)\n"
    r"- (?:cancel|abort):\s+(?P<cancel>\d+)$",
    re.MULTILINE,
)


def parse(text: str) -> dict[str, Counts]:
    """What `inc-engine/show-stats` prints, without the input nodes."""
    return {
        entry["node"]: Counts(int(entry["recompute"]), int(entry["compute"]), int(entry["cancel"]))
        for entry in _ENTRY.finditer(text)
        if not INPUT_NODES.search(entry["node"])
    }


async def snapshot(daemons: Iterable[MeasuredDaemon]) -> Counters:
    """Ask northd and every ovn-controller among the daemons, all at once. Raises UnixctlError.

    It wakes them, so it belongs before and after a measured window, not into it.
    """
    engines = [daemon for daemon in daemons if daemon.role in ENGINE_ROLES]
    texts = await asyncio.gather(*(unixctl.call(it.control, "inc-engine/show-stats") for it in engines))
    return {
        EngineNode(daemon.node, daemon.name, name): counts
        for daemon, text in zip(engines, texts, strict=True)
        for name, counts in parse(text).items()
    }


def difference(before: Mapping[EngineNode, Counts], after: Mapping[EngineNode, Counts]) -> Counters:
    """What happened between two snapshots, of all engine nodes that the later one has.

    A daemon that was restarted in between counts from zero again; its counts are then those since its start.
    """
    found: Counters = {}
    for engine_node, now in after.items():
        then = before.get(engine_node, Counts())
        restarted = any(later < earlier for earlier, later in zip(then, now, strict=True))
        found[engine_node] = now if restarted else Counts(*(b - a for a, b in zip(then, now, strict=True)))
    return found


def of_role(counters: Mapping[EngineNode, Counts], role: Role) -> dict[str, Counts]:
    """By machine, the counts of the engine node that plays a role. Raises UnknownEngine when a daemon has none."""
    engines: dict[str, dict[str, Counts]] = {}
    for (node, daemon, name), counts in counters.items():
        if daemon == role.daemon:
            engines.setdefault(node, {})[name] = counts
    if not engines:
        raise UnknownEngine(f"no counters of {role.daemon}")
    found = {}
    for node, names in engines.items():
        known = next((name for name in role.names if name in names), None)
        if known is None:
            raise UnknownEngine(f"{role.daemon} on {node} has none of {role.names}, but {sorted(names)}")
        found[node] = names[known]
    return found
