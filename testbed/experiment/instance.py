"""One instance: a cluster built, the scenario driven on it, and whatever goes wrong told with what was had until then.

This runs inside the enclosure; it tells the outside everything through its sender and leaves logs on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import random
import signal
import socket
import time
import traceback
from collections.abc import Awaitable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from controller import ovsdb
from controller.kubernetes import Access, Client
from controller.ovsdb import operations
from testbed.cluster import Cluster, ClusterSpec, DaemonDied
from testbed.experiment.admin import ControllerAdmin
from testbed.experiment.bed import Bed
from testbed.experiment.channel import Ended, Message, Progress, Sender
from testbed.experiment.params import ScenarioParams
from testbed.experiment.podwatch import PodWatch
from testbed.experiment.scenario import Scenario
from testbed.experiment.usage import sample_forever
from testbed.measure import Meter, MeterFailed, validity
from testbed.measure.validity import ProcessorTimes
from testbed.systems import System

CHECK_INTERVAL_S = 0.5
"""How often the daemons are looked at: a dead one is told within this time."""


@dataclass(frozen=True)
class Assignment:
    """What one instance is to do."""

    number: int
    round: int
    """Instances of the same round make the same random choices, each with a release of its own."""
    scenario: type[Scenario]
    params: ScenarioParams
    spec: ClusterSpec
    system: System
    directory: Path
    https: socket.socket | None
    """Where people on the host reach the API of a cluster that is kept."""
    seed: int
    logs: Path
    deadline: float | None
    """When to stop, on the monotonic clock (s)."""
    keep: bool


class _Interrupted(Exception):
    """Someone asked us to stop."""


class _TimedOut(Exception):
    """The run's time is up."""


def carry_out(assignment: Assignment, sender: Sender) -> None:
    """Build the cluster, drive the scenario, tell how it ended; never raises for what happened in between."""
    sender.send(Message(progress=Progress(text="building the cluster")))
    try:
        with _cluster(assignment) as cluster:
            ended = asyncio.run(_drive(cluster, assignment, sender))
            stays = assignment.keep and ended.outcome in ("complete", "timed-out")
            look = _how_to_look(cluster) if stays else ()
            sender.send(Message(ended=msgspec.structs.replace(ended, look=look)))
            if stays:
                _wait_for_interrupt()
    except (KeyboardInterrupt, SystemExit):
        sender.send(Message(ended=Ended(outcome="interrupted")))
    except Exception as error:
        trace = assignment.logs / "driver-traceback.log"
        trace.parent.mkdir(parents=True, exist_ok=True)
        trace.write_text(traceback.format_exc())
        sender.send(Message(ended=Ended(outcome="failed", reason=_line(error))))


def _cluster(assignment: Assignment) -> Cluster:
    return Cluster(assignment.spec, assignment.directory, system=assignment.system, https=assignment.https)


async def _drive(cluster: Cluster, assignment: Assignment, sender: Sender) -> Ended:
    """Run the scenario beside what watches over it; the first of them to end decides how the instance ended."""
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    try:
        async with AsyncExitStack() as stack:
            api = await stack.enter_async_context(Client(Access.load(cluster.kubeconfig)))
            assert cluster.control_plane is not None
            admin = await stack.enter_async_context(ControllerAdmin(cluster.control_plane.admin_socket))
            meter = await stack.enter_async_context(Meter(cluster))
            bed = Bed(
                instance=assignment.number,
                cluster=cluster,
                api=api,
                pods=PodWatch(api),
                controller=admin,
                meter=meter,
                rng=random.Random(f"{assignment.seed}/{assignment.round}"),
                sender=sender,
                logs=assignment.logs,
            )
            bed.event("cluster-built", f"{assignment.spec.nodes} nodes")
            sender.send(Message(options=await _options(cluster)))
            times = validity.read_processor_times()
            try:
                await _watched(bed, assignment, interrupted)
            except Exception as error:
                return _ending(bed, error)
            finally:
                await _judge(bed, times)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return Ended(outcome="complete")


async def _watched(bed: Bed, assignment: Assignment, interrupted: asyncio.Event) -> None:
    """The scenario, and beside it what keeps its view current, watches the daemons and knows when to stop."""
    async with asyncio.TaskGroup() as group:
        watchers = [
            group.create_task(bed.pods.run()),
            group.create_task(_guard(bed.cluster)),
            group.create_task(sample_forever(bed)),
            group.create_task(_stop_when(interrupted.wait(), _Interrupted())),
        ]
        if assignment.deadline is not None:
            left = asyncio.sleep(assignment.deadline - time.monotonic())
            watchers.append(group.create_task(_stop_when(left, _TimedOut())))
        await group.create_task(_scenario(bed, assignment))
        for watcher in watchers:
            watcher.cancel()


async def _options(cluster: Cluster) -> dict[str, str]:
    """The options of OVN in force, as northd finds them in NB."""
    client = await ovsdb.Client.connect(cluster.central.northbound, "OVN_Northbound")
    try:
        (found,) = await client.transact([operations.select("NB_Global", [], ["options"])])
    finally:
        await client.close()
    options = found.rows[0]["options"] if found.rows else {}
    assert isinstance(options, Mapping)
    return {str(name): str(value) for name, value in options.items()}


async def _judge(bed: Bed, before: ProcessorTimes) -> None:
    """Tell whether this instance may be believed; nothing is told when the meter is no longer there to ask."""
    with contextlib.suppress(MeterFailed):
        health = await bed.meter.health()
        after = validity.read_processor_times()
        seen = validity.observe(before, after, health, attempts=bed.attempts, lost=bed.lost)
        bed.sender.send(Message(validity=validity.judge(seen)))


def _ending(bed: Bed, error: Exception) -> Ended:
    """How an instance ended by ``error``. A dead daemon explains whatever else went wrong: it comes first."""
    cause = _first(error)
    if isinstance(cause, _Interrupted):
        return Ended(outcome="interrupted")
    if isinstance(cause, _TimedOut):
        return Ended(outcome="timed-out", reason="the time allowed by --max-time was up")
    try:
        bed.cluster.check()
    except DaemonDied as death:
        bed.event("daemon-died", _line(death))
        return Ended(outcome="failed", reason=_line(death))
    raise cause


async def _scenario(bed: Bed, assignment: Assignment) -> None:
    scenario = assignment.scenario()
    if inspect.iscoroutinefunction(scenario.run):
        await scenario.run(bed, assignment.params)
    else:
        await asyncio.to_thread(scenario.run, bed, assignment.params)


async def _guard(cluster: Cluster) -> None:
    while True:
        await asyncio.sleep(CHECK_INTERVAL_S)
        cluster.check()


async def _stop_when(event: Awaitable[object], error: Exception) -> None:
    await event
    raise error


def _wait_for_interrupt() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        return


def _how_to_look(cluster: Cluster) -> tuple[str, ...]:
    assert cluster.control_plane is not None
    node = cluster.nodes[0]
    return (
        f"kubectl --kubeconfig {cluster.control_plane.kubeconfig_for_people} get pods -A -o wide",
        f"ovs-ofctl dump-flows unix:{node.bridge_management} | head",
        f"ovn-nbctl --db={cluster.central.northbound} show",
        f"logs: {cluster.directory}",
    )


def _first(error: BaseException) -> BaseException:
    """The first cause within nested groups."""
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _line(error: BaseException) -> str:
    """An error in a line. Those of Python's own need their name; the project's speak for themselves."""
    said = " ".join(str(error).split())
    name = type(error).__name__
    if not said:
        return name
    return f"{name}: {said}" if type(error).__module__ == "builtins" else said
