"""The physical network between the machines: a management network and an underlay through a ToR switch.

Both are Linux bridges in the enclosure's own network namespace. Links are declared one by one in Mininet's way
(`net.addLink`) and made in one go by a single `ip -batch`: Mininet's one shell command an interface would take longer
than all daemons together.
"""

from __future__ import annotations

import ipaddress
import subprocess
from collections.abc import Sequence

import mininet.link
import mininet.log
import mininet.net
import mininet.node

from testbed.cluster.host import Host

MANAGEMENT_NETWORK = ipaddress.IPv4Network("172.30.0.0/16")
UNDERLAY_NETWORK = ipaddress.IPv4Network("172.31.0.0/16")
UNDERLAY_NETWORK6 = ipaddress.IPv6Network("fd00:172:31::/64")
MANAGEMENT_MTU = 1500
UNDERLAY_MTU = 1600
"""Leaves 1542 bytes to the overlay after Geneve, UDP, IP and Ethernet headers (58 bytes)."""

GROUP = 7
"""All that is made is one group of interfaces: removed in one go, where one by one each waits for the kernel."""

MANAGEMENT, TOR = "mgmt", "tor"


def management_address(number: int) -> str:
    """Central is number 1, nodeN is N + 10."""
    return str(MANAGEMENT_NETWORK[number])


def underlay_address(number: int) -> str:
    """The external host is number 1, nodeN is N + 10."""
    return str(UNDERLAY_NETWORK[number])


def underlay_address6(number: int) -> str:
    """The same machine's IPv6 address: what pods with IPv6 leave under, and what they find outside."""
    return str(UNDERLAY_NETWORK6[number])


class Bridge(mininet.node.Switch):  # type: ignore[misc]  # Mininet comes without types
    """A Linux bridge in the enclosure's own network namespace."""

    def __init__(self, name: str, mtu: int) -> None:
        self.mtu = mtu
        super().__init__(name, dpid="1", inNamespace=False)

    @classmethod
    def setup(cls) -> None:
        """Nothing to look for: bridges are made with `ip`."""

    def start(self, _controllers: object) -> None:
        """The fabric made it already."""

    def vanish(self) -> None:
        """End its shell."""
        if self.shell is not None:
            self.shell.kill()
            self.cleanup()


class DeclaredInterface(mininet.link.Intf):  # type: ignore[misc]
    """An interface that Mininet knows of and the fabric makes; Mininet's prompt asks it for its address."""

    ip: str | None

    def config(self, **_parameters: object) -> None:
        """Addresses are set by the machine that owns it."""

    def updateIP(self) -> str | None:
        """The address that it was given (Mininet would parse the output of ifconfig)."""
        return self.ip


class DeclaredLink(mininet.link.Link):  # type: ignore[misc]
    """A veth pair between a machine and a bridge."""

    @classmethod
    def makeIntfPair(cls, *_arguments: object, **_keywords: object) -> None:
        """Only declare it."""


class Fabric:
    """The two networks; machines are plugged in, then everything is made."""

    def __init__(self) -> None:
        mininet.log.setLogLevel("output")  # the prompt's answers, but not its progress reports
        mininet.net.Mininet.inited = True  # else it raises the limits of the whole machine by sysctl
        self.net = mininet.net.Mininet(
            controller=None, host=Host, link=DeclaredLink, intf=DeclaredInterface, build=False
        )
        self.management: Bridge = self.net.addSwitch(MANAGEMENT, cls=_bridge(MANAGEMENT_MTU))
        self.tor: Bridge = self.net.addSwitch(TOR, cls=_bridge(UNDERLAY_MTU))

    def plug(self, host: Host, bridge: Bridge, address: str | None = None) -> str:
        """Declare a link; returns the name of the machine's interface, which is to get `address`."""
        interface: DeclaredInterface = self.net.addLink(bridge, host).intf2
        interface.ip = address
        return str(interface.name)

    def make(self) -> None:
        """Make bridges and links.

        Raises:
            RuntimeError: the kernel refused one.
        """
        batch = []
        for bridge in (self.management, self.tor):
            batch += [
                f"link add name {bridge.name} mtu {bridge.mtu} group {GROUP} type bridge mcast_snooping 0",
                f"link set {bridge.name} up",
            ]
        for link in self.net.links:
            port, mtu = link.intf1.name, link.intf1.node.mtu
            batch += [
                f"link add name {port} mtu {mtu} group {GROUP} type veth "
                f"peer name {link.intf2.name} mtu {mtu} netns {link.intf2.node.pid}",
                f"link set {port} master {link.intf1.node.name} up",
            ]
        _ip(batch)
        self.net.built = True

    def unmake(self) -> None:
        """Remove what `make` made, as far as it was made, and end the machines' shells."""
        _ip([f"link delete group {GROUP}"], force=True)
        for machine in (*self.net.hosts, *self.net.switches):
            machine.vanish()


def _bridge(mtu: int) -> object:
    return lambda name, **_parameters: Bridge(name, mtu)


def _ip(batch: Sequence[str], *, force: bool = False) -> None:
    """Run `ip` commands in the enclosure's own namespace; with `force` those that fail are passed over."""
    argv = ["ip", *(["-force"] if force else []), "-batch", "-"]
    done = subprocess.run(
        argv, input="".join(f"{line}\n" for line in batch), capture_output=True, text=True, check=False
    )
    if done.returncode != 0 and not force:
        raise RuntimeError(f"the fabric cannot be made: {done.stderr.strip()}")
