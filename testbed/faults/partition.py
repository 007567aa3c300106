"""A machine that is cut off from one of its networks: the cable is pulled, both ends see the link go down."""

from testbed.faults.fault import FaultFailed
from testbed.faults.victims import Machine


class Partition:
    """Set an interface of a machine down; undone by setting it up.

    A node's management interface is `NODE-eth0` (the way to SB), its underlay interface `NODE-eth1` (tunnels).
    """

    def __init__(self, machine: Machine, interface: str) -> None:
        self._machine = machine
        self._interface = interface
        self._applied = False

    @classmethod
    def from_management(cls, machine: Machine) -> "Partition":
        """Cut off from SB: what is programmed stays, nothing new arrives."""
        return cls(machine, f"{machine.name}-eth0")

    @classmethod
    def from_underlay(cls, machine: Machine) -> "Partition":
        """Cut off from the other nodes' tunnels: control works, traffic does not."""
        return cls(machine, f"{machine.name}-eth1")

    @property
    def name(self) -> str:
        """What is broken, in words."""
        return f"partition of {self._machine.name} ({self._interface} down)"

    def apply(self) -> None:
        """Returns once the link is down. Raises FaultFailed when the machine has no such interface."""
        self._set("down")
        self._applied = True

    def undo(self) -> None:
        """Returns once the link is up."""
        if self._applied:
            self._set("up")
            self._applied = False

    def _set(self, state: str) -> None:
        done = self._machine.run(["ip", "link", "set", "dev", self._interface, state])
        if done.returncode:
            raise FaultFailed(f"{self.name}: {done.stderr.strip()}")
