"""How much memory a cluster will need, so that one too large is refused before anything is started.

The figures are from runs on real daemons (OVN 23.03 and 26.03, one router, userspace datapath, 5,000 to 20,000 pods
on 10 nodes): orders of magnitude, rounded up. What dominates is that every node's ovn-controller and vswitchd hold
the flows of every pod of its zone, so memory grows with nodes times pods.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

CLUSTER = 700 * MIB
"""Central with empty databases, API server, controller, meter, driver."""
NODE = 45 * MIB
"""An idle node: ovsdb-server, ovs-vswitchd, ovn-controller (35 MB), and its part of a kubelet and a daemon."""
POD = 110 * KIB
"""A pod centrally: SB 29 KiB, northd 20, NB 6, the rest API server, controller, kubelet and driver."""
POD_ON_NODE = 60 * KIB
"""A pod on every node: about 12 flows in vswitchd and 41-57 KiB in ovn-controller and vswitchd together."""
RESERVE = 512 * MIB
"""What stays free for the machine itself."""


@dataclass(frozen=True)
class Demand:
    """What a scenario asks of the machine at its largest."""

    nodes: int
    pods: int

    @property
    def bytes(self) -> int:
        """The memory (bytes) that the cluster will use at its largest."""
        return CLUSTER + self.nodes * NODE + self.pods * (POD + self.nodes * POD_ON_NODE)


def available(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Bytes that can be used without swapping, by the kernel's own estimate (``MemAvailable``), less the reserve."""
    for line in meminfo.read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return max(0, int(value.split()[0]) * KIB - RESERVE)
    raise OSError(f"{meminfo} tells no MemAvailable")


def most_pods(nodes: int, room: int) -> int:
    """How many pods fit on ``nodes`` nodes in ``room`` bytes."""
    left = room - CLUSTER - nodes * NODE
    return max(0, left // (POD + nodes * POD_ON_NODE))
