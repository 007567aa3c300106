"""All containers of a live pod: the init containers one after the other, then the others together, and its phase."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from testbed.kubelet import status
from testbed.kubelet.container import ContainerLife
from testbed.kubelet.podspec import Container, ContainerStatus, Pod
from testbed.kubelet.surroundings import Surroundings
from testbed.pods.processes import Found

Document = dict[str, Any]


class Workload:
    """What runs in a pod, until it is stopped or has ended by itself.

    Args:
        pod: whose containers.
        make_surroundings: what the pod gives its containers, given what they call when something changes.
        found: processes that an earlier kubelet started, by container.
        started: when the pod was first taken up.
        report: brings a status to the API.
    """

    def __init__(
        self,
        pod: Pod,
        make_surroundings: Callable[[Callable[[], None]], Surroundings],
        found: Sequence[Found],
        started: str,
        report: Callable[[Document], Awaitable[None]],
    ) -> None:
        self._pod = pod
        self._news = asyncio.Event()
        self._around = make_surroundings(self._news.set)
        self._started = started
        self._report = report
        self._is_first = True
        self._initialized: str | None = None
        self._ready_since: str | None = None
        running = {entry.container: entry for entry in found}
        policy = pod.spec.restart_policy
        once = "Never" if policy == "Never" else "OnFailure"
        inits = {entry.name: entry for entry in pod.status.init_container_statuses}
        mains = {entry.name: entry for entry in pod.status.container_statuses}

        def lives(
            containers: Sequence[Container], known: dict[str, ContainerStatus], rule: str, is_init: bool
        ) -> list[ContainerLife]:
            return [
                ContainerLife(
                    self._around,
                    container,
                    known.get(container.name),
                    running.get(container.name),
                    policy=rule,
                    is_init=is_init,
                )
                for container in containers
            ]

        self._inits = lives(pod.spec.init_containers, inits, once, is_init=True)
        self._mains = lives(pod.spec.containers, mains, policy, is_init=False)
        self._task: asyncio.Task[None] | None = None
        self.has_begun = asyncio.Event()
        """Set once the API knows that it runs."""

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin, as one of `tasks`; when these are cancelled, processes go on."""
        self._task = tasks.create_task(self._run())

    def container(self, name: str) -> ContainerLife | None:
        """The container of that name."""
        return next((life for life in (*self._inits, *self._mains) if life.container.name == name), None)

    async def stop(self, grace_s: float) -> None:
        """End all containers, each asked first and given `grace_s` seconds."""
        if self._task is not None:
            ending = asyncio.gather(*(life.end(grace_s) for life in (*self._inits, *self._mains)))
            await ending
            self._task.cancel()
            await asyncio.wait([self._task])
        for life in (*self._inits, *self._mains):
            life.close()

    async def _run(self) -> None:
        """Run to the end; reports on the way."""
        reporting = asyncio.create_task(self._keep_reported())
        try:
            phase = await self._run_containers()
            reporting.cancel()
            await asyncio.wait([reporting])
            await self._report(self._document(phase))
            self.has_begun.set()
        finally:
            reporting.cancel()

    async def _run_containers(self) -> str:
        for life in self._inits:
            if await life.run() != 0:
                return "Failed"
        self._initialized = status.moment()
        async with asyncio.TaskGroup() as together:
            running = [together.create_task(life.run()) for life in self._mains]
            if not running:
                self._news.set()
                await asyncio.get_running_loop().create_future()
        return "Succeeded" if all(task.result() == 0 for task in running) else "Failed"

    async def _keep_reported(self) -> None:
        if not self._inits:  # the first report waits for all, so that most pods are reported once
            await asyncio.gather(*(life.begun.wait() for life in self._mains))
        while True:
            await self._news.wait()
            self._news.clear()
            begun = self._initialized is not None
            if not (begun and self._is_first and self._is_known()):
                await self._report(self._document("Running" if begun else "Pending"))
            self._is_first = False
            if begun:
                self.has_begun.set()

    def _is_known(self) -> bool:
        """Whether an earlier kubelet reported the same: a pod that runs and is ready, restarted as often."""
        known = {entry.name: entry.restart_count for entry in self._pod.status.container_statuses}
        return self._pod.is_ready and all(
            life.is_ready and known.get(life.container.name) == life.restarts for life in self._mains
        )

    def _document(self, phase: str) -> Document:
        ready = phase == "Running" and all(life.is_ready for life in self._mains)
        if not ready:
            self._ready_since = None
        elif self._ready_since is None:
            self._ready_since = status.moment()
        return status.observed(
            self._pod,
            self._around.host_ip,
            self._around.ips,
            status.Moments(self._started, self._initialized, self._ready_since, status.moment()),
            phase,
            [life.document() for life in self._mains],
            [life.document() for life in self._inits],
        )
