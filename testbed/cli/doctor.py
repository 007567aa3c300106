"""``testbed doctor``: what this machine can and cannot do, why, and the remedy."""

from __future__ import annotations

import os
import platform
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from testbed import releases
from testbed.cli import exits
from testbed.cli.console import out, print_json
from testbed.datapaths import DATAPATHS, ENCAPSULATIONS, Ability, Feature, probe
from testbed.experiment import memory
from testbed.releases.distribution import Distribution, distribution

NODE_COUNTS = (3, 5, 10, 20)
BASIS = (
    f"estimated at {memory.POD // memory.KIB} KiB a pod and {memory.POD_ON_NODE // memory.KIB} KiB a pod on every "
    f"node, from runs of OVN 23.03 and 26.03 with 5,000 to 20,000 pods on 10 nodes"
)


class DatapathReport(msgspec.Struct, frozen=True):
    """A datapath, and by which encapsulations it can carry packets here."""

    name: str
    ability: Ability
    encapsulations: dict[str, Ability]


class ReleaseReport(msgspec.Struct, frozen=True):
    """An installed release with its faults that falsify measurements; ``fault`` says why it cannot be used."""

    name: str
    ovn: str = ""
    ovs: str = ""
    defects: tuple[releases.Defect, ...] = ()
    fault: str = ""


class Room(msgspec.Struct, frozen=True):
    """The pods that memory would hold on so many nodes, by the estimate that runs are refused by."""

    nodes: int
    pods: int


class Examination(msgspec.Struct, frozen=True):
    """All that was found out about this machine."""

    distribution: Distribution
    kernel: str
    cores: int
    memory_available_mib: int
    privilege: Ability
    datapaths: tuple[DatapathReport, ...]
    features: tuple[Feature, ...]
    room: tuple[Room, ...]
    room_basis: str
    releases: tuple[ReleaseReport, ...]

    @property
    def fit(self) -> bool:
        """Whether a cluster could be built: privilege, a datapath and a release."""
        return (
            self.privilege.able
            and any(datapath.ability.able for datapath in self.datapaths)
            and any(not release.fault for release in self.releases)
        )


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> int:
    """Tell what this machine can and cannot do, why, and the remedy.

    Every kernel feature is tried in a network namespace that goes with the trial; releases are asked for their
    versions. Ends with 2 if no cluster could be built here.

    Examples:
      testbed doctor                  as root it tries more

      sudo testbed doctor --json | jq -r '.datapaths[] | select(.ability.able).name'
    """
    examination = examine()
    if as_json:
        print_json(examination)
    else:
        _print(examination)
    return exits.GOOD if examination.fit else exits.UNFIT


def examine() -> Examination:
    """Look at everything; changes nothing."""
    findings = probe()
    room = memory.available()
    return Examination(
        distribution=distribution(),
        kernel=platform.release(),
        cores=len(os.sched_getaffinity(0)),
        memory_available_mib=room // memory.MIB,
        privilege=_privilege(),
        datapaths=tuple(
            DatapathReport(
                datapath.name,
                datapath.ability(findings),
                {name: datapath.encapsulation(name, findings) for name in ENCAPSULATIONS},
            )
            for datapath in DATAPATHS
        ),
        features=tuple(findings.values()),
        room=tuple(Room(nodes, memory.most_pods(nodes, room)) for nodes in NODE_COUNTS),
        room_basis=BASIS,
        releases=tuple(_release(name) for name in releases.known()),
    )


def _privilege() -> Ability:
    if os.geteuid() == 0:
        return Ability(True, "root")
    return Ability(
        False, "clusters are made of namespaces and interfaces: that needs root", "run it through sudo"
    )


def _release(name: str) -> ReleaseReport:
    try:
        release = releases.resolve(name)
        versions = release.versions()
        return ReleaseReport(name, versions.ovn, versions.ovs, release.defects())
    except releases.ReleaseUnavailable as unavailable:
        return ReleaseReport(name, fault=str(unavailable))


def _print(found: Examination) -> None:
    tried = (
        "tried"
        if found.distribution.tried
        else "[yellow]untried[/]: the testbed is tested on Debian 12 and 13"
    )
    out.print(f"{escape(found.distribution.name)} ({tried}), kernel {found.kernel}, {found.cores} cores")
    out.print(f"privilege: {_verdict(found.privilege)}\n")

    table = _table("datapath", "", *ENCAPSULATIONS, "why")
    for datapath in found.datapaths:
        marks = [_mark(datapath.encapsulations[name].able) for name in ENCAPSULATIONS]
        why = datapath.ability
        if why.able:
            why = next((ability for ability in datapath.encapsulations.values() if not ability.able), why)
        table.add_row(datapath.name, _mark(datapath.ability.able), *marks, _reason(why))
    out.print(table)
    out.print()

    table = _table("kernel feature", "", "for", "why, and the remedy")
    for feature in found.features:
        reason = "" if feature.found else _reason(Ability(False, feature.said, feature.remedy))
        table.add_row(feature.name, _mark(feature.found), feature.purpose, reason)
    out.print(table)
    out.print()

    sizes = ", ".join(f"{room.pods:,} on {room.nodes} nodes" for room in found.room)
    out.print(f"{found.memory_available_mib / 1024:.1f} GiB of memory can be used; pods that fit: {sizes}")
    out.print(f"({found.room_basis})\n")

    table = _table("release", "OVN", "OVS", "known to falsify measurements")
    for release in found.releases:
        if release.fault:
            table.add_row(release.name, "-", "-", f"[red]unusable[/]: {escape(release.fault)}")
        else:
            faults = "\n".join(
                f"{escape(defect.effect)}; {escape(defect.advice)}" for defect in release.defects
            )
            table.add_row(release.name, release.ovn, release.ovs, faults or "nothing known")
    out.print(table)
    absent = [
        name
        for name in ("suite:trixie", "suite:sid")
        if name not in {release.name for release in found.releases}
    ]
    if absent:
        out.print(f"more releases: testbed releases add {absent[0]}")


def _table(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _mark(able: bool | None) -> str:
    return {True: "[green]yes[/]", False: "[red]no[/]", None: "[yellow]?[/]"}[able]


def _reason(ability: Ability) -> str:
    why = ability.why.rstrip(".")
    return escape(f"{why}; remedy: {ability.remedy}" if ability.remedy else why)


def _verdict(ability: Ability) -> str:
    return f"{_mark(ability.able)}, {_reason(ability)}"
