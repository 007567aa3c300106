"""Which addresses are taken and by whom: the books that allocation keeps, made from the records in the API.

An address is free only when nothing uses it any more. So a record that vanishes while its pod or its port is still
there (somebody deleted the object by hand) frees nothing: its addresses are held until the pod has a record again or
the port is gone from NB. The same holds after a restart, when ports are found in NB that no record speaks of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from typing import Any

from controller.api.annotations import ALLOCATED, IP_ADDRESS, LOGICAL_SWITCH, MAC_ADDRESS, TRUE
from controller.api.kinds import IPPOOLS, IPS, PODS, SUBNETS
from controller.api.kubeovn import IP, IPSpec, Subnet
from controller.api.meta import ObjectMeta
from controller.api.names import pod_port
from controller.api.reservations import IPPool
from controller.engine.usage import Users
from controller.engine.view import View
from controller.ipam import IpamError, MacRegistry
from controller.northbound.replica import Replica
from controller.northbound.rows import RowKey
from controller.reconcilers.address import has_subject
from controller.reconcilers.ending import SHOWN
from controller.reconcilers.pod import needs_network
from controller.runtime.claims import Claim
from controller.runtime.ranges import Ranges

PORTS = "Logical_Switch_Port"


class Ledger:
    """Who has which address and MAC, and what of it is news to others."""

    def __init__(self, view: View, replica: Replica) -> None:
        self._view = view
        self._replica = replica
        self._ranges: dict[str, Ranges] = {}
        self._records: dict[str, IP] = {}
        self._of_subnet: defaultdict[str, dict[str, IP]] = defaultdict(dict)
        self._drawn: dict[str, IP] = {}
        self._held: dict[str, list[IP]] = {}
        self._over: set[tuple[str, str]] = set()
        self._changed: set[str] = set()
        self._freed_macs: set[str] = set()
        self.macs = MacRegistry()

    def ranges(self, name: str) -> Ranges | None:
        """The free and taken addresses of a subnet; None while there is no such subnet."""
        ranges = self._ranges.get(name)
        if ranges is None:
            subnet: Subnet | None = self._view.get(SUBNETS, name)
            if subnet is None:
                return None
            ranges = Ranges(subnet, self._view.all(IPPOOLS), self._taken(name))
            self._ranges[name] = ranges
        return ranges

    def is_closing(self, name: str) -> bool:
        """Whether a subnet is being deleted: it gives no more addresses."""
        subnet = self._view.get(SUBNETS, name)
        return subnet is not None and subnet.is_being_deleted

    def could_give(self, claim: Claim, record: IP) -> bool:
        """Whether the claim could be given now what a record is of."""
        ranges = self.ranges(claim.subnet)
        if ranges is None or record.spec.subnet != claim.subnet:
            return False
        return claim.wish.is_met_by(record, ranges)

    def take_news(self) -> tuple[frozenset[str], frozenset[str]]:
        """The subnets of which something was taken or became free, and the MACs that did; told once."""
        news = frozenset(self._changed), frozenset(self._freed_macs)
        self._changed.clear()
        self._freed_macs.clear()
        return news

    def reopen(self, name: str) -> None:
        """The subnet, or what divides it, came, went or is another now: its pools are made anew from the records."""
        self._ranges.pop(name, None)
        self._changed.add(name)

    def divided(self, division: IPPool) -> None:
        """An ``IPPool`` came, went or is another now."""
        for name, ranges in list(self._ranges.items()):
            if name == division.spec.subnet or division.name in ranges.divisions:
                self.reopen(name)

    def draw(self, record: IP) -> None:
        """Addresses that were drawn are about to be recorded under that name."""
        self._drawn[record.name] = record

    def put_back(self, name: str) -> None:
        """What was drawn under the name is not wanted: it is free again."""
        record = self._drawn.pop(name, None)
        if record is not None:
            self._free(record)

    def recorded(self, record: IP) -> None:
        """A record is there: its addresses are taken."""
        name = record.name
        before = self._records.get(name)
        if before is not None and before.spec == record.spec:
            return
        drawn = self._drawn.pop(name, None)
        self._records[name] = record
        self._of_subnet[record.spec.subnet][name] = record
        if before is not None and before.spec.subnet != record.spec.subnet:
            del self._of_subnet[before.spec.subnet][name]
        self._changed.add(record.spec.subnet)
        if drawn is not None and _same(drawn, record):
            return
        if before is not None and _same(before, record):
            return
        self._take(record)
        for old in (drawn, before):
            if old is not None:
                self._let_go(old)

    def released(self, record: IP) -> None:
        """A record is gone: its addresses are free once nothing uses them any more."""
        known = self._records.pop(record.name, None)
        if known is not None:
            del self._of_subnet[known.spec.subnet][record.name]
            self._let_go(known)

    def ended(self, name: str) -> None:
        """No pod of that name needs what is held for it: it is gone, whoever has its name now, or asks for another."""
        self._over.update((name, record.spec.ip_address) for record in self._held.get(name, ()))

    def held(self, name: str) -> IP | None:
        """What somebody of that name still uses although no record says so."""
        return self._held.get(name, [None])[-1]

    def draw_held(self, record: IP) -> None:
        """What is held under the record's name is about to be recorded again."""
        name, records = record.name, self._held[record.name]
        records.pop()
        if not records:
            del self._held[name]
        self._over.discard((name, record.spec.ip_address))
        self._drawn[name] = record

    def hold_again(self, name: str) -> None:
        """What was held could not be recorded: it is held on."""
        record = self._drawn.pop(name, None)
        if record is not None:
            self._held.setdefault(name, []).append(record)

    def survey(self) -> None:
        """Holds what is in use without a record: what ports have in NB, and what pods that still run were promised."""
        for name, row in self._replica.own_rows(PORTS):
            if self._is_unknown(name):
                self._hold(_of_port(name, row))
        for path in self._view.paths(PODS):
            namespace, _, pod = path.rpartition("/")
            if self._is_unknown(pod_port(namespace, pod)):
                self._hold(_of_promise(namespace, pod, self._view))

    def _is_unknown(self, name: str) -> bool:
        return name not in self._records and name not in self._held and self._view.get(IPS, name) is None

    def _hold(self, record: IP | None) -> None:
        if record is not None and self.ranges(record.spec.subnet) is not None:
            self._held[record.name] = [record]
            self._take(record)

    def settle(self) -> None:
        """Frees what was held and is used no more."""
        for name in list(self._held):
            for record in list(self._held[name]):
                current = self._records.get(name)
                again = current is not None and _same(current, record)
                if again or not self._is_used(record):
                    self._held[name].remove(record)
                    self._free(record)  # Where there is a record again, it took them a second time.
            if not self._held[name]:
                del self._held[name]
                self._over = {over for over in self._over if over[0] != name}

    def users(self, subnet: str) -> Users:
        """Who has addresses of a subnet, by the names of the records."""
        recorded = self._of_subnet.get(subnet, {})
        loose = {record.name for record in self._loose(subnet)} - recorded.keys()
        return Users(len(recorded) + len(loose), tuple(islice(chain(recorded, loose), SHOWN)))

    def owner_of(self, subnet: str, address: str) -> str:
        """The name of the record that has an address; empty if none says so."""
        for record in self._taken(subnet):
            if address in record.addresses:
                return record.name
        return ""

    def _taken(self, subnet: str) -> Iterator[IP]:
        yield from self._of_subnet.get(subnet, {}).values()
        yield from self._loose(subnet)

    def _loose(self, subnet: str) -> Iterator[IP]:
        """What is drawn or held of a subnet without a record that says so."""
        for record in (*self._drawn.values(), *chain.from_iterable(self._held.values())):
            if record.spec.subnet == subnet:
                yield record

    def _take(self, record: IP) -> None:
        with suppress(IpamError):  # Text that is no MAC takes none from anybody.
            self.macs.take(record.spec.mac_address, record.name)
        ranges = self._ranges.get(record.spec.subnet)
        if ranges is not None:
            ranges.take(record)
        self._changed.add(record.spec.subnet)

    def _let_go(self, record: IP) -> None:
        if self._is_used(record):
            self._held.setdefault(record.name, []).append(record)
        else:
            self._free(record)

    def _free(self, record: IP) -> None:
        with suppress(IpamError):
            mac, current = record.spec.mac_address, self._records.get(record.name)
            kept = current is not None and current.spec.mac_address == mac
            if not kept and self.macs.owner(mac) == record.name:
                self.macs.release(mac)
                self._freed_macs.add(mac.lower())
        ranges = self._ranges.get(record.spec.subnet)
        if ranges is not None:
            ranges.put_back(record.addresses)
        self._changed.add(record.spec.subnet)

    def _is_used(self, record: IP) -> bool:
        row = self._replica.own(RowKey(PORTS, record.name))
        if row is not None:
            stated: Any = row.row["addresses"]
            in_use = {text for entry in stated for text in entry.split()}
            if in_use.intersection(record.addresses):
                return True
        if record.name in self._records or self._view.is_outdated(record.name):
            return False
        if (record.name, record.spec.ip_address) in self._over:
            return False
        return has_subject(record, self._view)


def _same(one: IP, other: IP) -> bool:
    return (one.spec.subnet, one.spec.ip_address, one.spec.mac_address) == (
        other.spec.subnet,
        other.spec.ip_address,
        other.spec.mac_address,
    )


def _of_promise(namespace: str, name: str, view: View) -> IP | None:
    """The record that a pod once had which was promised an address; None for one that was not, or has ended."""
    pod, stated = view.get(PODS, f"{namespace}/{name}"), view.stated(PODS, f"{namespace}/{name}")
    if pod is None or stated is None or not needs_network(pod):
        return None
    said = stated.annotations
    if said.get(ALLOCATED) != TRUE or not {IP_ADDRESS, MAC_ADDRESS, LOGICAL_SWITCH} <= said.keys():
        return None
    return IP(
        metadata=ObjectMeta(name=pod_port(namespace, name)),
        spec=IPSpec(
            pod_name=name,
            namespace=namespace,
            subnet=said[LOGICAL_SWITCH],
            node_name=pod.spec.node_name,
            ip_address=said[IP_ADDRESS],
            mac_address=said[MAC_ADDRESS],
        ),
    )


def _of_port(name: str, row: Any) -> IP | None:
    """The record that a port of a pod or a node once had."""
    stated, labels = row.pick("addresses", "external_ids")
    parts = next(iter(stated), "").split()
    if len(parts) < 2 or "ls" not in labels:
        return None
    namespace, _, pod = labels.get("pod", "").rpartition("/")
    return IP(
        metadata=ObjectMeta(name=name),
        spec=IPSpec(
            pod_name=pod or name,
            namespace=namespace,
            subnet=labels["ls"],
            node_name=labels.get("node", ""),
            ip_address=",".join(parts[1:]),
            mac_address=parts[0],
        ),
    )
