"""Emulated clusters: central, nodes, fabric and external network on Mininet, enclosed so that nothing outlives them."""

from testbed.cluster.central import Central
from testbed.cluster.cluster import Cluster
from testbed.cluster.daemon import Daemon
from testbed.cluster.errors import (
    ClusterError,
    DaemonDied,
    NoCluster,
    NotPrivileged,
    SpecError,
    StartFailed,
    StateInUse,
    StateUnusable,
)
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
    "NoCluster",
    "Node",
    "NotPrivileged",
    "SpecError",
    "StartFailed",
    "StateInUse",
    "StateUnusable",
]
