"""The life of a pod, with stand-ins for the API and the daemon that note what is asked of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from controller.api.kinds import Kind
from controller.api.meta import Condition, ObjectMeta
from controller.kubernetes import Change
from testbed.kubelet.config import NodeConfig
from testbed.kubelet.lifecycle import NodePods
from testbed.kubelet.plugging import NotPlugged, Plugged
from testbed.kubelet.podspec import PODS, Pod, PodSpec, PodStatus
from testbed.pods.sandbox import Identity, Sandbox

NOBODY = 2**22 + 1
"""No process: beyond the largest number that the kernel gives (pid_max), so that nothing real can be touched."""
NODE = NodeConfig("node1", "192.168.0.1", NOBODY)
SYNCED = ("SYNCED", Pod())


class World:
    """API, daemon and kind of pod in one: `done` is what was asked of them, in order."""

    name = "live"

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.changes: asyncio.Queue[tuple[str, Pod]] = asyncio.Queue()
        self.plugging = asyncio.Event()
        self.may_plug = asyncio.Event()
        self.may_plug.set()
        self.refusals: list[str] = []
        self.sandboxes: dict[str, Sandbox] = {}

    def tell(self, change: str, pod: Pod) -> None:
        self.changes.put_nowait((change, pod))

    async def until(self, *done: tuple[str, str]) -> None:
        async with asyncio.timeout(30):
            while len(self.done) < len(done):  # noqa: ASYNC110 - notes are taken by plain appends
                await asyncio.sleep(0.001)
        await asyncio.sleep(0)
        assert self.done == list(done)

    async def follow(self, kind: Kind[Pod], *, field_selector: str) -> AsyncIterator[Change[Pod]]:
        assert (kind, field_selector) == (PODS, "spec.nodeName=node1")
        while True:
            change, pod = await self.changes.get()
            yield Change(change, pod, None, 1)  # type: ignore[arg-type]

    async def patch(self, _kind: object, name: str, patch: dict[str, Any], **_: Any) -> None:
        self.done.append(("report", f"{name} {patch['status']['phase']} {patch['status']['podIP']}"))

    async def create(self, _kind: object, event: dict[str, Any], **_: Any) -> None:
        self.done.append(("event", event["message"]))

    async def delete(self, _kind: object, name: str, *, uid: str, grace_seconds: int, **_: Any) -> None:
        self.done.append(("delete", f"{name} {uid} {grace_seconds}"))

    async def add(self, sandbox: Sandbox, kind: str) -> Plugged:
        self.plugging.set()
        await self.may_plug.wait()
        if self.refusals:
            raise NotPlugged(self.refusals.pop(0))
        self.done.append(("plug", f"{sandbox.identity.name} {kind}"))
        return Plugged("10.16.0.5", "0a:00:00:00:00:05")

    async def remove(self, gone: Identity | Sandbox) -> None:
        if isinstance(gone, Identity):
            self.done.append(("unplug", gone.name))
        else:
            self.done.append(("remove", gone.identity.name))

    async def make(self, identity: Identity, node_pid: int) -> Sandbox:
        assert node_pid == NODE.pid
        self.done.append(("make", identity.name))
        return Sandbox(identity, "p1", NOBODY)

    def find(self, nodes: Collection[str]) -> dict[str, Sandbox]:
        assert nodes == ("node1",)
        return self.sandboxes


@asynccontextmanager
async def kubelet(world: World) -> AsyncIterator[World]:
    stand_in: Any = world
    pods = NodePods(NODE, stand_in, stand_in, {"live": stand_in}, asyncio.Semaphore(10), Path("/nonexistent"))
    running = asyncio.create_task(pods.run())
    try:
        yield world
    finally:
        running.cancel()
        await asyncio.wait([running])


def pod(name: str = "a", *, phase: str = "", ready: bool = False, **metadata: Any) -> Pod:
    conditions = (Condition(type="Ready", status="True"),) if ready else ()
    return Pod(
        metadata=ObjectMeta(name=name, namespace="default", uid=f"uid-{name}", **metadata),
        spec=PodSpec(node_name="node1"),
        status=PodStatus(phase=phase, conditions=conditions),
    )


UP = [("make", "a"), ("plug", "a live"), ("report", "a Running 10.16.0.5")]


async def test_a_pod_is_made_plugged_and_reported_once() -> None:
    async with kubelet(World()) as world:
        world.tell(*SYNCED)
        world.tell("ADDED", pod())
        world.tell("MODIFIED", pod())
        await world.until(*UP)
        world.tell("MODIFIED", pod(phase="Running", ready=True))
        world.tell("ADDED", pod("b"))
        await world.until(*UP, ("make", "b"), ("plug", "b live"), ("report", "b Running 10.16.0.5"))


async def test_a_pod_being_deleted_is_undone_in_turn_and_deleted_for_good() -> None:
    async with kubelet(World()) as world:
        world.tell("ADDED", pod())
        await world.until(*UP)
        world.tell("MODIFIED", pod(deletion_timestamp="2026-01-01T00:00:00Z"))
        undone = [("unplug", "a"), ("remove", "a"), ("delete", "a uid-a 0")]
        await world.until(*UP, *undone)
        world.tell("DELETED", pod())
        world.tell("ADDED", pod("b"))
        await world.until(*UP, *undone, ("make", "b"), ("plug", "b live"), ("report", "b Running 10.16.0.5"))


async def test_a_pod_deleted_while_it_is_plugged_is_never_reported() -> None:
    async with kubelet(World()) as world:
        world.may_plug.clear()
        world.tell("ADDED", pod())
        await world.plugging.wait()
        world.tell("MODIFIED", pod(deletion_timestamp="2026-01-01T00:00:00Z"))
        await world.until(("make", "a"), ("unplug", "a"), ("remove", "a"), ("delete", "a uid-a 0"))


async def test_a_finished_pod_loses_its_sandbox_and_stays_an_object() -> None:
    async with kubelet(World()) as world:
        world.tell("ADDED", pod())
        await world.until(*UP)
        world.tell("MODIFIED", pod(phase="Failed"))
        await world.until(*UP, ("unplug", "a"), ("remove", "a"))


async def test_each_reason_why_a_pod_is_not_plugged_is_told_once(monkeypatch: Any) -> None:
    monkeypatch.setattr("testbed.kubelet.lifecycle.Backoff.failed", lambda _: 0.0)
    async with kubelet(World()) as world:
        world.refusals = ["no address", "no address", "no flows"]
        world.tell("ADDED", pod())
        events = [
            ("event", f"Failed to create pod sandbox: {reason}") for reason in ("no address", "no flows")
        ]
        await world.until(UP[0], *events, *UP[1:])


async def test_a_pod_on_its_nodes_own_network_has_its_nodes_address() -> None:
    async with kubelet(World()) as world:
        world.tell(
            "ADDED", msgspec.structs.replace(pod(), spec=PodSpec(node_name="node1", host_network=True))
        )
        await world.until(("report", "a Running 192.168.0.1"))


async def test_after_a_restart_what_runs_is_left_alone_and_strangers_go() -> None:
    world = World()
    world.sandboxes = {
        f"uid-{name}": Sandbox(Identity("node1", "default", name, f"uid-{name}"), "p1", NOBODY)
        for name in "ab"
    }
    async with kubelet(world):
        world.tell("ADDED", pod(phase="Running", ready=True))
        world.tell(*SYNCED)
        await world.until(("unplug", "b"), ("remove", "b"))


async def test_after_a_restart_a_sandbox_that_was_made_is_not_made_again() -> None:
    world = World()
    world.sandboxes = {"uid-a": Sandbox(Identity("node1", "default", "a", "uid-a"), "p1", NOBODY)}
    async with kubelet(world):
        world.tell("ADDED", pod())
        await world.until(*UP[1:])
