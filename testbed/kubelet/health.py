"""Whether a container has started and is ready, as its probes say; one that fails the wrong probe is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from testbed.kubelet import probing
from testbed.kubelet.attempt import Attempt
from testbed.kubelet.podspec import Container, Probe
from testbed.kubelet.surroundings import Surroundings


class Health:
    """What is known of it.

    Args:
        around: what its pod gives it.
        container: which.
        probes: those that are run, by name: startup, readiness, liveness.
        execute: runs a program in it.
    """

    def __init__(
        self, around: Surroundings, container: Container, probes: Mapping[str, Probe], execute: probing.Exec
    ) -> None:
        self._around = around
        self._container = container
        self._probes = probes
        self._execute = execute
        self.has_started = False
        self.is_ready = False

    def begin(self) -> None:
        """It runs: started and ready where no probe is to say so."""
        self.has_started = "startup" not in self._probes
        self.is_ready = self.has_started and "readiness" not in self._probes

    def end(self) -> None:
        """It runs no more."""
        self.has_started = self.is_ready = False

    async def watch(self, attempt: Attempt) -> None:
        """Ask on schedule; an attempt that does not start, or lives no more, is ended."""
        startup = self._probes.get("startup")
        if startup is not None:
            await self._ask(startup, None, partial(self._startup, attempt))
            if not self.has_started:
                return
        async with asyncio.TaskGroup() as both:
            readiness, liveness = self._probes.get("readiness"), self._probes.get("liveness")
            if readiness is not None:
                both.create_task(self._ask(readiness, False, self._readiness))
            if liveness is not None:
                both.create_task(self._ask(liveness, True, partial(self._liveness, attempt)))

    async def _ask(
        self, probe: Probe, passed: bool | None, changed: Callable[[bool, str], bool | None]
    ) -> None:
        around = self._around
        target = probing.Target(around.ips.partition(",")[0], around.network, self._execute)
        await probing.watch(probe, probing.check_of(probe, self._container, target), passed, changed)

    def _startup(self, attempt: Attempt, passed: bool, wrong: str) -> bool:
        if passed:
            self.has_started = True
            self.is_ready = "readiness" not in self._probes
            self._around.changed()
        else:
            self._unhealthy(attempt, "Startup", wrong)
        return True

    def _readiness(self, passed: bool, wrong: str) -> None:
        self.is_ready = passed
        if not passed:
            self._around.tell("Unhealthy", f"Readiness probe failed: {wrong}")
        self._around.changed()

    def _liveness(self, attempt: Attempt, passed: bool, wrong: str) -> bool:
        if not passed:
            self._unhealthy(attempt, "Liveness", wrong)
        return not passed

    def _unhealthy(self, attempt: Attempt, which: str, wrong: str) -> None:
        self._around.tell("Unhealthy", f"{which} probe failed: {wrong}")
        self._around.tell(
            "Killing", f"Container {self._container.name} failed {which.lower()} probe, will be restarted"
        )
        attempt.why = f"{which.lower()} probe failed: {wrong}"
        grace_s = self._around.pod.spec.termination_grace_period_seconds
        self._stopping = asyncio.create_task(attempt.stop(grace_s))
