"""The changes themselves: pods that come, and pods that go in each way that pods do, sent by the clock and measured."""

from __future__ import annotations

import itertools
import time
from asyncio import TaskGroup
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from controller.api.core import Pod
from controller.api.kinds import IPS, PODS
from controller.api.kubeovn import IP
from controller.kubernetes import ApiError, Unreachable
from scenarios._churn_rollouts import Rollouts
from scenarios._churn_rule import Kind, Span, Step
from testbed.experiment.bed import Bed
from testbed.experiment.change import port_of
from testbed.experiment.objectwatch import ObjectWatch
from testbed.experiment.openloop import offer
from testbed.experiment.provision import Tenant, create_pods, pod
from testbed.measure import EndNotSeen, UnfitExpectation

PREFIX = "churn-"
CHANGE_TIMEOUT_S = 60.0
"""A change that is not done by then has failed."""
TIDY_IN_FLIGHT = 32
GONE_TIMEOUT_S = 180.0

HEADLINE: Mapping[Kind, str] = {"created": "ready_ms", "restarted": "rollout_ms"}
"""What tells how long a change took, of those that take no pod away."""
RELEASED = "released_ms"

_FINISHED: Mapping[Kind, tuple[str, str]] = {
    "evicted": ("Failed", "Evicted"),
    "completed": ("Succeeded", "Completed"),
}
"""Phase and reason that a kubelet reports of pods that have ended and stay as objects."""


class NoneReady(Exception):
    """Every pod is on its way: there is none that could be taken away."""


FAULTS = (ApiError, Unreachable, TimeoutError, EndNotSeen, UnfitExpectation, NoneReady)


@dataclass
class _Attempt:
    """One change on its way; moments are CLOCK_MONOTONIC ns."""

    kind: Kind
    due_ns: int
    number: int
    sent_ns: int = 0

    def send(self) -> None:
        """It is sent now."""
        self.sent_ns = time.monotonic_ns()

    def ms(self, moment: int) -> float:
        """From when it was due until then."""
        return (moment - self.due_ns) / 1e6


@dataclass(frozen=True)
class _Round:
    """A step on its way: what its samples have in common, and what is known of its changes."""

    mode: str
    rate: float
    begin_ns: int
    spans: list[Span]

    def ended(self, attempt: _Attempt, done_ns: int | None) -> None:
        """A change is done, or has failed."""
        done = None if done_ns is None else (done_ns - self.begin_ns) / 1e9
        self.spans.append(Span((attempt.due_ns - self.begin_ns) / 1e9, done))


class Load:
    """The pods that come and go; the first are made by ``fill``, the last taken away by ``clear``."""

    def __init__(self, bed: Bed, towns: Sequence[Tenant], nodes: Sequence[str], rollouts: Rollouts) -> None:
        self._bed = bed
        self._towns = towns
        self._nodes = nodes
        self._rollouts = rollouts
        self._pods = itertools.count(1)
        self._attempts = itertools.count(1)
        self._ready: list[Pod] = []
        self.records: ObjectWatch[IP] = ObjectWatch(bed.api, IPS)
        """Which addresses are taken; to be run beside."""

    async def fill(self, pods: int) -> None:
        """Make the pods that are there to be taken away."""
        made = [self._another() for _ in range(pods)]
        await create_pods(self._bed, made)
        self._ready += made

    async def step(self, mode: str, rate: float, seconds: float, due: Iterable[tuple[float, Kind]]) -> Step:
        """Send what is due (s from now) at a rate; returns once each change is done or has failed."""
        this = _Round(mode, rate, time.monotonic_ns(), [])
        self._bed.record("step_s", seconds, mode=mode, labels={"rate": rate}, start_ns=this.begin_ns)
        moments = ((this.begin_ns + round(after * 1e9), kind) for after, kind in due)
        await offer(moments, lambda kind, due_ns: self._change(this, kind, due_ns))
        return Step(seconds, tuple(this.spans))

    async def clear(self) -> None:
        """Take away whatever is left of these pods, finished ones too; raises ``TimeoutError``."""
        self._ready.clear()
        left = iter([one for one in (await self._bed.api.list(PODS)).items if one.name.startswith(PREFIX)])

        async def remove() -> None:
            for one in left:
                await self._remove(one)

        async with TaskGroup() as group:
            for _ in range(TIDY_IN_FLIGHT):
                group.create_task(remove())

    async def _change(self, this: _Round, kind: Kind, due_ns: int) -> None:
        """Make one change; whatever becomes of it is recorded."""
        attempt = _Attempt(kind, due_ns, next(self._attempts))
        reason = ""
        done: Mapping[str, int] = {}
        try:
            done = await self._carry_out(attempt)
        except FAULTS as error:
            reason = str(error)
        headline = HEADLINE.get(kind, RELEASED)
        values = {name: attempt.ms(moment) for name, moment in done.items()}
        self._record(this, attempt, headline, values.pop(headline, None), reason)
        for name, value in values.items():
            self._record(this, attempt, name, value)
        if attempt.sent_ns:
            self._record(this, attempt, "late_ms", attempt.ms(attempt.sent_ns))
        if kind != "restarted":
            this.ended(attempt, done.get(headline))

    async def _carry_out(self, attempt: _Attempt) -> Mapping[str, int]:
        """Make the change and wait for its end: moments (ns) by the metrics that they give."""
        match attempt.kind:
            case "created":
                return await self._create(attempt)
            case "restarted":
                attempt.send()
                return {HEADLINE["restarted"]: await self._rollouts.restart()}
        if not self._ready:
            raise NoneReady("no pod was Ready that could be taken away")
        place = self._bed.rng.randrange(len(self._ready))
        self._ready[place], self._ready[-1] = self._ready[-1], self._ready[place]
        return await self._take_away(attempt, self._ready.pop())

    async def _create(self, attempt: _Attempt) -> Mapping[str, int]:
        one = self._another()
        attempt.send()
        await self._bed.api.create(PODS, one)
        ready_ns = await self._bed.pods.until_ready(one.path, CHANGE_TIMEOUT_S)
        self._ready.append(one)
        return {HEADLINE["created"]: ready_ns}

    async def _take_away(self, attempt: _Attempt, one: Pod) -> Mapping[str, int]:
        """A pod is deleted or has ended: until nobody holds its address any more and SB knows nothing of it."""
        port, meter = port_of(one), self._bed.meter
        await meter.expect(port, "deleted", nodes=())
        self._bed.attempts += 1
        try:
            attempt.send()
            await self._end(attempt.kind, one)
            free_ns = await self.records.until_gone(port, CHANGE_TIMEOUT_S)
            gone_ns = await meter.until(port, "sb", CHANGE_TIMEOUT_S)
        finally:
            ends = await meter.ends(port)
        if ends.lost:
            self._bed.lost += 1
        if attempt.kind in _FINISHED:
            await self._remove(one)
        return {"address_free_ms": free_ns, "sb_row_gone_ms": gone_ns, RELEASED: max(free_ns, gone_ns)}

    async def _end(self, kind: Kind, one: Pod) -> None:
        if kind not in _FINISHED:
            await self._bed.api.delete(PODS, one.name, namespace=one.namespace)
            return
        phase, reason = _FINISHED[kind]
        patch = {"status": {"phase": phase, "reason": reason}}
        await self._bed.api.patch(PODS, one.name, patch, namespace=one.namespace, subresource="status")

    async def _remove(self, one: Pod) -> None:
        """Delete a pod, whatever became of it, and wait until it is gone."""
        try:
            await self._bed.api.delete(PODS, one.name, namespace=one.namespace)
        except ApiError as error:
            if not error.is_not_found:
                raise
        await self._bed.pods.until_gone(one.path, GONE_TIMEOUT_S)

    def _another(self) -> Pod:
        """A pod of a name that was never used, somewhere."""
        rng = self._bed.rng
        return pod(f"{PREFIX}{next(self._pods)}", rng.choice(self._towns).name, rng.choice(self._nodes))

    def _record(
        self, this: _Round, attempt: _Attempt, metric: str, value: float | None, reason: str = ""
    ) -> None:
        self._bed.record(
            metric,
            value,
            mode=this.mode,
            trial=attempt.number,
            labels={"change": attempt.kind, "rate": this.rate},
            start_ns=attempt.due_ns,
            outcome="failed" if value is None else "ok",
            reason=reason,
        )
