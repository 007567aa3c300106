"""What a pod gives its containers: who it is, where they run, and whom they tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testbed.kubelet.podspec import Pod
from testbed.pods.sandbox import Identity


@dataclass(frozen=True)
class Surroundings:
    """What a container's pod gives it."""

    pod: Pod
    identity: Identity
    network: int
    """A process in the pod's network namespace."""
    ips: str
    """The pod's addresses, joined by a comma."""
    host_ip: str
    directory: Path
    """Where the output of its containers is kept."""
    changed: Callable[[], None]
    """Is called when there is something else to report."""
    tell: Callable[[str, str], None]
    """Tells people, as an Event: its reason and its message."""
