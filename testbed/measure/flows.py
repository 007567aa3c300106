"""How many OpenFlow flows a node has, and whether the cluster has come to rest.

`Port_Binding.up` says that a port's own chassis is done. Other nodes may have hundreds of thousands of flows to go
then, and a first sample taken at that moment measures their backlog. So the count of flows must stand still, and the
daemons must have nothing to do.
"""

import asyncio
import os
import re
from collections.abc import Iterable, Mapping, Sequence

from testbed.measure import processor
from testbed.measure.clock import monotonic_ns
from testbed.measure.processor import DaemonRole
from testbed.measure.subjects import MeasuredDaemon, MeasuredNode

BUSY_SHARE = 0.10
"""Of one processor, over a window: above it a daemon is at work. Idle, ovs-vswitchd takes a few percent
when it has thousands of ports (it looks at their statistics), a daemon with a backlog takes all that it can get."""

WINDOW_S = 1.0
"""Long against one loop of a daemon, and long enough that a pause between two steps of a backlog does not fool it."""

_FLOW_COUNT = re.compile(r"\bflow_count=(\d+)")


class FlowsUnknown(Exception):
    """A node's flows could not be counted; the message has what `ovs-ofctl` said."""


class NotQuiet(Exception):
    """The cluster did not come to rest in time; the message says which daemon is busy or which node still changes."""


async def count(nodes: Iterable[MeasuredNode]) -> dict[str, int]:
    """Flows on br-int of every node. Raises FlowsUnknown.

    The switch walks through all of them for it (milliseconds for 100,000): not for a measured window.
    """
    nodes = tuple(nodes)
    return dict(zip((node.name for node in nodes), await asyncio.gather(*map(_count, nodes)), strict=True))


async def quiet(
    nodes: Iterable[MeasuredNode],
    daemons: Iterable[MeasuredDaemon],
    *,
    timeout: float,
    window: float = WINDOW_S,
    busy_share: float = BUSY_SHARE,
    background: Mapping[DaemonRole, float] | None = None,
) -> dict[str, int]:
    """Wait until no daemon took more than a share of a processor over a window (s) in which no count of flows changed.

    Where traffic goes on, `background` is what it costs each daemon (`load_shares`): that much is no unrest.
    Gives the flows by node. Raises NotQuiet after `timeout` s, and what `count` and `processor.snapshot` raise.
    """
    nodes, daemons = tuple(nodes), tuple(daemons)
    deadline = monotonic_ns() + timeout * 1e9
    flows = await count(nodes)
    while True:
        began, before = monotonic_ns(), processor.snapshot(daemons)
        await asyncio.sleep(window)
        shares = _shares(daemons, before, began)
        for daemon, share in (background or {}).items():
            shares[daemon] = shares.get(daemon, 0.0) - share
        earlier, flows = flows, await count(nodes)
        unrest = why_not_quiet(earlier, flows, shares, busy_share)
        if not unrest:
            return flows
        if monotonic_ns() > deadline:
            raise NotQuiet(f"not quiet within {timeout:g} s: {'; '.join(unrest)}")


async def load_shares(daemons: Iterable[MeasuredDaemon], *, window: float) -> dict[DaemonRole, float]:
    """The share of a processor that each daemon takes over a window (s). Raises what `processor.snapshot` raises."""
    daemons = tuple(daemons)
    began, before = monotonic_ns(), processor.snapshot(daemons)
    await asyncio.sleep(window)
    return _shares(daemons, before, began)


def _shares(
    daemons: Iterable[MeasuredDaemon], before: Mapping[DaemonRole, processor.Times], began: int
) -> dict[DaemonRole, float]:
    used = processor.difference(before, processor.snapshot(daemons))
    passed = monotonic_ns() - began
    return {daemon: spent.run_ns / passed for daemon, spent in used.items()}


def why_not_quiet(
    earlier: Mapping[str, int],
    later: Mapping[str, int],
    shares: Mapping[DaemonRole, float],
    busy_share: float,
) -> Sequence[str]:
    """What still moves: nodes whose flows changed, and daemons above the share, the busiest first."""
    changed = [
        f"{node} went from {earlier[node]} to {now} flows"
        for node, now in later.items()
        if earlier[node] != now
    ]
    busy = sorted((item for item in shares.items() if item[1] > busy_share), key=lambda item: -item[1])
    return [f"{role} on {node} takes {share:.0%} of a processor" for (node, role), share in busy] + changed


async def _count(node: MeasuredNode) -> int:
    argv = node.release.argv("ovs-ofctl", "dump-aggregate", f"unix:{node.bridge_management}")
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **node.release.environment()},
    )
    out, err = await process.communicate()
    found = _FLOW_COUNT.search(out.decode())
    if process.returncode or found is None:
        raise FlowsUnknown(f"{node.name}: {err.decode().strip() or out.decode().strip()}")
    return int(found.group(1))
