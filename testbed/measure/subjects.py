"""What is measured, as far as measuring needs to know it: `testbed.cluster` has all of these.

Named here so that the meter can be held against bare daemons too, without a cluster around them.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol


class MeasuredDaemon(Protocol):
    """A running OVN or OVS daemon. `role` is unique on its machine (`northbound`, `northd`, `chassis`, ...)."""

    @property
    def name(self) -> str:
        """Its program: `ovn-northd`, `ovsdb-server`, ..."""

    @property
    def node(self) -> str:
        """The machine it runs on: `central` or a node's name."""

    @property
    def role(self) -> str:
        """What it is there for on its machine."""

    @property
    def pid(self) -> int:
        """Another one after a restart."""

    @property
    def control(self) -> Path:
        """Its control socket."""


class MeasuredRelease(Protocol):
    """How programs of an OVN and OVS build are started."""

    def argv(self, program: str, *arguments: str) -> list[str]:
        """The command that becomes the program."""

    def environment(self) -> Mapping[str, str]:
        """What it needs besides the caller's own environment."""


class MeasuredNode(Protocol):
    """A chassis."""

    @property
    def name(self) -> str:
        """Its `system-id` too."""

    @property
    def database(self) -> str:
        """Endpoint of its Open_vSwitch database."""

    @property
    def bridge_management(self) -> Path:
        """OpenFlow management socket of br-int."""

    @property
    def release(self) -> MeasuredRelease:
        """Its build of OVN and OVS."""


class MeasuredCentral(Protocol):
    """Where NB and SB are served."""

    @property
    def northbound(self) -> str:
        """Endpoint of NB."""

    @property
    def southbound(self) -> str:
        """Endpoint of SB."""


class MeasuredCluster(Protocol):
    """A cluster."""

    @property
    def directory(self) -> Path:
        """State directory; the meter's own files go into `meter/` in it."""

    @property
    def central(self) -> MeasuredCentral:
        """Its central."""

    @property
    def nodes(self) -> Iterable[MeasuredNode]:
        """Its chassis."""
