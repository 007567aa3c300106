"""What one line of an OpenFlow flow monitor says, as far as "does this node have the pod?" depends on it.

Of the sixty or so flows that a pod brings, two decide whether a packet for it gets through on a node: the **lookup**
flow, which finds the port's tunnel key by the pod's MAC, and the **output** flow, which sends what has that key to the
pod's chassis (into a tunnel, or out of the pod's own port on its chassis). Table numbers move between OVN releases, so
both are known by what they match and do, never by where they stand.
"""

import re
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


_EVENT = re.compile(rb"^ ?event=(ADDED|MODIFIED|DELETED)\b.*? (?:([^ ]+) )?actions=(.*)$", re.DOTALL)
_GAP = re.compile(rb"FLOW_MONITOR_(PAUSED|RESUMED)|event=(PAUSED|RESUMED)")
_SETS_REG15 = re.compile(rb"(?:load:0x[0-9a-f]+->NXM_NX_REG15\[\]|set_field:0x[0-9a-f]+->reg15)")


def parse(line: bytes) -> FlowEvent | MonitorGap | None:
    """One line as `ovs-ofctl monitor` prints it; None for a line that reports no flow (headers, echoes, barriers)."""
    found = _EVENT.match(line)
    if found is None:
        gap = _GAP.search(line)
        return MonitorGap(resumed=b"RESUMED" in gap.group(0)) if gap else None
    happening: Happening = found.group(1).decode()  # type: ignore[assignment]
    return FlowEvent(happening, _flow(found.group(2) or b"", found.group(3)))


def _flow(match: bytes, actions: bytes) -> Lookup | Output | None:
    fields = {}
    for field in match.split(b","):
        name, _, value = field.partition(b"=")
        if name != b"priority":
            fields[name] = value
    if len(fields) != 2 or b"metadata" not in fields:
        return None
    metadata = fields[b"metadata"]
    if b"/" in metadata:
        return None
    if b"dl_dst" in fields and b"/" not in fields[b"dl_dst"] and _SETS_REG15.search(actions):
        return Lookup(int(metadata, 0), fields[b"dl_dst"].decode())
    if b"reg15" in fields and b"/" not in fields[b"reg15"] and b"output:" in actions:
        return Output(int(metadata, 0), int(fields[b"reg15"], 0))
    return None
