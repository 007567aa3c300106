"""What one line of an OpenFlow flow monitor says, as far as "does this node have the pod?" depends on it.

Of the sixty or so flows that a pod brings, two decide whether a packet for it gets through on a node: the **lookup**
flow, which finds the port's tunnel key by the pod's MAC, and the **output** flow, which sends what has that key to the
pod's chassis (into a tunnel, or out of the pod's own port on its chassis). Table numbers move between OVN releases, so
both are known by what they match and do, never by where they stand.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

Happening = Literal["ADDED", "MODIFIED", "DELETED"]


class Lookup(NamedTuple):
    """A flow that finds the port behind a MAC on a datapath (tunnel key of the logical switch)."""

    datapath: int
    mac: str


class Output(NamedTuple):
    """A flow that delivers what goes to a port (its tunnel key) of a datapath."""

    datapath: int
    key: int


class FlowEvent(NamedTuple):
    """One flow that came, changed or went; `flow` is None when it is neither a lookup nor an output flow."""

    happening: Happening
    flow: Lookup | Output | None


class MonitorGap(NamedTuple):
    """The switch stopped reporting (its buffer was full) or took it up again: what happened between is unknown."""

    resumed: bool


DEFAULT_ENCAPSULATION = b"0/0xffff0000"
"""From OVN 26.03 on, remote output flows also match the upper half of reg13, which chooses among several tunnel
endpoints of a chassis; zero is what packets carry when nothing was chosen."""

_EVENT = b" event="
_HAPPENINGS: Mapping[bytes, Happening] = {b"ADDED": "ADDED", b"MODIFIED": "MODIFIED", b"DELETED": "DELETED"}
_GAP = re.compile(rb"FLOW_MONITOR_(PAUSED|RESUMED)|event=(PAUSED|RESUMED)")
_SETS_REG15 = re.compile(rb"(?:load:0x[0-9a-f]+->NXM_NX_REG15\[\]|set_field:0x[0-9a-f]+->reg15)")


def parse(line: bytes) -> FlowEvent | MonitorGap | None:
    """One line as `ovs-ofctl monitor` prints it; None for a line that reports no flow (headers, echoes, barriers)."""
    if line.startswith(_EVENT):
        happening = _HAPPENINGS.get(line[len(_EVENT) :].partition(b" ")[0])
        if happening is not None:
            head, _, actions = line.partition(b" actions=")
            return FlowEvent(happening, _flow(head[head.rindex(b" ") + 1 :], actions))
    gap = _GAP.search(line)
    return MonitorGap(resumed=b"RESUMED" in gap.group(0)) if gap else None


def _flow(match: bytes, actions: bytes) -> Lookup | Output | None:
    if b"metadata=" not in match or not (b"reg15=" in match or b"dl_dst=" in match):
        return None
    fields = {name: value for name, _, value in (field.partition(b"=") for field in match.split(b","))}
    fields.pop(b"priority", None)
    names = fields.keys()
    if names == {b"metadata", b"dl_dst"} and _SETS_REG15.search(actions):
        datapath, mac = _exact(fields[b"metadata"]), fields[b"dl_dst"]
        return Lookup(datapath, mac.decode()) if datapath is not None and b"/" not in mac else None
    if names - {b"reg13"} == {b"metadata", b"reg15"} and b"output:" in actions:
        if fields.get(b"reg13", DEFAULT_ENCAPSULATION) != DEFAULT_ENCAPSULATION:
            return None
        datapath, key = _exact(fields[b"metadata"]), _exact(fields[b"reg15"])
        return Output(datapath, key) if datapath is not None and key is not None else None
    return None


def _exact(value: bytes) -> int | None:
    """A field that is matched in full; None for one under a mask."""
    return None if b"/" in value else int(value, 0)
