"""Faults that a cluster may suffer: each breaks one thing and knows how it is undone.

One file a fault, one protocol for all: a scenario can be written about "a fault", and a new one is one more file.
"""

from testbed.faults.fault import Fault, FaultFailed, suffering
from testbed.faults.kill import Kill
from testbed.faults.node_down import NodeDown
from testbed.faults.partition import Partition
from testbed.faults.pause import Pause
from testbed.faults.restart import Restart
from testbed.faults.slow import Slow

__all__ = ["Fault", "FaultFailed", "Kill", "NodeDown", "Partition", "Pause", "Restart", "Slow", "suffering"]
