"""Faults of OVN releases that falsify measurements, as data: they are printed beside the figures of a release.

Only what changes a figure belongs here. Ranges follow OVN's habit of mending a fault on several series at once: a
version *has reached* a list of marks when it is at or past the mark of its own series, or past the newest of them all.
"""

from __future__ import annotations

import re

import msgspec

Version = tuple[int, int, int]


class Defect(msgspec.Struct, frozen=True):
    """One fault: which versions have it and what it does to a measurement."""

    identifier: str
    component: str
    """``ovn`` or ``ovs``: whose version decides."""
    introduced: tuple[Version, ...]
    mended: tuple[Version, ...]
    effect: str
    advice: str
    source: str

    def concerns(self, version: Version) -> bool:
        """Whether ``version`` has this fault."""
        return reached(version, self.introduced) and not reached(version, self.mended)


def reached(version: Version, marks: tuple[Version, ...]) -> bool:
    """Whether ``version`` holds a change that was made at each of ``marks``, one a series."""
    if not marks:
        return False
    return version >= max(marks) or any(mark[:2] == version[:2] and version >= mark for mark in marks)


def parse(version: str) -> Version:
    """Three numbers from ``23.03.1`` and its like. Raises ``ValueError`` for anything else."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if found is None:
        raise ValueError(f"{version!r} is no version: expected three numbers such as 23.03.1")
    major, minor, patch = (int(number) for number in found.groups())
    return major, minor, patch


_WAIT_MENDED: tuple[Version, ...] = ((24, 3, 7), (25, 3, 2), (25, 9, 1), (26, 3, 0))

DEFECTS = (
    Defect(
        "northd-recomputes",
        "ovn",
        introduced=((0, 0, 0),),
        mended=((23, 9, 0),),
        effect="northd recomputes everything at almost every change: its 'incremental' figures hold recomputations",
        advice="compare with a release from 23.09 on",
        source="OVN's release notes (23.09: incremental processing of ports in northd); "
        "seen in the engine counters of 23.03.1",
    ),
    Defect(
        "nb-cfg-recomputes-23.03",
        "ovn",
        introduced=((23, 3, 0),),
        mended=((23, 6, 0),),
        effect="raising nb_cfg (--wait=sb, --wait=hv) alone costs three recomputations of northd",
        advice="measure without raising nb_cfg: watch Port_Binding.up and flows",
        source="seen in the engine counters of 23.03.1",
    ),
    Defect(
        "wait-returns-early",
        "ovn",
        introduced=((23, 9, 0),),
        mended=_WAIT_MENDED,
        effect="--wait=sb and --wait=hv may return before the change has arrived: times taken by them are too short",
        advice="measure without nb_cfg: watch flows",
        source="OVN's release notes (24.03.7, 25.03.2, 25.09.1, 26.03.0)",
    ),
    Defect(
        "nb-cfg-recompute-loop",
        "ovn",
        introduced=_WAIT_MENDED,
        mended=((24, 3, 9), (25, 9, 4), (26, 3, 2)),
        effect="every raised nb_cfg makes northd recompute again and again: times taken by --wait are too long",
        advice="measure without raising nb_cfg",
        source="OVN's release notes (24.03.9, 25.09.4, 26.03.2)",
    ),
    Defect(
        "stopwatches-cost-time",
        "ovn",
        introduced=((26, 3, 0),),
        mended=((26, 3, 3),),
        effect="the engines' own stopwatches cost processor time at every change",
        advice="read processor figures against releases from 26.03.3 on with care",
        source="OVN's release notes (inc-engine/enable-stopwatch, off by default after 26.03.2)",
    ),
    Defect(
        "affinity-drops-first",
        "ovn",
        introduced=((23, 3, 1),),
        mended=((23, 3, 2),),
        effect="affinity_timeout of load balancers drops the first connection of a client",
        advice="use selection_fields=ip_src where clients must stick: --session-affinity address of the "
        "controller, which clusters of such a release get by themselves",
        source="seen on 23.03.1, not on 26.03.1; other versions untried",
    ),
    Defect(
        "stale-port-security",
        "ovn",
        introduced=((23, 3, 1),),
        mended=((23, 3, 2),),
        effect="a port made again under its name at once, as a StatefulSet's pod is, may leave the old one's flows of "
        "port security on its node: flows grow with changes",
        advice="count flows after inc-engine/recompute of ovn-controller",
        source="seen on 23.03.1, not on 26.03.1; other versions untried",
    ),
)


def concerning(ovn: str, ovs: str) -> tuple[Defect, ...]:
    """The faults of these versions of OVN and OVS."""
    versions = {"ovn": parse(ovn), "ovs": parse(ovs)}
    return tuple(defect for defect in DEFECTS if defect.concerns(versions[defect.component]))
