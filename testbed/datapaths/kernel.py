"""Switching in the kernel (``system``): what production nodes use, where the kernel has Open vSwitch's module."""

from __future__ import annotations

from testbed.datapaths.datapath import Ability, needing
from testbed.datapaths.features import Findings


class Kernel:
    """The kernel's openvswitch module."""

    name = "kernel"
    bridge_type = "system"

    def ability(self, findings: Findings) -> Ability:
        """A datapath could be made in a namespace of its own."""
        return needing(
            findings, ("namespaces", "veth", "bridge", "openvswitch"), "the kernel has openvswitch"
        )

    def encapsulation(self, encapsulation: str, findings: Findings) -> Ability:
        """Tunnels need the kernel's own devices; tags are the module's."""
        mine = self.ability(findings)
        if not mine.able:
            return mine
        if encapsulation == "geneve":
            return needing(findings, ("geneve",), "the kernel has geneve")
        if encapsulation in ("vlan", "none"):
            return Ability(True, "tagged by the kernel's openvswitch")
        raise ValueError(f"encapsulation {encapsulation!r}: expected geneve, vlan or none")
