"""How endpoints are spread over slices: few slices, few writes, and who is in one stays in it.

A slice holds endpoints of one list of ports. First those that are gone are taken out and those that differ are renewed;
what is new goes into slices that are written anyway, then into one with room for all of it, then into new slices.

Source: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#distribution-of-endpointslices
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from testbed.workloads.objects import Document, EndpointSlice

FULL = 100
"""Endpoints of a slice; Kubernetes' own bound (``--max-endpoints-per-slice``)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An endpoint that ought to be in a slice: whose it is (a pod's uid), with which ports, and how it is written."""

    uid: str
    ports: tuple[Document, ...]
    document: Document


@dataclass(frozen=True, slots=True)
class Filled:
    """What a slice ought to hold; ``entry`` is None for one that is not there yet."""

    entry: EndpointSlice | None
    ports: tuple[Document, ...]
    endpoints: tuple[Document, ...]


@dataclass(slots=True)
class _Filling:
    entry: EndpointSlice | None
    endpoints: list[Document] = field(default_factory=list)
    is_written: bool = False

    @property
    def room(self) -> int:
        return FULL - len(self.endpoints)


def change(there: Iterable[EndpointSlice], wanted: Iterable[Wanted]) -> list[Filled]:
    """What slices of one family ought to hold: some of those ``there``, and new ones. Those not named are not needed.

    Where nobody is wanted one slice stays, empty: it says that the service has been looked at.
    """
    by_ports: dict[bytes, dict[str, Wanted]] = {}
    for one in wanted:
        by_ports.setdefault(_key(one.ports), {})[one.uid] = one
    free: list[EndpointSlice] = []
    slices: dict[bytes, list[EndpointSlice]] = {}
    for entry in sorted(there, key=lambda entry: entry.name):
        key = _key(entry.ports)
        (slices.setdefault(key, []) if key in by_ports else free).append(entry)
    filled: list[Filled] = []
    for key, endpoints in by_ports.items():
        ports = next(iter(endpoints.values())).ports
        fillings = _fill(slices.get(key, ()), endpoints)
        free += [one.entry for one in fillings if one.entry is not None and not one.endpoints]
        filled += [Filled(one.entry, ports, tuple(one.endpoints)) for one in fillings if one.endpoints]
    if not filled:
        return [Filled(free[0] if free else None, (), ())]
    return _reused(filled, free)


def _fill(there: Sequence[EndpointSlice], wanted: dict[str, Wanted]) -> list[_Filling]:
    missing = dict(wanted)
    fillings = [_kept(entry, missing) for entry in there]
    pending = [one.document for one in missing.values()]
    for filling in sorted((one for one in fillings if one.is_written), key=lambda one: one.room):
        taken, pending = pending[: filling.room], pending[filling.room :]
        filling.endpoints += taken
    while pending:
        roomy = [one for one in fillings if not one.is_written and one.room >= len(pending)]
        filling = min(roomy, key=lambda one: one.room) if roomy else _Filling(None)
        if filling.entry is None:
            fillings.append(filling)
        taken, pending = pending[: filling.room], pending[filling.room :]
        filling.endpoints += taken
    return fillings


def _kept(entry: EndpointSlice, missing: dict[str, Wanted]) -> _Filling:
    """What stays in a slice; takes those who do out of ``missing``."""
    kept = _Filling(entry)
    for document in entry.endpoints:
        one = missing.pop(_uid(document), None)
        if one is not None:
            kept.endpoints.append(one.document)
    kept.is_written = tuple(kept.endpoints) != entry.endpoints
    return kept


def _reused(filled: list[Filled], free: list[EndpointSlice]) -> list[Filled]:
    """New slices take the place of those that are not needed any more: one write instead of two."""
    left = iter(free)
    return [
        Filled(next(left, None), one.ports, one.endpoints) if one.entry is None else one for one in filled
    ]


def _uid(endpoint: Document) -> str:
    target: dict[str, Any] = endpoint.get("targetRef") or {}
    return str(target.get("uid", ""))


def _key(ports: Sequence[Document]) -> bytes:
    """Ports as something to compare and look up, in whatever order."""
    return orjson.dumps(sorted(orjson.dumps(port, option=orjson.OPT_SORT_KEYS).decode() for port in ports))
