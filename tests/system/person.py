"""Somebody at a shell, who starts clusters that stay up, looks at them and ends them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from testbed.cluster.control import Control

REPOSITORY = Path(__file__).resolve().parents[2]
TESTBED = (sys.executable, "-m", "testbed.cli")
TIMEOUT_S = 60.0


class Person:
    """Somebody at a shell of their own, with a state directory that no other cluster uses."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.environment = {**os.environ, "TESTBED_STATE": str(state), "PYTHONPATH": str(REPOSITORY)}
        self.environment.pop("TESTBED_CLUSTER", None)

    def types(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*TESTBED, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=TIMEOUT_S,
            check=False,
        )

    def gets(self, *arguments: str, stdin: str = "") -> str:
        done = self.types(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self, name: str) -> dict[str, Any]:
        """The document of `testbed status --name NAME --json`, asked where that command asks for it."""
        found: dict[str, Any] = Control(self.state / name).ask("/status")
        return found

    def kills(self, name: str, *pids: int) -> None:
        """SIGKILL to processes of a cluster, numbered as it numbers them."""
        self.gets("exec", "--name", name, "central/central", "--", "kill", "-9", *map(str, pids))

    def leaves(self) -> None:
        """End all clusters and remove the state directory."""
        self.types("down", "--all")
        self.types("clean")
        with contextlib.suppress(FileNotFoundError):
            self.state.rmdir()


def process(status: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in status["processes"] if entry["name"] == name)
    return found


def parent(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1])
