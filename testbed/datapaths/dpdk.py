"""Switching by polling cores (``netdev`` with DPDK): high packet rates, for busy cores and huge pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from testbed.datapaths.datapath import Ability, needing
from testbed.datapaths.features import Findings

SWITCH = Path("/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk")
GENERATOR = "dpdk-testpmd"
_PACKAGES = "apt-get install openvswitch-switch-dpdk dpdk-dev"


def _installed() -> list[str]:
    """The programs of DPDK that this machine lacks."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin"
    missing = [] if SWITCH.exists() else [str(SWITCH)]
    return missing if shutil.which(GENERATOR, path=path) else [*missing, GENERATOR]


class Dpdk:
    """Open vSwitch built with DPDK, virtio and memif ports instead of network cards.

    ``missing`` tells which of its programs are not there.
    """

    name = "dpdk"
    bridge_type = "netdev"

    def __init__(self, missing: Callable[[], list[str]] = _installed) -> None:
        self._missing = missing

    def ability(self, findings: Findings) -> Ability:
        """It needs huge pages and programs built for it."""
        kernel = needing(findings, ("namespaces", "huge-pages"), "huge pages and programs are there")
        missing = self._missing()
        if kernel.able and missing:
            return Ability(False, f"not installed: {', '.join(missing)}", _PACKAGES)
        return kernel

    def encapsulation(self, encapsulation: str, findings: Findings) -> Ability:
        """Tunnels and tags are made by ovs-vswitchd."""
        if encapsulation not in ("geneve", "vlan", "none"):
            raise ValueError(f"encapsulation {encapsulation!r}: expected geneve, vlan or none")
        mine = self.ability(findings)
        return Ability(True, "made by ovs-vswitchd") if mine.able else mine
