"""Switching in ovs-vswitchd itself (``netdev``): in any kernel, and with every encapsulation made by its own code."""

from __future__ import annotations

from testbed.datapaths.datapath import Ability, needing
from testbed.datapaths.features import Findings


class Userspace:
    """Open vSwitch's userspace datapath over veth and tap devices."""

    name = "userspace"
    bridge_type = "netdev"

    def ability(self, findings: Findings) -> Ability:
        """It needs no more than namespaces and the devices that lead to them."""
        return needing(findings, ("namespaces", "veth", "bridge", "tap"), "ovs-vswitchd switches by itself")

    def encapsulation(self, encapsulation: str, findings: Findings) -> Ability:
        """Tunnels and tags are made by ovs-vswitchd: whatever it can do, it can do everywhere."""
        if encapsulation not in ("geneve", "vlan", "none"):
            raise ValueError(f"encapsulation {encapsulation!r}: expected geneve, vlan or none")
        mine = self.ability(findings)
        return Ability(True, "made by ovs-vswitchd") if mine.able else mine
