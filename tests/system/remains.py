"""What a cluster could leave on the host; other work on the machine has other names."""

from __future__ import annotations

import contextlib
import re
import uuid
from pathlib import Path


class Mark:
    """A variable that all processes inherit from the first that is given it."""

    def __init__(self) -> None:
        self.environment = {"TESTBED_TEST_MARK": uuid.uuid4().hex}
        ((name, value),) = self.environment.items()
        self._wanted = f"{name}={value}".encode()

    def processes(self) -> set[int]:
        """Those that have it."""
        found = set()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if self._wanted in (entry / "environ").read_bytes().split(b"\0"):
                        found.add(int(entry.name))
        return found


def children(pid: int) -> list[int]:
    """The children of a process that has one thread."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


_INTERFACE = re.compile(r"(mgmt|tor|central|external|node\d+|br-int|genev_sys_\d+|ovs-netdev)(-|$)")


def interfaces() -> set[str]:
    """Interfaces of the host that have names which only a cluster gives."""
    return {entry.name for entry in Path("/sys/class/net").iterdir() if _INTERFACE.match(entry.name)}


def mounts(state: Path) -> set[str]:
    """Mount points of the host below a state directory, also where a release sees it."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return {point for line in lines if str(state) in (point := line.split()[4])}
