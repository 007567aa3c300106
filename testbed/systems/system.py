"""What the laboratory asks of a controller under test."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from testbed import results


@dataclass(frozen=True)
class Command:
    """A process to be started: argv, and what its environment must hold besides the caller's own."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class System(Protocol):
    """A controller and its daemon.

    Both print the line `{"ready": true}` once they serve.
    """

    @property
    def admission(self) -> str | None:
        """The Python module whose `review` the API server asks about every write; None if it brings none."""

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process that imports `admission` must find in its environment."""

    def suited_to(self, faults: Collection[str]) -> System:
        """The same, told how to get along with known faults of the OVN that it drives (identifiers of `Defect`)."""

    def controller(self, kubeconfig: Path, northbound: str, southbound: str, admin_socket: Path) -> Command:
        """The central half, between the API and OVN's databases (`unix:PATH` or `tcp:HOST:PORT`)."""

    def daemon(self, kubeconfig: Path, socket: Path, config: Path, plugs: Sequence[str]) -> Command:
        """The node half for the nodes that `config` lists; it answers kubelets on `socket`.

        `plugs` are Python modules that add kinds of ports which it could not know of, such as those of stub pods.
        """

    def identity(self) -> results.System:
        """What it is: path, SHA-256 of its files, version and flags."""
