"""The meter: when a change arrived where, what work it caused, and whether the figures may be believed.

It stands apart from the driver because the moments it stamps must not wait behind the driver's own work, and apart
from the cluster because nothing it does may wake the daemons under test: it reads what they publish (databases, flow
monitors, counters, /proc) and asks nothing of them within a measured window.
"""

from testbed.measure.client import Meter, MeterFailed
from testbed.measure.ends import Change, End, Ends, FlowEvents, NodeEnds
from testbed.measure.flowmonitor import FlowMonitorFailed
from testbed.measure.service import EndNotSeen
from testbed.measure.tracker import UnfitExpectation

__all__ = [
    "Change",
    "End",
    "EndNotSeen",
    "Ends",
    "FlowEvents",
    "FlowMonitorFailed",
    "Meter",
    "MeterFailed",
    "NodeEnds",
    "UnfitExpectation",
]
