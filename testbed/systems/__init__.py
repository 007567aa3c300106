"""Controllers under test: how each is started, and what exactly it was.

The laboratory asks a `System` for command lines and never knows what stands behind them, so that another controller
(Kube-OVN's, a fork, a vendor's) can be put in the same place and compared.
"""

from testbed.systems.ours import Ours
from testbed.systems.system import Command, System

__all__ = ["Command", "Ours", "System"]
