"""What driver and meter say to each other: one JSON object a line over a Unix socket, requests answered in any order.

The requests are the methods of `testbed.measure.client.Meter`; the meter's socket is the cluster's own, but what comes
in is checked against these types all the same.
"""

import msgspec

from testbed.measure.clock import ClockOffset
from testbed.measure.ends import Change, End
from testbed.measure.lateness import Lateness

LINE_LIMIT = 1 << 20
"""Bytes of the longest line taken (the ends of a change on some 10,000 nodes)."""


class NodeConfig(msgspec.Struct, frozen=True):
    """One node: its name, its database's endpoint, and the whole command of its flow monitor."""

    name: str
    database: str
    monitor_argv: tuple[str, ...]
    monitor_environment: dict[str, str] = {}


class MeterConfig(msgspec.Struct, frozen=True):
    """What a meter watches."""

    northbound: str
    southbound: str
    nodes: tuple[NodeConfig, ...]


class StartFlows(msgspec.Struct, frozen=True, tag="start_flows"):
    """Start the flow monitors of these nodes (of all, when none is named)."""

    nodes: tuple[str, ...] = ()


class StopFlows(msgspec.Struct, frozen=True, tag="stop_flows"):
    """Stop all flow monitors."""


class Expect(msgspec.Struct, frozen=True, tag="expect"):
    """Arm for a change of a port; `nodes` (all watched ones, when None) must get or lose its flows."""

    port: str
    change: Change
    nodes: tuple[str, ...] | None = None


class Until(msgspec.Struct, frozen=True, tag="until"):
    """Answer at the moment an end is seen."""

    port: str
    end: End
    timeout_s: float


class GetEnds(msgspec.Struct, frozen=True, tag="ends"):
    """Answer with all ends once all are seen, or with those that are when the time is over; then forget the change."""

    port: str
    timeout_s: float


class GetHealth(msgspec.Struct, frozen=True, tag="health"):
    """Answer with what tells whether the meter may be believed, since the last time it was asked."""


Request = StartFlows | StopFlows | Expect | Until | GetEnds | GetHealth


class Envelope(msgspec.Struct, frozen=True):
    """A request with the number under which it is answered."""

    id: int
    request: Request


class Failure(msgspec.Struct, frozen=True):
    """Why a request was not met: the name of the error's class and its message."""

    error: str
    message: str


class Answer(msgspec.Struct, frozen=True):
    """The answer to a request: its value as JSON, or a failure."""

    id: int
    value: msgspec.Raw = msgspec.Raw(b"null")
    failure: Failure | None = None


class Health(msgspec.Struct, frozen=True):
    """The meter's own state: lateness since last asked, clocks at its start and now, and all that was ever lost."""

    lateness: Lateness
    started: ClockOffset
    now: ClockOffset
    lost: tuple[str, ...]
