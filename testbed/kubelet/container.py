"""One container: started, probed, restarted as its pod's policy says, and what is to be reported of it.

A container whose program this host has is a process. Another is answered for, unless its pod is of those that are to
end by themselves: then it fails as it would with an image that lacks the program.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbed.kubelet import ending, environment, probing
from testbed.kubelet.guests import Guests, NotRunning, Starting
from testbed.kubelet.podspec import Container, ContainerStatus, Pod, Probe
from testbed.kubelet.status import moment
from testbed.pods import processes
from testbed.pods.output import Output, directory_of
from testbed.pods.processes import Found, Place
from testbed.pods.responder import Responder
from testbed.pods.sandbox import Identity

log = logging.getLogger(__name__)

Document = dict[str, Any]

FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S, FORGIVEN_AFTER_S = 10.0, 300.0, 600.0
"""Kubernetes' crash loop: at once, then 10 s, doubled up to five minutes; ten good minutes are a new start."""
START_FAILED = 128
LOST = 137
"""Exit status of a process that ended while nobody looked, as Kubernetes gives it (ContainerStatusUnknown)."""


@dataclass(frozen=True)
class Surroundings:
    """What a container's pod gives it."""

    pod: Pod
    identity: Identity
    network: int
    ips: str
    host_ip: str
    directory: Path
    changed: Callable[[], None]
    tell: Callable[[str, str], None]
    """Tells people, as an Event: its reason and its message."""


class Back:
    """How long to wait before the next restart."""

    def __init__(self) -> None:
        self._next = 0.0

    def after(self, lived_s: float) -> float:
        """Seconds to wait, after an attempt that lived so long."""
        if lived_s >= FORGIVEN_AFTER_S:
            self._next = 0.0
        wait = self._next
        self._next = min(max(2 * wait, FIRST_BACK_OFF_S), LONGEST_BACK_OFF_S)
        return wait


@dataclass
class Attempt:
    """A run of a container: a process, or a responder."""

    number: int
    pid: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""
    """Why it was ended by us."""


class ContainerLife:
    """A container and its attempts.

    Args:
        around: what its pod gives it.
        container: what is asked for.
        known: what an earlier kubelet reported of it.
        found: its process, where an earlier kubelet started one that still runs.
    """

    def __init__(
        self,
        around: Surroundings,
        container: Container,
        known: ContainerStatus | None,
        found: Found | None,
        *,
        policy: str,
        is_init: bool = False,
    ) -> None:
        self.container = container
        self._around = around
        self._policy = policy
        self._is_init = is_init
        self._found = found
        self._known = known
        self._restarts = found.attempt if found else (known.restart_count if known else 0)
        self._state: Document = {"waiting": {"reason": "PodInitializing"}}
        self._last: Document = {}
        self._ready = False
        self._started = False
        self._attempt: Attempt | None = None
        self._output = Output(directory_of(around.directory, container.name))
        self._variables = environment.variables(around.pod, container, around.ips, around.host_ip)
        self._argv = environment.command_line(container, self._variables)
        self._runs = processes.program(self._argv, self._variables) is not None
        self._guests = Guests(
            around.identity.uid, container.name, self._variables, were_admitted=found is not None
        )
        self.begun = asyncio.Event()
        self.exit_code: int | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it runs and its readiness probe passes."""
        return self._ready

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return self._restarts

    @property
    def pid(self) -> int | None:
        """Its process, None where it has none."""
        return self._attempt.pid if self._attempt else None

    @property
    def output(self) -> Output:
        """What it writes."""
        return self._output

    @property
    def place(self) -> Place:
        """Where a further program of it runs."""
        return Place(self._around.network, environment.hostname(self._around.pod), self.pid)

    @property
    def is_between(self) -> bool:
        """Whether it has ended and is to be started again."""
        return self._attempt is None and "waiting" in self._state

    def document(self) -> Document:
        """What is to be reported."""
        uid = self._around.identity.uid
        return {
            "name": self.container.name,
            "image": self.container.image,
            "imageID": "",
            "containerID": f"testbed://{uid}/{self.container.name}",
            "ready": self._ready or (self._is_init and self.exit_code == 0),
            "started": self._started,
            "restartCount": self._restarts,
            "state": self._state,
            "lastState": self._last,
        }

    async def run(self) -> int:
        """Run it until it is not to be run again; returns the last exit code."""
        back = Back()
        ended_unseen = (
            self._found is None and self._known is not None and self._known.state.running is not None
        )
        done = self._known.state.terminated if self._known and self._is_init else None
        if done is not None and done.exit_code == 0:
            return self._closes(0)
        if ended_unseen and self._runs:
            self._terminated(LOST, "ContainerStatusUnknown", "it ended while its kubelet was away", moment())
            if self._policy == "Never":
                return self._closes(LOST)
            self._restarts += 1
        while True:
            began = time.monotonic()
            code = await self._try()
            if self._policy == "Never" or (self._policy == "OnFailure" and code == 0):
                return self._closes(code)
            wait = back.after(time.monotonic() - began)
            if wait:
                name, pod = self.container.name, self._around.pod.path
                self._wait(
                    "CrashLoopBackOff", f"back-off {wait:.0f}s restarting failed container={name} pod={pod}"
                )
                self._around.tell("BackOff", f"Back-off restarting failed container {name} in pod {pod}")
                await asyncio.sleep(wait)
            self._restarts += 1

    async def admit(self, start: Starting) -> subprocess.Popen[bytes]:
        """Start a further program in it, a guest: it ends when the container does.

        Raises:
            NotRunning: there is nothing to start it beside.
            OSError: it cannot be started.
        """
        attempt = self._attempt
        if attempt is None:
            raise NotRunning(self._why_not())
        popen = await self._guests.admit(start, self.place, attempt.ended)
        if popen is None:
            raise NotRunning(self._why_not())
        return popen

    async def end(self, grace_s: float) -> None:
        """End what runs: asked to, and killed after the grace period."""
        attempt = self._attempt
        if attempt is not None:
            await self._stop(attempt, grace_s)
        await self._guests.end()

    def close(self) -> None:
        """Keep nothing open."""
        self._output.finish()

    def _why_not(self) -> str:
        ((state, told),) = self._state.items()
        why = told.get("reason", "")
        return f"container {self.container.name!r} does not run: {state}" + (f" ({why})" if why else "")

    def _closes(self, code: int) -> int:
        self.exit_code = code
        self.begun.set()
        self._around.changed()
        return code

    async def _try(self) -> int:
        """One attempt, from its start to its end."""
        attempt = Attempt(self._restarts)
        started = moment()
        writer = self._output.begin(attempt.number)
        try:
            if not self._runs:
                return await self._without_a_program(attempt, started)
            popen = None
            found, self._found = self._found, None
            if found is not None:
                attempt.pid = found.pid
            else:
                popen = await self._start(writer)
                attempt.pid = popen.pid
            return await self._live(attempt, popen, started)
        except OSError as error:
            message = f"{self.container.name}: {error.strerror or error}"
            self._output.note(message)
            self._around.tell("Failed", f"Error: {message}")
            self._terminated(START_FAILED, "StartError", message, started)
            self.begun.set()
            return START_FAILED
        finally:
            os.close(writer)
            self._attempt = None
            self._output.finish()

    async def _start(self, writer: int) -> subprocess.Popen[bytes]:
        marked = processes.mark(self._around.identity.uid, self.container.name, self._restarts)
        place = Place(self._around.network, environment.hostname(self._around.pod))
        return await asyncio.to_thread(
            processes.start,
            self._argv,
            self._variables | marked,
            place,
            directory=self.container.working_dir,
            stdin=subprocess.PIPE if self.container.stdin else subprocess.DEVNULL,
            stdout=writer,
            stderr=writer,
        )

    async def _without_a_program(self, attempt: Attempt, started: str) -> int:
        wanted = self._argv[0] if self._argv else ""
        if self._is_init:
            self._output.note(f"stepped over: this host has no {wanted or 'image ' + self.container.image}")
            self._terminated(0, "Completed", "stepped over: its program is not on this host", started)
            return 0
        if self._policy != "Always" and wanted:
            raise FileNotFoundError(2, f"{wanted!r}: executable file not found in $PATH")
        ports = [(entry.protocol or "TCP", entry.container_port) for entry in self.container.ports]
        named = ", ".join(f"{number}/{protocol}" for protocol, number in ports) or "no port"
        what = f"program {wanted}" if wanted else f"image {self.container.image}"
        self._output.note(f"{what} is not on this host: a responder answers on {named}")
        responder = Responder()
        await responder.open(self._around.identity, self._around.network, ports)
        try:
            return await self._live(attempt, None, started)
        finally:
            responder.close()

    async def _live(self, attempt: Attempt, popen: subprocess.Popen[bytes] | None, started: str) -> int:
        self._attempt = attempt
        self._state = {"running": {"startedAt": started}}
        self._started = self._probe("startup") is None
        self._ready = self._started and self._probe("readiness") is None
        self.begun.set()
        self._around.changed()
        probes = asyncio.create_task(self._probes(attempt))
        try:
            code = await _exit_code(attempt, popen)
        finally:
            probes.cancel()
        await self._guests.end()
        self._ready = self._started = False
        reason = "Completed" if code == 0 else "Error"
        if code == LOST and popen is None and not attempt.why:
            reason = "ContainerStatusUnknown"
        self._terminated(code, reason, attempt.why, started)
        return code

    def _terminated(self, code: int, reason: str, message: str, started: str) -> None:
        told: Document = {"exitCode": code, "reason": reason, "startedAt": started, "finishedAt": moment()}
        if message:
            told["message"] = message
        self._state = {"terminated": told}
        self._last = self._state
        self._ready = self._started = False
        self._around.changed()

    def _wait(self, reason: str, message: str) -> None:
        self._state = {"waiting": {"reason": reason, "message": message}}
        self._around.changed()

    def _probe(self, which: str) -> Probe | None:
        found: Probe | None = getattr(self.container, f"{which}_probe")
        return found if found is not None and found.is_run and not self._is_init else None

    async def _probes(self, attempt: Attempt) -> None:
        startup = self._probe("startup")
        if startup is not None:
            await self._watch(startup, None, lambda passed, wrong: self._started_up(attempt, passed, wrong))
            if not self._started:
                return
        async with asyncio.TaskGroup() as both:
            readiness, liveness = self._probe("readiness"), self._probe("liveness")
            if readiness is not None:
                both.create_task(self._watch(readiness, False, self._readiness))
            if liveness is not None:
                judge = lambda passed, wrong: self._liveness(attempt, passed, wrong)  # noqa: E731
                both.create_task(self._watch(liveness, True, judge))

    async def _watch(
        self, probe: Probe, passed: bool | None, changed: Callable[[bool, str], bool | None]
    ) -> None:
        around = self._around
        target = probing.Target(around.ips.partition(",")[0], around.network, self._execute)
        await probing.watch(probe, probing.check_of(probe, self.container, target), passed, changed)

    def _started_up(self, attempt: Attempt, passed: bool, wrong: str) -> bool:
        if passed:
            self._started = True
            self._ready = self._probe("readiness") is None
            self._around.changed()
        else:
            self._unhealthy(attempt, "Startup", wrong)
        return True

    def _readiness(self, passed: bool, wrong: str) -> None:
        self._ready = passed
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
            "Killing", f"Container {self.container.name} failed {which.lower()} probe, will be restarted"
        )
        attempt.why = f"{which.lower()} probe failed: {wrong}"
        grace_s = self._around.pod.spec.termination_grace_period_seconds
        self._stopping = asyncio.create_task(self._stop(attempt, grace_s))

    async def _stop(self, attempt: Attempt, grace_s: float) -> None:
        if attempt.pid is None:
            attempt.ended.set()
            return
        if attempt.ended.is_set():
            return  # its number may be another process's by now
        ending.send(attempt.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(grace_s):
                await attempt.ended.wait()
        except TimeoutError:
            ending.send(attempt.pid, signal.SIGKILL)
            await attempt.ended.wait()

    async def _execute(self, command: Sequence[str], timeout_s: float) -> str:
        """Run a program in the container to its end; says what is wrong, or nothing."""
        popen = await asyncio.to_thread(processes.start, command, self._variables, self.place)
        try:
            await ending.gone(popen.pid)
            code = ending.status(popen)
        finally:
            if popen.returncode is None:
                ending.send(popen.pid, signal.SIGKILL)
                popen.wait()
        return "" if code == 0 else f"command ended with status {code}"


async def _exit_code(attempt: Attempt, popen: subprocess.Popen[bytes] | None) -> int:
    """Wait for the end of an attempt; nobody knows the exit status of what another kubelet started."""
    if attempt.pid is None:
        await attempt.ended.wait()
        return LOST
    await ending.gone(attempt.pid)
    attempt.ended.set()
    return LOST if popen is None else ending.status(popen)
