"""kubectl of two generations, as Debian packages them, unpacked beside the machine's own and called by their paths.

The machine may have any kubectl, or none.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import orjson

from tests.debian import unpacked

PACKAGES = {"1.20": ("bookworm", "kubernetes-client"), "1.32": ("trixie", "kubectl")}
"""Version of kubectl: the suite and the package that carry it."""


def kubectl(version: str) -> Path:
    """The program of that version, fetched if it is not there yet. Raises ``CalledProcessError`` when it cannot be."""
    suite, package = PACKAGES[version]
    return unpacked(suite, package, f"kubectl/{version}") / "usr/bin/kubectl"


class Kubectl:
    """One kubectl in a namespace of its own."""

    def __init__(self, version: str, kubeconfig: Path, cache: Path) -> None:
        self.version = version
        self.namespace = f"with-{version.replace('.', '-')}"
        self.command = [
            str(kubectl(version)),
            f"--kubeconfig={kubeconfig}",
            f"--cache-dir={cache}",
            f"--namespace={self.namespace}",
        ]

    def run(self, *arguments: str, document: Any = None) -> subprocess.CompletedProcess[str]:
        """What it says, however it ends; ``document`` goes to its standard input."""
        return subprocess.run(
            [*self.command, *arguments],
            input=None if document is None else orjson.dumps(document).decode(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def __call__(self, *arguments: str, document: Any = None) -> str:
        """What it prints; it must end well."""
        done = self.run(*arguments, document=document)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def apply(self, document: Any, *arguments: str) -> str:
        """Applies an object."""
        return self("apply", "-f", "-", *arguments, document=document)
