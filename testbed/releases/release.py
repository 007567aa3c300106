"""What every kind of release offers to those who start daemons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from testbed.releases.defects import Defect

PROGRAMS = (
    "ovn-northd",
    "ovn-controller",
    "ovn-nbctl",
    "ovn-sbctl",
    "ovn-appctl",
    "ovsdb-server",
    "ovsdb-tool",
    "ovs-vswitchd",
    "ovs-vsctl",
    "ovs-ofctl",
    "ovs-appctl",
)
"""What a release must bring to run a cluster."""

TOOLS = ("ovn-trace",)
"""What people look into a cluster with; a release that lacks it runs one all the same."""

SCHEMAS: Mapping[str, str] = {
    "ovn-nb.ovsschema": "ovn",
    "ovn-sb.ovsschema": "ovn",
    "vswitch.ovsschema": "openvswitch",
}
"""The database schemas of a release and the directory under ``share`` that each lies in."""


class ReleaseUnavailable(Exception):
    """A release that cannot be used; the message is one line with the remedy."""


class Versions(msgspec.Struct, frozen=True):
    """What the binaries say of themselves.

    ``library`` is the Open vSwitch library that OVN was built with; it is often not the version of the switch.
    """

    ovn: str
    ovs: str
    library: str = ""


class Release(Protocol):
    """One OVN and OVS build under test."""

    @property
    def name(self) -> str:
        """The name it is asked for by: ``system``, ``suite:sid``, ``prefix:/opt/ovn``."""

    def versions(self) -> Versions:
        """The versions, asked of the binaries. Raises ``ReleaseUnavailable`` when they do not run."""

    def argv(self, program: str, *arguments: str) -> list[str]:
        """The command that becomes ``program`` (one of ``PROGRAMS``): the process started is the daemon itself."""

    def environment(self) -> dict[str, str]:
        """What the environment of its programs must hold besides the caller's own."""

    def schema_path(self, name: str) -> Path:
        """Where the schema (a key of ``SCHEMAS``) lies, as seen from the machine."""

    def enter(self, directory: Path) -> None:
        """Make ``directory`` visible to the release's programs under the same path.

        Called within a cluster's private mount namespace: whatever is mounted goes with it.
        """

    def binaries(self) -> dict[str, str]:
        """The SHA-256 of each program, in hexadecimal."""

    def defects(self) -> tuple[Defect, ...]:
        """Its known faults that falsify measurements."""


def require(name: str, missing: Sequence[str], remedy: str) -> None:
    """Refuse a release that lacks something: the message names all of it at once."""
    if missing:
        raise ReleaseUnavailable(f"{name} has no {', '.join(missing)}; {remedy}")
