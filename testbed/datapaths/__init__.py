"""Where packets are switched, and what of it this machine can do: one file a datapath, one protocol."""

from testbed.datapaths.datapath import Ability, Datapath
from testbed.datapaths.dpdk import Dpdk
from testbed.datapaths.features import Feature, Findings, probe
from testbed.datapaths.kernel import Kernel
from testbed.datapaths.userspace import Userspace

DATAPATHS: tuple[Datapath, ...] = (Userspace(), Kernel(), Dpdk())
"""Every datapath; the first is the one taken unless another is asked for."""

ENCAPSULATIONS = ("geneve", "vlan", "none")
"""How packets of pods cross the physical network."""

__all__ = [
    "DATAPATHS",
    "ENCAPSULATIONS",
    "Ability",
    "Datapath",
    "Dpdk",
    "Feature",
    "Findings",
    "Kernel",
    "Userspace",
    "probe",
]
