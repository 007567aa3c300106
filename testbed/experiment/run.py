"""A run: a scenario carried out on one or several instances, and the directory that is left of it.

The order of things is what makes a run safe to stop at any moment: what can be refused is refused before anything is
started; the directory and its ``run.json`` are there before the first instance; results are kept as they come; and
however the last instance ended, what was had is summed up.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from testbed import releases
from testbed.cluster import ClusterSpec, enclosure, state
from testbed.experiment import preflight, side_by_side
from testbed.experiment.channel import Ended, Message, Progress, Sender, receive
from testbed.experiment.instance import Assignment, carry_out
from testbed.experiment.memory import Demand
from testbed.experiment.params import ScenarioParams
from testbed.experiment.scenario import Scenario, Summary
from testbed.experiment.side_by_side import Turn
from testbed.experiment.trust import worst
from testbed.results import ReleaseUnderTest, Run, RunWriter, Validity, fingerprint, stamps
from testbed.systems import Ours, System

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody asked for."""

    scenario: type[Scenario]
    profile: str
    params: ScenarioParams
    releases: tuple[str, ...]
    seed: int
    runs: Path
    repeat: int = 1
    """Instances of each release."""
    max_time_s: float | None = None
    keep: bool = False
    keep_databases: bool = False


class Spectator(Protocol):
    """Whoever watches a run; told from a thread of the run's own."""

    def progress(self, instance: int, of: int, progress: Progress) -> None:
        """The instance is this far."""

    def pause(self) -> None:
        """An instance is over: draw nothing until the next progress."""

    def kept(self, run: Run, directory: Path, look: tuple[str, ...]) -> None:
        """The run is written and its last cluster stays up until Ctrl-C; ``look`` says how to look at it."""


def check(order: Order) -> tuple[releases.Release, ...]:
    """Refuse what cannot be, before anything is started.

    Raises ``Unfit``, ``ReleaseUnavailable`` or ``SpecError`` with the remedy in one line.
    """
    preflight.require_privilege()
    preflight.require_tools()
    builds = tuple(releases.resolve(name) for name in dict.fromkeys(order.releases))
    for build in builds:
        build.versions()  # its binaries do run
        spec = ClusterSpec(name=_cluster_name(order, "000000"), nodes=order.params.nodes, release=build)
        preflight.require_short_paths(state.root() / spec.name)
        preflight.require_room_for_state(state.root() / spec.name)
    preflight.require_place_for_runs(order.runs)
    preflight.require_memory(Demand(order.params.nodes, order.params.pods))
    return builds


def execute(order: Order, builds: Sequence[releases.Release], spectator: Spectator) -> tuple[Run, RunWriter]:
    """Carry the order out and write the run, however it ends; the run's status says how."""
    return _Execution(order, builds, spectator).carry_out()


class _Execution:
    """One run on its way: what has been told of it so far, and the directory that it is written to."""

    def __init__(self, order: Order, builds: Sequence[releases.Release], spectator: Spectator) -> None:
        self._order = order
        self._builds = {build.name: build for build in builds}
        self._turns = side_by_side.turns(tuple(self._builds), order.repeat, order.seed)
        self._spectator = spectator
        self._began = time.monotonic()
        self._writer = RunWriter.create(order.runs, order.scenario.name())
        self._run = _opening(order, builds, self._turns, self._writer.id)
        self._writer.write(self._run)
        self._validities: list[Validity] = []
        self._closed: Run | None = None

    def carry_out(self) -> tuple[Run, RunWriter]:
        for turn in self._turns:
            ended = self._instance(turn)
            if ended.outcome != "complete":
                break
        return self._closed or self._close(ended), self._writer

    def _instance(self, turn: Turn) -> Ended:
        """Build, drive and take down one cluster in an enclosure of its own; its logs are kept whatever happens."""
        order = self._order
        name = _cluster_name(order, self._writer.id.rpartition("-")[2])
        logs = self._writer.logs / f"instance-{turn.number}"
        spec = ClusterSpec(name=name, nodes=order.params.nodes, release=self._builds[turn.release])
        kept = order.keep and turn == self._turns[-1]
        with state.claim(name) as directory, contextlib.ExitStack() as stack:
            https = stack.enter_context(_listen_on_loopback()) if kept else None
            assignment = Assignment(
                number=turn.number,
                round=turn.round,
                scenario=order.scenario,
                params=order.params,
                spec=spec,
                system=_system(order, turn.round),
                directory=directory,
                https=https,
                seed=order.seed,
                logs=logs,
                deadline=self._began + order.max_time_s if order.max_time_s is not None else None,
                keep=kept,
            )
            listener = _Listener(self, assignment)
            try:
                status = listener.enclose()
            finally:
                _copy(directory, "*.log", logs)
                if order.keep_databases:
                    _copy(directory, "*.db", self._writer.path / "databases" / logs.name)
        return listener.ended or Ended(
            outcome="interrupted" if status == 130 else "failed",
            reason="" if status == 130 else f"the enclosure ended with status {status} and told nothing",
        )

    def _close(self, ended: Ended) -> Run:
        """Sum up what there is, judge it and write it."""
        order, reason, status = self._order, ended.reason, ended.outcome
        summary = Summary()
        try:
            summary = side_by_side.summarise(order.scenario(), self._writer.samples(), tuple(self._builds))
        except Exception as error:
            if status == "complete":
                status, reason = (
                    "failed",
                    f"the samples could not be summed up: {type(error).__name__}: {error}",
                )
        self._closed = msgspec.structs.replace(
            self._run,
            status=status,
            reason=reason,
            finished=_now(),
            duration_s=round(time.monotonic() - self._began, 3),
            answer=summary.answer,
            metrics=summary.metrics,
            counters=summary.counters,
            figures=summary.figures,
            expectations=side_by_side.verdicts(order.scenario.expectations, summary, tuple(self._builds)),
            validity=worst(self._validities),
        )
        self._writer.finish(self._closed)
        return self._closed

    def hear(self, assignment: Assignment, message: Message) -> None:
        """Keep what an instance told."""
        if message.sample is not None:
            sample = message.sample
            if len(self._builds) > 1:
                sample = side_by_side.labelled(sample, assignment.spec.release.name)
            self._writer.sample_log.append(sample)
        if message.event is not None:
            self._writer.event_log.append(message.event)
        if message.resource is not None:
            self._writer.resource_log.append(message.resource)
        if message.progress is not None:
            self._spectator.progress(assignment.number, len(self._turns), message.progress)
        if message.validity is not None:
            self._validities.append(message.validity)
        if message.options is not None:
            told = tuple(
                msgspec.structs.replace(release, options=message.options)
                if release.name == assignment.spec.release.name
                else release
                for release in self._run.releases
            )
            self._run = msgspec.structs.replace(self._run, releases=told)
        if message.ended is not None:
            self._spectator.pause()
            if assignment.keep and message.ended.look:
                self._spectator.kept(self._close(message.ended), self._writer.path, message.ended.look)


class _Listener:
    """Runs one assignment in an enclosure and hears it out.

    The enclosure must be entered from the main thread (signals), so the listening is done by another, which waits in
    ``read`` while the process forks and holds nothing that the child could need.
    """

    def __init__(self, execution: _Execution, assignment: Assignment) -> None:
        self._execution = execution
        self._assignment = assignment
        self._error: Exception | None = None
        self.ended: Ended | None = None

    def enclose(self) -> int:
        """The enclosure's exit status, when all of it is gone and everything it told is kept."""
        reading, writing = os.pipe()
        thread = threading.Thread(target=self._listen, args=(reading,), name="listener")
        thread.start()
        try:
            return enclosure.run(lambda: self._inside(writing))
        finally:
            os.close(writing)
            thread.join()
            if self._error is not None:
                raise self._error

    def _inside(self, writing: int) -> int:
        carry_out(self._assignment, Sender(writing))
        return 0

    def _listen(self, reading: int) -> None:
        for message in receive(reading):
            if self._error is not None:
                continue  # what cannot be kept is still read, so that the instance does not stand still
            try:
                self._execution.hear(self._assignment, message)
            except Exception as error:
                self._error = error
                os.kill(os.getpid(), signal.SIGINT)  # as if somebody had: the instance ends and is cleaned up
            if message.ended is not None:
                self.ended = self.ended or message.ended


def _opening(order: Order, builds: Sequence[releases.Release], turns: Sequence[Turn], identity: str) -> Run:
    """What is known of a run before it begins."""
    return Run(
        id=identity,
        scenario=order.scenario.name(),
        title=order.scenario.title(),
        method=order.scenario.method,
        profile=order.profile,
        params=msgspec.to_builtins(order.params),
        seed=order.seed,
        instances=len(turns),
        started=_now(),
        releases=tuple(_under_test(build, turns) for build in builds),
        system=_system(order, 1).identity(),
        host=fingerprint(),
        stamps=stamps(os.environ, REPOSITORY),
    )


def _under_test(build: releases.Release, turns: Sequence[Turn]) -> ReleaseUnderTest:
    versions = build.versions()
    return ReleaseUnderTest(
        name=build.name,
        ovn=versions.ovn,
        ovs=versions.ovs,
        binaries=build.binaries(),
        defects=tuple(f"{entry.identifier}: {entry.effect}" for entry in build.defects()),
        instances=tuple(turn.number for turn in turns if turn.release == build.name),
    )


def _system(order: Order, number: int) -> System:
    """The controller under test; its random addresses come again when the run's seed does."""
    return Ours(("--seed", str(order.seed + number - 1)))


def _cluster_name(order: Order, digits: str) -> str:
    """The scenario's name, cut to what a cluster may be called, and the random digits of the run's id."""
    return f"{order.scenario.name()[:30].rstrip('-')}-{digits}"


def _listen_on_loopback() -> socket.socket:
    """A listening socket of the host's, to be handed into an enclosure, which has a network of its own."""
    return socket.create_server(("127.0.0.1", 0))


def _copy(directory: Path, pattern: str, target: Path) -> None:
    """Copy every such file of a cluster, under the same relative names."""
    for source in directory.rglob(pattern):
        copy = target / source.relative_to(directory)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
