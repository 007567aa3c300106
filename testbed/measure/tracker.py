"""From a stream of row changes and flow events to the ends of the changes that were expected.

Sources report in no common order: a node's flows may be read before the SB row that tells which tunnel key to look
for. So what cannot be judged yet is kept in a bounded window and matched once the port's identity is known. Nothing
here reads a socket or a clock; every moment comes from the caller.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from testbed.measure.ends import Change, Ends, FlowEvents, NodeEnds
from testbed.measure.flowevents import FlowEvent, Lookup, Output

WINDOW_EVENTS = 200_000
"""Flow events kept while a port's identity is unknown (about 40 MB). One pod makes some 60; more than this in the
moments between a port's NB row and its SB row is no single change any more, and the sample is marked as lost."""


class PortRow(NamedTuple):
    """What the SB row of a port says; `datapath` is the tunnel key of its switch, `chassis` a node's name."""

    datapath: int
    key: int
    mac: str | None
    chassis: str | None
    up: bool


class Plug(NamedTuple):
    """An interface on a node that asks for a port; `installed_ns` is `ovn-installed-ts` on the monotonic clock."""

    node: str
    seen_ns: int
    installed_ns: int | None


class UnfitExpectation(Exception):
    """What is expected cannot happen: a port that is already there is added, or one that nobody knows is deleted."""


class _Expectation:
    def __init__(self, ends: Ends, counted: dict[str, FlowEvents]) -> None:
        self.ends = ends
        self.counted = counted
        self.identity: tuple[Lookup, Output] | None = None


class Tracker:
    """Holds what the databases say now, and the ends of each expected change as they are reached.

    `on_progress` is called with the port whenever one of its ends was reached.
    """

    def __init__(self, on_progress: Callable[[str], None], *, window: int = WINDOW_EVENTS) -> None:
        self._on_progress = on_progress
        self._expectations: dict[str, _Expectation] = {}
        self._nb: dict[str, str | None] = {}
        self._sb: dict[str, PortRow] = {}
        self._plugs: dict[str, Plug] = {}
        self._awaited: dict[Lookup | Output, list[_Expectation]] = {}
        self._window: deque[tuple[int, str, FlowEvent]] = deque(maxlen=window)
        self._unidentified = 0
        self._counts: dict[str, FlowEvents] = {}

    # what is expected

    def expect(self, port: str, change: Change, nodes: Iterable[str], now_ns: int) -> None:
        """Arm for a change that has not been made yet; what was seen of an earlier one of the port is forgotten.

        `nodes` are those that must get (or lose) the port's flows. Raises UnfitExpectation.
        """
        if change == "added" and (port in self._nb or port in self._sb):
            where = "already in NB" if port in self._nb else "still in SB"
            raise UnfitExpectation(f"port {port} is {where}, so it cannot be added")
        if change == "deleted" and (port not in self._sb or self._mac(port) is None):
            raise UnfitExpectation(f"port {port} is not in SB with a MAC, so its going cannot be seen")
        self.forget(port)
        ends = Ends(port, change, now_ns)
        ends.nodes = {name: NodeEnds() for name in nodes}
        counted = {name: msgspec.structs.replace(self._count(name)) for name in ends.nodes}
        expectation = self._expectations[port] = _Expectation(ends, counted)
        self._unidentified += 1
        if change == "deleted":
            self._identify(expectation)
        elif port in self._plugs:
            self._take_plug(ends, self._plugs[port])

    def forget(self, port: str) -> None:
        """Stop expecting; nothing happens for a port that was not expected."""
        expectation = self._expectations.pop(port, None)
        if expectation is None:
            return
        if expectation.identity is None:
            self._one_less_unidentified()
            return
        for flow in expectation.identity:
            self._awaited[flow].remove(expectation)
            if not self._awaited[flow]:
                del self._awaited[flow]

    def ends(self, port: str) -> Ends:
        """What was seen so far of the change expected of a port. Raises UnfitExpectation when none is."""
        expectation = self._expectations.get(port)
        if expectation is None:
            raise UnfitExpectation(f"no change of port {port} is expected")
        expectation.ends.flow_events = {
            node: self._count(node).since(before) for node, before in expectation.counted.items()
        }
        return expectation.ends

    @property
    def expected(self) -> tuple[Ends, ...]:
        """The changes expected now, with what was seen of each."""
        return tuple(expectation.ends for expectation in self._expectations.values())

    def lose(self, reason: str) -> None:
        """Something may have been missed: every change expected now is marked with the reason."""
        for expectation in self._expectations.values():
            if reason not in expectation.ends.lost:
                expectation.ends.lost += (reason,)

    # what the databases and switches tell

    def northbound(self, port: str, mac: str | None, present: bool, ns: int) -> None:
        """A Logical_Switch_Port came, changed or went."""
        if present:
            self._nb[port] = mac
        else:
            self._nb.pop(port, None)
        expectation = self._expectations.get(port)
        if expectation is None or expectation.ends.nb_ns is not None:
            return
        if present == (expectation.ends.change == "added"):
            expectation.ends.nb_ns = ns
            self._on_progress(port)

    def southbound(self, port: str, row: PortRow | None, ns: int) -> None:
        """A Port_Binding came or changed (`row`), or went (None)."""
        if row is None:
            self._sb.pop(port, None)
        else:
            self._sb[port] = row
        expectation = self._expectations.get(port)
        if expectation is None:
            return
        ends = expectation.ends
        if ends.change == "deleted":
            if row is None and ends.sb_ns is None:
                ends.sb_ns = ns
                self._on_progress(port)
            return
        if row is None:
            return
        if ends.sb_ns is None:
            ends.sb_ns = ns
        if row.chassis is not None and ends.claimed_ns is None:
            ends.claimed_ns, ends.chassis = ns, row.chassis
        if row.up and ends.up_ns is None:
            ends.up_ns = ns
        if expectation.identity is None and self._mac(port) is not None:
            self._identify(expectation)
        self._on_progress(port)

    def interface(self, port: str, plug: Plug | None, ns: int) -> None:
        """An interface with this `iface-id` came or changed (`plug`), or went (None)."""
        before = self._plugs.get(port)
        if plug is None:
            self._plugs.pop(port, None)
        else:
            self._plugs[port] = plug._replace(seen_ns=before.seen_ns) if before else plug
        expectation = self._expectations.get(port)
        if expectation is None:
            return
        ends = expectation.ends
        if ends.change == "added" and plug is not None:
            self._take_plug(ends, self._plugs[port])
            if plug.installed_ns is not None and ends.installed_ns is None:
                ends.installed_ns, ends.installed_seen_ns = plug.installed_ns, ns
            self._on_progress(port)
        elif ends.change == "deleted" and plug is None and ends.plugged_ns is None:
            ends.plugged_ns = ns
            self._on_progress(port)

    def flow(self, node: str, event: FlowEvent, ns: int) -> None:
        """A node's switch reported a flow."""
        self._count(node).take(event.happening)
        if event.flow is None:
            return
        if self._unidentified:
            if len(self._window) == self._window.maxlen:
                self.lose("window overflow")
            self._window.append((ns, node, event))
        for expectation in self._awaited.get(event.flow, ()):
            self._take_flow(expectation, node, event, ns)

    # how they are matched

    def _count(self, node: str) -> FlowEvents:
        return self._counts.setdefault(node, FlowEvents())

    def _one_less_unidentified(self) -> None:
        self._unidentified -= 1
        if not self._unidentified:
            self._window.clear()

    def _mac(self, port: str) -> str | None:
        row = self._sb.get(port)
        return (row.mac if row else None) or self._nb.get(port)

    def _identify(self, expectation: _Expectation) -> None:
        port = expectation.ends.port
        row, mac = self._sb[port], self._mac(port)
        assert mac is not None
        expectation.identity = Lookup(row.datapath, mac), Output(row.datapath, row.key)
        for flow in expectation.identity:
            self._awaited.setdefault(flow, []).append(expectation)
        for ns, node, event in self._window:
            if ns >= expectation.ends.armed_ns and event.flow in expectation.identity:
                self._take_flow(expectation, node, event, ns)
        self._one_less_unidentified()

    def _take_flow(self, expectation: _Expectation, node: str, event: FlowEvent, ns: int) -> None:
        """The first event that makes it true counts; the opposite one makes it untrue again."""
        ends = expectation.ends.nodes.get(node)
        if ends is None:
            return
        true = (event.happening == "DELETED") == (expectation.ends.change == "deleted")
        if isinstance(event.flow, Lookup):
            ends.lookup_ns = (ends.lookup_ns or ns) if true else None
        else:
            ends.output_ns = (ends.output_ns or ns) if true else None
        self._on_progress(expectation.ends.port)

    @staticmethod
    def _take_plug(ends: Ends, plug: Plug) -> None:
        if ends.plugged_ns is None:
            ends.plugged_ns = plug.seen_ns


def mac_of(addresses: Iterable[str]) -> str | None:
    """The MAC of the first address of a port that names one ("MAC IP ..."); None for `dynamic`, `router` and such."""
    for address in addresses:
        first = address.partition(" ")[0].lower()
        if len(first) == 17 and first.count(":") == 5:
            return first
    return None


def installed_ts(external_ids: Mapping[str, str]) -> int | None:
    """`ovn-installed-ts` (wall clock, ms) of an interface that OVN says is installed; None before that."""
    if external_ids.get("ovn-installed") != "true":
        return None
    stamp = external_ids.get("ovn-installed-ts", "")
    return int(stamp) if stamp.isdigit() else None
