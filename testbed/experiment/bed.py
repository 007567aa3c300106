"""What a scenario is given: a running cluster, ways to change it through the API and to see changes arrive.

Everything a scenario does to the world goes through its bed, so that a scenario reads like the experiment it is.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from controller.kubernetes import Client
from testbed.cluster import Cluster
from testbed.experiment.admin import ControllerAdmin
from testbed.experiment.channel import Message, Progress, Sender
from testbed.experiment.podwatch import PodWatch
from testbed.measure import Meter, raw
from testbed.results import Event, Sample, text_of_labels

Label = str | int | float | bool


@dataclass
class Bed:
    """One instance's cluster and everything to drive and measure it with."""

    instance: int
    cluster: Cluster
    api: Client
    pods: PodWatch
    controller: ControllerAdmin
    meter: Meter
    rng: random.Random
    sender: Sender
    logs: Path
    """Where this instance's logs are kept in the run."""
    quiet: asyncio.Lock = field(default_factory=asyncio.Lock)
    attempts: int = 0
    lost: int = 0
    """Measured changes, and those of them of which the meter lost events."""

    def record(
        self,
        metric: str,
        value: float | None,
        *,
        mode: str = "",
        block: int = 0,
        trial: int = 0,
        labels: Mapping[str, Label] | None = None,
        start_ns: int = 0,
        outcome: str = "ok",
        reason: str = "",
    ) -> None:
        """Keep one sample, of a failed attempt too.

        Args:
            metric: its name, which ends in its unit (``_ms``, ``_s``, ``_mib`` ...); counts and ratios have none.
            value: in that unit; None for an attempt that failed.
            mode: which of the ways that the scenario compares, such as "incremental" and "full".
            block: in which block of shuffled attempts, counted from 0.
            trial: which attempt; what is known of one attempt is joined by it.
            labels: what else tells it from others of that name.
            start_ns: when the attempt began, CLOCK_MONOTONIC.
            outcome: "ok" or "failed".
            reason: why it failed.
        """
        sample = Sample(
            instance=self.instance,
            metric=metric,
            value=value,
            mode=mode,
            block=block,
            trial=trial,
            labels=text_of_labels(dict(labels or {})),
            start_ns=start_ns,
            outcome=outcome,
            reason=reason,
        )
        self.sender.send(Message(sample=sample))

    def event(self, kind: str, subject: str, node: str = "", detail: str = "") -> None:
        """Note that something happened now, for the run's events: what sort of thing, to what, on which node."""
        happened = Event(
            instance=self.instance,
            kind=kind,
            object=subject,
            node=node,
            monotonic_ns=time.monotonic_ns(),
            wall_ns=time.time_ns(),
            detail=detail,
        )
        self.sender.send(Message(event=happened))

    def progress(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Tell people who wait how far this is."""
        self.sender.send(Message(progress=Progress(text=text, done=done, total=total)))

    @asynccontextmanager
    async def window(self) -> AsyncIterator[None]:
        """A measured window: while it is open, nothing of the driver's own looks at the daemons' memory or flows."""
        async with self.quiet:
            yield

    async def keep_words(self, name: str) -> None:
        """Keep what the daemons tell of themselves now (engines, stopwatches, memory, coverage) beside the logs."""
        words = await raw.capture(self.cluster.daemons())
        await asyncio.to_thread(raw.write, words, self.logs / f"daemons-{name}.txt")
