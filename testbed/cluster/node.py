"""An emulated Kubernetes node: one OVN chassis with daemons of its own in a network namespace of its own.

Its interfaces: `NODE-eth0` on the management network (ovn-controller reaches SB there), `NODE-eth1` on the underlay.
The underlay one belongs to `br-phys`, a userspace bridge with a tap that carries the Geneve address: what leaves a
tunnel must pass Open vSwitch, as it would with a network card driven from user space.
"""

from __future__ import annotations

from pathlib import Path

from testbed.cluster import seed
from testbed.cluster.central import PROBE_MS
from testbed.cluster.daemon import Daemon
from testbed.cluster.fabric import (
    MANAGEMENT_NETWORK,
    UNDERLAY_MTU,
    UNDERLAY_NETWORK,
    UNDERLAY_NETWORK6,
    management_address,
    underlay_address,
    underlay_address6,
)
from testbed.cluster.host import Host
from testbed.cluster.processes import wait_until
from testbed.releases.release import Release

INTEGRATION_BRIDGE, PHYSICAL_BRIDGE, TUNNEL_DEVICE = "br-int", "br-phys", "tunnel0"

EXTERNAL_NETWORK = "external"
"""The provider network by which logical switches reach the underlay; set at the start, since ovn-controller computes
everything anew when somebody writes there later."""

DATAPATH_TYPE = "dummy"
"""The userspace datapath (`netdev`) under the name in which a port of type internal has no device in the kernel.

Stub pods are such ports. They cannot be of type dummy: ovn-controller takes ports of system and internal devices alone
incrementally and recomputes everything at any other ("failed handler for input ovs_interface_shadow" in its log,
23.03), which would be measured as OVN's work for a pod.
"""

RESTART_TIMEOUT_S = 30.0
SWITCH_NICENESS = -10
"""That of ovs-ctl(8). On a machine of its own a switch has a processor for itself; here packets, BFD's among them,
would wait until all other nodes' control planes had their turn, and living gateways be taken for lost."""


class Node(Host):
    """The machine `nodeN`."""

    def place(
        self, number: int, directory: Path, release: Release, southbound: str, encapsulation: str
    ) -> None:
        """Say where its files lie and what it runs; nothing is started yet."""
        self.directory = directory
        self.release = release
        self.southbound = southbound
        self.encapsulation = encapsulation
        self.management_ip = management_address(number + 10)
        self.tunnel_ip = underlay_address(number + 10)
        self.underlay_ip6 = underlay_address6(number + 10)
        self.database = f"unix:{directory / 'db.sock'}"
        self.bridge_management = directory / f"{INTEGRATION_BRIDGE}.mgmt"
        self.database_server = Daemon(
            release,
            "ovsdb-server",
            self.name,
            "database",
            (f"--remote=punix:{directory}/db.sock", f"--unixctl={directory}/db.ctl", f"{directory}/conf.db"),
            directory,
            launch=self.popen,
            control=lambda _pid: directory / "db.ctl",
            serves=(directory / "db.sock",),
        )
        self.switch = Daemon(
            release,
            "ovs-vswitchd",
            self.name,
            "switch",
            # --enable-dummy without "override": the datapath of stub pods, with real devices (live pods) in it too
            (self.database, f"--unixctl={directory}/ovs-vswitchd.ctl", "--enable-dummy", "--disable-system"),
            directory,
            launch=self.popen,
            control=lambda _pid: directory / "ovs-vswitchd.ctl",
            serves=(self.bridge_management,),
            niceness=SWITCH_NICENESS,
        )
        self.chassis = Daemon(
            release,
            "ovn-controller",
            self.name,
            "chassis",
            (self.database,),  # OVN 23.03's refuses --unixctl: the socket has its default name
            directory,
            launch=self.popen,
            control=lambda pid: directory / f"ovn-controller.{pid}.ctl",
        )

    @property
    def daemons(self) -> tuple[Daemon, ...]:
        """Its daemons, in the order in which they are started."""
        return (self.database_server, self.switch, self.chassis)

    def start_again(self) -> None:
        """Start all its daemons after they died, and give the tunnels' device, which is a new one, its address back.

        Raises:
            StartFailed: a daemon did not come back.
        """
        self.database_server.process.restart(RESTART_TIMEOUT_S)
        self._wait_for_no_flows()
        self.switch.process.restart(RESTART_TIMEOUT_S)
        wait_until(
            lambda: self.has_tunnel_device,
            [self.switch.process],
            RESTART_TIMEOUT_S,
            "there is no device for its tunnels",
        )
        self.address_tunnel()
        self.chassis.process.restart(RESTART_TIMEOUT_S)

    def _wait_for_no_flows(self) -> None:
        """Have vswitchd pass packets from the start.

        OVN from 24.03.8 on leaves ``flow-restore-wait`` set on gateways, so that after a crash they pass none until
        ovn-controller has put its flows in force; 26.03.1's was seen never to end that (Launchpad's bug 2169426 has
        this remedy for a like case).
        """
        tool = self.release.argv("ovs-vsctl", f"--db={self.database}", "--no-wait")
        self.must([*tool, "remove", "Open_vSwitch", ".", "other_config", "flow-restore-wait"])

    def prepare(self, management: str, underlay: str) -> None:
        """Bring its interfaces up and write its database."""
        self.ip(
            [
                "link set lo up",
                f"addr add {self.management_ip}/{MANAGEMENT_NETWORK.prefixlen} dev {management}",
                f"link set {management} up",
                f"link set {underlay} up",
            ]
        )
        self.directory.mkdir()
        schema = self.release.schema_path("vswitch.ovsschema")
        seed.write(self.directory / "conf.db", schema, self._configuration(underlay))

    @property
    def has_tunnel_device(self) -> bool:
        """Whether vswitchd has made the device that is to carry the Geneve address."""
        return Path(f"/proc/{self.pid}/root/sys/class/net/{TUNNEL_DEVICE}").exists()

    def address_tunnel(self) -> None:
        """Give the tap of br-phys the Geneve address."""
        # TCP from the namespace through the userspace datapath would keep its unfinished checksums
        self.must(["ethtool", "-K", TUNNEL_DEVICE, "tx", "off"])
        self.ip(
            [
                f"addr replace {self.tunnel_ip}/{UNDERLAY_NETWORK.prefixlen} dev {TUNNEL_DEVICE}",
                f"addr replace {self.underlay_ip6}/{UNDERLAY_NETWORK6.prefixlen} dev {TUNNEL_DEVICE} nodad",
                f"link set {TUNNEL_DEVICE} up",
            ]
        )

    def _configuration(self, underlay: str) -> list[seed.Row]:
        ours = _port(INTEGRATION_BRIDGE, type="internal")
        internal = _port(PHYSICAL_BRIDGE, type="internal")
        tunnel = _port(TUNNEL_DEVICE, type="tap", mtu_request=UNDERLAY_MTU)
        uplink = _port(underlay)
        integration = seed.Row(
            "Bridge",
            {
                "name": INTEGRATION_BRIDGE,
                "datapath_type": DATAPATH_TYPE,
                "fail_mode": "secure",
                "ports": seed.references(ours[:1]),
            },
        )
        physical = seed.Row(
            "Bridge",
            {
                "name": PHYSICAL_BRIDGE,
                "datapath_type": DATAPATH_TYPE,
                "ports": seed.references([internal[0], tunnel[0], uplink[0]]),
            },
        )
        switch = seed.Row(
            "Open_vSwitch",
            {
                "bridges": seed.references([integration, physical]),
                "external_ids": seed.string_map(
                    {
                        "system-id": self.name,
                        "hostname": self.name,
                        "ovn-remote": self.southbound,
                        "ovn-remote-probe-interval": str(PROBE_MS),
                        "ovn-openflow-probe-interval": str(PROBE_MS // 1000),
                        "ovn-encap-type": self.encapsulation,
                        "ovn-encap-ip": self.tunnel_ip,
                        "ovn-bridge-datapath-type": DATAPATH_TYPE,
                        "ovn-bridge-mappings": f"{EXTERNAL_NETWORK}:{PHYSICAL_BRIDGE}",
                    }
                ),
            },
        )
        return [switch, integration, physical, *ours, *internal, *tunnel, *uplink]


def _port(name: str, **interface: seed.Json) -> tuple[seed.Row, seed.Row]:
    device = seed.Row("Interface", {"name": name, **interface})
    return seed.Row("Port", {"name": name, "interfaces": seed.references([device])}), device
