"""What ``run.json`` says: everything needed to judge a run, to compare it and to repeat it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from testbed.results.figures import Figure
from testbed.results.records import Counter, Metric
from testbed.results.verdicts import Verdict

SCHEMA = 1
"""The version that is written. A reader for every earlier one stays in ``testbed.results.versions``."""

Status = Literal["running", "complete", "failed", "interrupted", "timed-out"]


class Validity(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the run may be believed, and why not.

    It judges what is not the cluster's own: steal, foreign processor time, lateness of the meter, lost samples, a
    clock that jumped.
    """

    verdict: Literal["valid", "suspect", "invalid", "unjudged"] = "unjudged"
    reasons: tuple[str, ...] = ()


class System(msgspec.Struct, frozen=True, kw_only=True):
    """The controller under test: where it was found, its content's SHA-256, its version and flags."""

    name: str
    path: str = ""
    sha256: str = ""
    version: str = ""
    flags: tuple[str, ...] = ()


class ReleaseUnderTest(msgspec.Struct, frozen=True, kw_only=True):
    """The OVN and OVS builds under test.

    Versions are as the binaries told them, ``binaries`` their SHA-256 by program, ``options`` the OVN options in force,
    ``defects`` those known faults that falsify measurements; ``instances`` are the numbers of the clusters built of it.
    """

    name: str
    ovn: str = ""
    ovs: str = ""
    binaries: dict[str, str] = {}
    options: dict[str, str] = {}
    defects: tuple[str, ...] = ()
    instances: tuple[int, ...] = ()


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """The machine: runs are compared only with runs of the same ``fingerprint``."""

    fingerprint: str = ""
    cpu: str = ""
    cores: int = 0
    memory_mib: int = 0
    kernel: str = ""
    distribution: str = ""
    python: str = ""
    hypervisor: str = ""


class Stamps(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a project's history the run belongs."""

    branch: str = ""
    commit: str = ""
    pull_request: str = ""
    environment: str = ""
    tool_version: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a scenario.

    ``status`` is ``running`` from the first write until the last one: found in an old run it means that no end was
    recorded. ``reason`` says why a run is not complete. ``started`` and ``finished`` are UTC in ISO 8601.
    ``title`` is the question, ``answer`` a sentence that answers it, ``method`` paragraphs of how it was measured.
    """

    schema: int = SCHEMA
    id: str
    scenario: str
    title: str = ""
    answer: str = ""
    method: tuple[str, ...] = ()
    profile: str = ""
    params: dict[str, Any] = {}
    seed: int = 0
    instances: int = 1
    status: Status = "running"
    reason: str = ""
    started: str = ""
    finished: str = ""
    duration_s: float = 0.0
    system: System | None = None
    releases: tuple[ReleaseUnderTest, ...] = ()
    host: Host = Host()
    stamps: Stamps = Stamps()
    validity: Validity = Validity()
    metrics: tuple[Metric, ...] = ()
    counters: tuple[Counter, ...] = ()
    figures: tuple[Figure, ...] = ()
    expectations: tuple[Verdict, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the run is complete and every expectation was met."""
        return self.status == "complete" and all(entry.outcome == "met" for entry in self.expectations)
