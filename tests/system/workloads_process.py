"""A real workloads process for tests, and what kubelets would report where there are none."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.api.core import Pod
from controller.api.kinds import PODS
from controller.kubernetes import Access, ApiError, Client
from testbed.workloads import moments
from tests.system.apiserver_process import write_kubeconfig


class WorkloadsProcess:
    """``python -m testbed.workloads`` beside an API server of the same directory; may be killed and started again."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.arguments = arguments
        self.kubeconfig = write_kubeconfig(directory)
        self.log = directory / "workloads.log"

    def start(self) -> None:
        """Returns when it is ready."""
        command = [sys.executable, "-m", "testbed.workloads", "--kubeconfig", str(self.kubeconfig)]
        command += self.arguments
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b'{"ready": true}\n', self.log.read_text()

    def kill(self) -> None:
        """Ends it without a word."""
        self.process.send_signal(signal.SIGKILL)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait()


IsUp = Callable[[Pod], bool]


def is_bound(pod: Pod) -> bool:
    """Whether a pod has a node."""
    return bool(pod.spec.node_name)


async def report_ready(api: Client, is_up: IsUp = is_bound) -> None:
    """What kubelets do: every pod that `is_up` becomes ready, or has succeeded where it is not started anew.

    Every one that is asked to end is gone.
    """
    async for change in api.follow(PODS):
        pod = change.object
        if change.type not in ("ADDED", "MODIFIED") or not pod.spec.node_name:
            continue
        try:
            if pod.is_being_deleted:
                await api.delete(PODS, pod.name, namespace=pod.namespace, grace_seconds=0)
            elif is_up(pod) and not pod.is_ready and not pod.is_finished:
                phase = "Running" if pod.spec.restart_policy == "Always" else "Succeeded"
                ready = {"type": "Ready", "status": "True" if phase == "Running" else "False"}
                ready["lastTransitionTime"] = moments.written(time.time())
                report = {"status": {"phase": phase, "conditions": [ready]}}
                await api.patch(PODS, pod.name, report, namespace=pod.namespace, subresource="status")
        except ApiError as error:
            if not error.is_not_found:
                raise


async def pods_until(api: Client, condition: Callable[[list[Pod]], bool]) -> list[Pod]:
    """The pods, once they are as they should be."""
    known: dict[str, Pod] = {}
    async with asyncio.timeout(60):
        async for change in api.follow(PODS):
            if change.type == "DELETED":
                known.pop(change.object.metadata.uid, None)
            elif change.type != "SYNCED":
                known[change.object.metadata.uid] = change.object
            found = list(known.values())
            if condition(found):
                return found
    raise AssertionError("a watch never ends")


@contextmanager
def playing_kubelets(kubeconfig: Path, is_up: IsUp = is_bound) -> Iterator[None]:
    """Kubelets of all nodes while the block runs, in a thread of their own."""
    loop = asyncio.new_event_loop()

    async def play() -> None:
        async with Client(Access.load(kubeconfig)) as client:
            await report_ready(client, is_up)

    task = loop.create_task(play())

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            return

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        assert not task.done(), task.exception()
        loop.call_soon_threadsafe(task.cancel)
        thread.join(60)
        loop.close()
