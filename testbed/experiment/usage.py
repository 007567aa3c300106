"""What each daemon holds over the time of a run, sampled between measured windows only."""

from __future__ import annotations

import asyncio
import contextlib

from testbed.experiment.bed import Bed
from testbed.experiment.channel import Message
from testbed.measure import resources

INTERVAL_S = 5.0


async def sample_forever(bed: Bed) -> None:
    """Sample every daemon of the bed's cluster, every ``INTERVAL_S`` seconds, until cancelled."""
    while True:
        for daemon in bed.cluster.daemons():
            async with bed.quiet:
                with contextlib.suppress(
                    ProcessLookupError
                ):  # whoever watches the daemons tells of its death
                    found = await asyncio.to_thread(resources.sample, daemon, instance=bed.instance)
                    bed.sender.send(Message(resource=found))
        await asyncio.sleep(INTERVAL_S)
