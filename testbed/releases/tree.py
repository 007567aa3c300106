"""Programs and schemas under one directory: what the kinds of release have in common."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from testbed.releases import binaries
from testbed.releases.defects import Defect, concerning
from testbed.releases.release import PROGRAMS, SCHEMAS, TOOLS, ReleaseUnavailable, Versions, require


class Tree:
    """A release that lies in the file system below ``root``.

    Kinds differ in where they look (``bins`` and ``shares``, absolute within ``root``), in how a program is started
    and in what its environment needs; how they are checked and asked is the same.
    """

    def __init__(
        self, name: str, root: Path, bins: Sequence[str], shares: Sequence[str], remedy: str
    ) -> None:
        self._name = name
        self.root = root
        self._programs: dict[str, tuple[str, Path]] = {}
        for program in (*PROGRAMS, *TOOLS):
            found = binaries.find(root, bins, program)
            if found:
                self._programs[program] = found
        self._schemas: dict[str, Path] = {}
        for schema, directory in SCHEMAS.items():
            found = binaries.find(root, [f"{share}/{directory}" for share in shares], schema)
            if found:
                self._schemas[schema] = found[1]
        missing = [thing for thing in (*PROGRAMS, *SCHEMAS) if thing not in self._programs | self._schemas]
        require(name, missing, remedy)
        binaries.require_own_architecture(name, self._programs["ovn-northd"][1])

    def __repr__(self) -> str:
        return f"<release {self.name}>"

    @property
    def name(self) -> str:
        """The name that it is asked for by."""
        return self._name

    @cached_property
    def _versions(self) -> Versions:
        return binaries.ask_versions(self)

    def versions(self) -> Versions:
        """The versions, asked of the binaries once. Raises ``ReleaseUnavailable`` when they do not run."""
        return self._versions

    def program(self, program: str) -> str:
        """The path of ``program`` as the release itself sees it. Raises ``ReleaseUnavailable`` if it has none."""
        if program not in self._programs:
            raise ReleaseUnavailable(
                f"{self.name} has no {program}; it has {', '.join(sorted(self._programs))}"
            )
        return self._programs[program][0]

    def argv(self, program: str, *arguments: str) -> list[str]:
        """The command that becomes ``program``."""
        return [self.program(program), *arguments]

    def environment(self) -> dict[str, str]:
        """Nothing is needed besides the caller's own."""
        return {}

    def schema_path(self, name: str) -> Path:
        """Where the schema lies. Raises ``ReleaseUnavailable`` for one that is not part of a release."""
        if name not in self._schemas:
            raise ReleaseUnavailable(f"{self.name} has no schema {name}; it has {', '.join(self._schemas)}")
        return self._schemas[name]

    def enter(self, directory: Path) -> None:
        """Nothing to do: its programs see the machine's files."""

    @cached_property
    def _digests(self) -> dict[str, str]:
        return binaries.sha256({program: path for program, (_, path) in self._programs.items()})

    def binaries(self) -> dict[str, str]:
        """The SHA-256 of each program, in hexadecimal."""
        return dict(self._digests)

    def defects(self) -> tuple[Defect, ...]:
        """The known faults of its versions."""
        versions = self.versions()
        return concerning(versions.ovn, versions.ovs)
