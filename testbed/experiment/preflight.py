"""What must hold before anything is started: each thing that does not is one line with its remedy."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from testbed.experiment import memory
from testbed.experiment.errors import Unfit
from testbed.experiment.memory import GIB, MIB, Demand

TOOLS = {
    "mnexec": "mininet",
    "ip": "iproute2",
    "ethtool": "ethtool",
    "ping": "iputils-ping",
}
"""Programs that every cluster needs beside the release's own, and the Debian package of each."""


LONGEST_SOCKET = "node200/ovn-controller.4194304.ctl"
SOCKET_PATH_LIMIT = 107
"""Bytes: ``sun_path`` of unix(7) less its closing zero."""

LEAST_ROOM = 16 * MIB
"""Bytes on the disk: databases, journal and logs of a small cluster that runs for a while."""


def require_privilege() -> None:
    """Raises ``Unfit`` unless we may make namespaces and interfaces."""
    if os.geteuid() != 0:
        raise Unfit("network namespaces need root: run it with sudo")


def require_tools() -> None:
    """Raises ``Unfit`` naming every missing program and the packages that bring them."""
    missing = {tool: package for tool, package in TOOLS.items() if shutil.which(tool) is None}
    if missing:
        packages = " ".join(sorted(set(missing.values())))
        raise Unfit(f"missing {', '.join(missing)}: run `make setup` (or: apt-get install {packages})")


def require_short_paths(directory: Path) -> None:
    """Raises ``Unfit`` if sockets below a cluster's state ``directory`` would have paths that the kernel refuses."""
    longest = len(bytes(directory / LONGEST_SOCKET))
    if longest > SOCKET_PATH_LIMIT:
        raise Unfit(
            f"{directory}: paths of sockets would have {longest} bytes, allowed {SOCKET_PATH_LIMIT}: "
            "choose a shorter directory in $TESTBED_STATE"
        )


def require_room_for_state(directory: Path, needed: int = LEAST_ROOM) -> None:
    """Raises ``Unfit`` if the file system of a cluster's state ``directory`` has less than ``needed`` bytes left."""
    left = shutil.disk_usage(_first_that_exists(directory)).free
    if left < needed:
        raise Unfit(
            f"{directory}: {left / MIB:.1f} MiB are left there, {needed / MIB:.0f} MiB are needed: "
            "make room, or set TESTBED_STATE to another directory"
        )


def require_place_for_runs(runs: Path) -> None:
    """Raises ``Unfit`` if nothing can be written where runs are to be kept; makes nothing."""
    there = _first_that_exists(runs)
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise Unfit(
            f"runs cannot be kept in {runs}: {there} is no directory that can be written to; see --runs-dir"
        )


def require_memory(demand: Demand, room: int | None = None) -> None:
    """Raises ``Unfit`` if the cluster asked for does not fit, naming what would."""
    room = memory.available() if room is None else room
    if demand.bytes <= room:
        return
    fits = memory.most_pods(demand.nodes, room)
    remedy = f"--set pods={fits} would fit" if fits else "ask for fewer nodes"
    raise Unfit(
        f"{demand.pods} pods on {demand.nodes} nodes need about {demand.bytes / GIB:.1f} GiB, "
        f"{room / GIB:.1f} GiB are free: {remedy}"
    )


def _first_that_exists(path: Path) -> Path:
    """The path itself, or the nearest directory above it that is there."""
    return next(entry for entry in (path.absolute(), *path.absolute().parents) if entry.exists())
