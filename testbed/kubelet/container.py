"""One container: started, probed, restarted as its pod's policy says, and what is to be reported of it.

A container whose program this host has is a process. Another is answered for, unless its pod is of those that are to
end by themselves: then it fails as it would with an image that lacks the program.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Sequence

from testbed.kubelet import ending, environment
from testbed.kubelet.attempt import LOST, Attempt
from testbed.kubelet.guests import Guests, NotRunning, Starting
from testbed.kubelet.health import Health
from testbed.kubelet.podspec import Container, ContainerStatus
from testbed.kubelet.restarting import CrashLoop
from testbed.kubelet.states import States
from testbed.kubelet.status import Document, moment
from testbed.kubelet.surroundings import Surroundings
from testbed.pods import processes
from testbed.pods.output import Output, directory_of
from testbed.pods.processes import Found, Place
from testbed.pods.responder import Responder

START_FAILED = 128
"""Exit status of a container that could not be started."""


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
        self._states = States()
        self._health = Health(around, container, {} if is_init else container.probes, self._execute)
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
        return self._health.is_ready

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
        return self._attempt is None and self._states.is_waiting

    def document(self) -> Document:
        """What is to be reported."""
        uid = self._around.identity.uid
        return {
            "name": self.container.name,
            "image": self.container.image,
            "imageID": "",
            "containerID": f"testbed://{uid}/{self.container.name}",
            "ready": self.is_ready or (self._is_init and self.exit_code == 0),
            "started": self._health.has_started,
            "restartCount": self._restarts,
            "state": self._states.current,
            "lastState": self._states.last,
        }

    async def run(self) -> int:
        """Run it until it is not to be run again; returns the last exit code."""
        loop = CrashLoop()
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
            wait = loop.after(time.monotonic() - began)
            if wait:
                await self._back_off(wait)
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
            await attempt.stop(grace_s)
        await self._guests.end()

    def close(self) -> None:
        """Keep nothing open."""
        self._output.finish()

    def _why_not(self) -> str:
        return f"container {self.container.name!r} does not run: {self._states}"

    def _closes(self, code: int) -> int:
        self.exit_code = code
        self.begun.set()
        self._around.changed()
        return code

    async def _back_off(self, wait_s: float) -> None:
        name, pod = self.container.name, self._around.pod.path
        self._states.wait(
            "CrashLoopBackOff", f"back-off {wait_s:.0f}s restarting failed container={name} pod={pod}"
        )
        self._around.changed()
        self._around.tell("BackOff", f"Back-off restarting failed container {name} in pod {pod}")
        await asyncio.sleep(wait_s)

    async def _try(self) -> int:
        """One attempt, from its start to its end."""
        attempt = Attempt(self._restarts, moment())
        writer = self._output.begin(attempt.number)
        try:
            if not self._runs:
                return await self._without_a_program(attempt)
            found, self._found = self._found, None
            if found is not None:
                attempt.pid = found.pid
            else:
                attempt.popen = await self._start(writer)
                attempt.pid = attempt.popen.pid
            return await self._live(attempt)
        except OSError as error:
            message = f"{self.container.name}: {error.strerror or error}"
            self._output.note(message)
            self._around.tell("Failed", f"Error: {message}")
            self._terminated(START_FAILED, "StartError", message, attempt.started)
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

    async def _without_a_program(self, attempt: Attempt) -> int:
        wanted = self._argv[0] if self._argv else ""
        if self._is_init:
            self._output.note(f"stepped over: this host has no {wanted or 'image ' + self.container.image}")
            message = "stepped over: its program is not on this host"
            self._terminated(0, "Completed", message, attempt.started)
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
            return await self._live(attempt)
        finally:
            responder.close()

    async def _live(self, attempt: Attempt) -> int:
        self._attempt = attempt
        self._states.run(attempt.started)
        self._health.begin()
        self.begun.set()
        self._around.changed()
        watching = asyncio.create_task(self._health.watch(attempt))
        try:
            code = await attempt.exit_code()
        finally:
            watching.cancel()
        await self._guests.end()
        self._terminated(code, attempt.reason(code), attempt.why, attempt.started)
        return code

    def _terminated(self, code: int, reason: str, message: str, started: str) -> None:
        self._states.end(code, reason, message, started)
        self._health.end()
        self._around.changed()

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
