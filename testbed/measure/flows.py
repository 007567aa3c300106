"""How many OpenFlow flows a node has, and whether the cluster has come to rest.

`Port_Binding.up` says that a port's own chassis is done. Other nodes may have hundreds of thousands of flows to go
then, and a first sample taken at that moment measures their backlog. So the count of flows must stand still, and the
daemons must have nothing to do.
"""

import asyncio
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from testbed.measure import processor
from testbed.measure.clock import monotonic_ns
from testbed.measure.processor import DaemonRole
from testbed.measure.subjects import MeasuredDaemon, MeasuredNode

BUSY_SHARE = 0.10
"""Of one processor, over a window: above it a daemon is at work. Idle, ovs-vswitchd takes a few percent
when it has thousands of ports (it looks at their statistics), a daemon with a backlog takes all that it can get."""

STARVED_SHARE = 0.50
"""Of a window, run and waited to run together: a daemon with a backlog is always one or the other, and where twenty of
them share two processors each runs less than `BUSY_SHARE`. One that is idle waits for as little as it runs."""

WINDOW_S = 1.0
"""Long against one loop of a daemon, and long enough that a pause between two steps of a backlog does not fool it."""


class Share(NamedTuple):
    """Of a window, how much of it a daemon ran, and how much its threads were ready to run and had to wait."""

    run: float
    wait: float

    @property
    def wanted(self) -> float:
        """What it would have run had a processor been free."""
        return self.run + self.wait


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
    background: Mapping[DaemonRole, Share] | None = None,
) -> dict[str, int]:
    """Wait until no daemon took more than a share of a processor over a window (s) in which no count of flows changed.

    Where traffic goes on, `background` is what it costs each daemon (`load_shares`): that much is no unrest.
    Gives the flows by node. Raises NotQuiet after `timeout` s, and what `count` and `processor.snapshot` raise.
    """
    nodes, daemons = tuple(nodes), tuple(daemons)
    deadline = monotonic_ns() + timeout * 1e9
    flows = await count(nodes)
    while True:
        shares = await load_shares(daemons, window=window)
        earlier, flows = flows, await count(nodes)
        unrest = why_not_quiet(earlier, flows, _beyond(background or {}, shares), busy_share)
        if not unrest:
            return flows
        if monotonic_ns() > deadline:
            raise NotQuiet(f"not quiet within {timeout:g} s: {'; '.join(unrest)}")


async def load_shares(daemons: Iterable[MeasuredDaemon], *, window: float) -> dict[DaemonRole, Share]:
    """What each daemon takes of a processor over a window (s). Raises what `processor.snapshot` raises."""
    daemons = tuple(daemons)
    began, before = monotonic_ns(), processor.snapshot(daemons)
    await asyncio.sleep(window)
    used = processor.difference(before, processor.snapshot(daemons))
    passed = monotonic_ns() - began
    return {daemon: Share(spent.run_ns / passed, spent.wait_ns / passed) for daemon, spent in used.items()}


def why_not_quiet(
    earlier: Mapping[str, int],
    later: Mapping[str, int],
    shares: Mapping[DaemonRole, Share],
    busy_share: float,
) -> Sequence[str]:
    """What still moves: nodes whose flows changed, and daemons that run, or wait to, above their share."""
    changed = [
        f"{node} went from {earlier[node]} to {now} flows"
        for node, now in later.items()
        if earlier[node] != now
    ]
    at_work = [
        (daemon, share)
        for daemon, share in shares.items()
        if share.run > busy_share or share.wanted > STARVED_SHARE
    ]
    at_work.sort(key=lambda item: -item[1].wanted)
    busy = [
        f"{role} on {node} takes {share.run:.0%} of a processor and waits {share.wait:.0%} for one"
        for (node, role), share in at_work
    ]
    return busy + changed


def _beyond(
    background: Mapping[DaemonRole, Share], shares: Mapping[DaemonRole, Share]
) -> dict[DaemonRole, Share]:
    none = Share(0.0, 0.0)
    usual = {daemon: background.get(daemon, none) for daemon in shares}
    return {
        daemon: Share(share.run - usual[daemon].run, share.wait - usual[daemon].wait)
        for daemon, share in shares.items()
    }


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
