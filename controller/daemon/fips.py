"""The floating addresses that are translated on their pods' own nodes: what announcers need to know of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection

import msgspec

from controller.api.kinds import OVN_FIPS
from controller.api.nat import DISTRIBUTED, OvnFip
from controller.kubernetes import Client


class Floating(msgspec.Struct, frozen=True, gc=False):
    """A rule in force: its addresses outside, and whose they are, by the name of the pod's port."""

    rule: str
    eip: str
    port: str
    addresses: tuple[str, ...]


class Fips:
    """Follows the rules once for all nodes of a daemon."""

    def __init__(self) -> None:
        self._rules: dict[str, Floating] = {}
        self._of_port: defaultdict[str, dict[str, Floating]] = defaultdict(dict)
        self._subscribers: list[Callable[[str], None]] = []

    def of(self, port: str) -> Collection[Floating]:
        """The addresses of a pod, by the name of its port."""
        return self._of_port[port].values() if port in self._of_port else ()

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Has ``callback`` called with the name of each port that addresses came to, or went from."""
        self._subscribers.append(callback)

    async def run(self, client: Client) -> None:
        """Follows for ever."""
        async for change in client.follow(OVN_FIPS):
            if change.type != "SYNCED":
                name = change.object.name
                self._replace(name, None if change.type == "DELETED" else _in_force(change.object))

    def _replace(self, name: str, found: Floating | None) -> None:
        before = self._rules.pop(name, None)
        if before is not None:
            del self._of_port[before.port][name]
            if not self._of_port[before.port]:
                del self._of_port[before.port]
        if found is not None:
            self._rules[name] = found
            self._of_port[found.port][name] = found
        if found != before:
            for port in {entry.port for entry in (before, found) if entry is not None}:
                for callback in self._subscribers:
                    callback(port)


def _in_force(rule: OvnFip) -> Floating | None:
    spec, status = rule.spec, rule.status
    if spec.type != DISTRIBUTED or not status.ready:
        return None
    addresses = tuple(filter(None, (status.v4_eip, status.v6_eip)))
    return Floating(rule.name, spec.ovn_eip, spec.ip_name, addresses)
