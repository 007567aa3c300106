"""What a cluster could leave on the host; other work on the machine has other names."""

from __future__ import annotations

import re
from pathlib import Path

_INTERFACE = re.compile(r"(mgmt|tor|central|external|node\d+|br-int|genev_sys_\d+|ovs-netdev)(-|$)")


def interfaces() -> set[str]:
    """Interfaces of the host that have names which only a cluster gives."""
    return {entry.name for entry in Path("/sys/class/net").iterdir() if _INTERFACE.match(entry.name)}


def mounts(state: Path) -> set[str]:
    """Mount points of the host below a state directory, also where a release sees it."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return {point for line in lines if str(state) in (point := line.split()[4])}
