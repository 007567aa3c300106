"""The controller of this project: the package `controller`, run with the interpreter that runs the testbed."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from testbed import results
from testbed.systems.system import Command

PACKAGE = "controller"

AFFINITY, AFFINITY_FAULT = "--session-affinity", "affinity-drops-first"
"""A flag, and the fault of OVN that it is for."""


class Ours:
    """Our controller and daemon.

    Args:
        flags: more arguments for the controller, for example `--seed 7`.
    """

    admission: str | None = f"{PACKAGE}.admission"

    def __init__(self, flags: Sequence[str] = ()) -> None:
        self.flags = tuple(flags)

    @cached_property
    def path(self) -> Path:
        """The directory of the package."""
        found = importlib.util.find_spec(PACKAGE)
        assert found is not None
        assert found.submodule_search_locations
        return Path(next(iter(found.submodule_search_locations)))

    @property
    def environment(self) -> Mapping[str, str]:
        """The package is found wherever the process is started from."""
        return {"PYTHONPATH": str(self.path.parent)}

    def suited_to(self, faults: Collection[str]) -> Ours:
        """Clients of services are kept at their pods in the way that works, unless a flag says which."""
        if AFFINITY_FAULT not in faults or AFFINITY in self.flags:
            return self
        return Ours((*self.flags, AFFINITY, "address"))

    def controller(self, kubeconfig: Path, northbound: str, southbound: str, admin_socket: Path) -> Command:
        """`python -m controller`."""
        own = ("--kubeconfig", str(kubeconfig), "--nb", northbound, "--sb", southbound)
        return self._module(PACKAGE, *own, "--admin-socket", str(admin_socket), *self.flags)

    def daemon(self, kubeconfig: Path, socket: Path, config: Path, plugs: Sequence[str]) -> Command:
        """`python -m controller.daemon`."""
        own = ("--kubeconfig", str(kubeconfig), "--socket", str(socket), "--config", str(config))
        more = [argument for module in plugs for argument in ("--plug", module)]
        return self._module(f"{PACKAGE}.daemon", *own, *more)

    def identity(self) -> results.System:
        """It has the version of its repository, so its content tells it apart."""
        return results.System(
            name="ovn-testbed controller",
            path=str(self.path),
            sha256=digest(self.path),
            version=_commit(self.path),
            flags=self.flags,
        )

    def _module(self, module: str, *arguments: str) -> Command:
        return Command((sys.executable, "-m", module, *arguments), self.environment)


def digest(package: Path) -> str:
    """SHA-256 (hexadecimal) over the relative names and contents of all Python files of a package."""
    whole = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        content = file.read_bytes()
        whole.update(f"{file.relative_to(package)}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()


def _commit(package: Path) -> str:
    """The commit that the package's repository is at, with `-dirty` when it differs from it; empty if there is none."""
    argv = ["git", "-C", str(package), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
