"""What a node's switch is to have, what it has, and the difference: pure, the one way from one to the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from controller.ovsdb import UUID, Atom, NamedUUID, Value, operations
from controller.ovsdb.operations import Operation

VENDOR = "vendor"
OURS = "kube-ovn"
"""Kube-OVN's mark on its interfaces: ports without it belong to others and are never touched."""
IFACE_ID = "iface-id"
POD_NAMESPACE = "pod_namespace"
POD_NAME = "pod_name"
POD_UID = "pod_uid"
INSTALLED = "ovn-installed"
INSTALLED_TS = "ovn-installed-ts"


@dataclass(frozen=True)
class Port:
    """A port that is wanted: the interface's name and type on the switch, and what it tells OVN and us.

    ``ids`` go to the Interface's ``external_ids``, a write that costs ovn-controller nothing; they always have the
    ``iface-id`` and our mark.
    """

    interface: str
    iface_id: str
    type: str = ""
    mac: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def external_ids(self) -> dict[str, str]:
        """Everything of ours in the Interface's ``external_ids``."""
        return {**self.ids, IFACE_ID: self.iface_id, VENDOR: OURS}


@dataclass(frozen=True)
class Present:
    """A port of ours that the switch has.

    ``error`` is why the switch cannot open its device, ``ifindex`` the kernel's number of the one that it has opened.
    """

    port: UUID
    interface: UUID
    name: str
    type: str
    mac: str | None
    external_ids: Mapping[str, str]
    error: str | None = None
    ifindex: int | None = None

    @property
    def installed_ts(self) -> int | None:
        """OVN's own wall-clock moment (ms) of having all flows of the port; None until then."""
        if self.external_ids.get(INSTALLED) != "true":
            return None
        return int(self.external_ids.get(INSTALLED_TS, "0") or 0)

    def is_of(self, wanted: Port) -> bool:
        """Whether this is the very port that is wanted, whatever else it tells."""
        return (self.name, self.type, self.mac) == (wanted.interface, wanted.type, wanted.mac)

    def as_wanted(self) -> Port:
        """The port as somebody would have asked for it."""
        kept = (POD_NAMESPACE, POD_NAME, POD_UID)
        ids = {name: self.external_ids[name] for name in kept if name in self.external_ids}
        return Port(self.name, self.external_ids[IFACE_ID], self.type, self.mac, ids)


@dataclass
class Difference:
    """What has to be done to a switch: ports to add, ports to take away, ids to set on interfaces."""

    add: list[Port] = field(default_factory=list)
    remove: list[UUID] = field(default_factory=list)
    tell: list[tuple[UUID, dict[str, str]]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.add or self.remove or self.tell)

    def include(self, wanted: Port | None, present: Iterable[Present]) -> None:
        """Adds what one ``iface-id`` needs: at most one port carries it, the wanted one."""
        found = False
        for entry in present:
            if wanted is None or found or not entry.is_of(wanted):
                self.remove.append(entry.port)
                continue
            found = True
            missing = {
                key: value
                for key, value in wanted.external_ids.items()
                if entry.external_ids.get(key) != value
            }
            if missing:
                self.tell.append((entry.interface, missing))
        if wanted is not None and not found:
            self.add.append(wanted)

    def operations(self, bridge: UUID) -> list[Operation]:
        """The transaction that does it; removals come first, so that names are free for what is added."""
        found: list[Operation] = []
        if self.remove:
            found.append(operations.mutate("Bridge", bridge, [("ports", "delete", frozenset(self.remove))]))
        for interface, ids in self.tell:
            found.append(
                operations.mutate(
                    "Interface",
                    interface,
                    [("external_ids", "delete", frozenset(ids)), ("external_ids", "insert", ids)],
                )
            )
        names = []
        for number, wanted in enumerate(self.add):
            device, port = NamedUUID(f"interface{number}"), NamedUUID(f"port{number}")
            found.append(operations.insert("Interface", _interface(wanted), uuid_name=device))
            row: dict[str, Value] = {"name": wanted.interface, "interfaces": frozenset((device,))}
            found.append(operations.insert("Port", row, uuid_name=port))
            names.append(port)
        if names:
            found.append(operations.mutate("Bridge", bridge, [("ports", "insert", frozenset(names))]))
        return found


def _interface(port: Port) -> dict[str, Value]:
    ids: dict[Atom, Atom] = dict(port.external_ids.items())
    row: dict[str, Value] = {"name": port.interface, "type": port.type, "external_ids": ids}
    return row | {"mac": port.mac} if port.mac else row
