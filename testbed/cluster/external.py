"""A host beyond the cluster, on the ToR's uplink: what egress and external probes reach."""

from __future__ import annotations

from testbed.cluster.fabric import (
    UNDERLAY_NETWORK,
    UNDERLAY_NETWORK6,
    underlay_address,
    underlay_address6,
)
from testbed.cluster.host import Host


class External(Host):
    """The machine `external`."""

    address = underlay_address(1)
    address6 = underlay_address6(1)

    def prepare(self, interface: str) -> None:
        """Bring its interface up."""
        self.must(["ethtool", "-K", interface, "tx", "off"])  # its packets meet userspace datapaths
        self.ip(
            [
                "link set lo up",
                f"addr add {self.address}/{UNDERLAY_NETWORK.prefixlen} dev {interface}",
                f"addr add {self.address6}/{UNDERLAY_NETWORK6.prefixlen} dev {interface} nodad",
                f"link set {interface} up",
            ]
        )
