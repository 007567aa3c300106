"""Emulated clusters: central, nodes, fabric and external network on Mininet, enclosed so that nothing outlives them."""

from testbed.cluster.central import Central
from testbed.cluster.cluster import Cluster
from testbed.cluster.daemon import Daemon
from testbed.cluster.errors import ClusterError, DaemonDied, NotPrivileged, SpecError, StartFailed, StateInUse
from testbed.cluster.host import Host
from testbed.cluster.node import Node
from testbed.cluster.spec import ClusterSpec

__all__ = [
    "Central",
    "Cluster",
    "ClusterError",
    "ClusterSpec",
    "Daemon",
    "DaemonDied",
    "Host",
    "Node",
    "NotPrivileged",
    "SpecError",
    "StartFailed",
    "StateInUse",
]
