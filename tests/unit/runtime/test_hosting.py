"""From SB's rows to where a router's port has settled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controller.ovsdb import UUID, Batch, Change
from controller.runtime import hosting
from controller.runtime.hosting import Hosting

N1, N2, ROW = (UUID(f"00000000-0000-0000-0000-00000000000{digit}") for digit in range(3))


@pytest.fixture
def told() -> list[tuple[str, str | None]]:
    return []


@pytest.fixture
def source(told: list[tuple[str, str | None]]) -> Hosting:
    """Has heard of two chassis, and is past its first connection."""
    found = Hosting("unix:/none", lambda port, chassis: told.append((port, chassis)))
    hear(found, Change("Chassis", N1, None, row(name="n1")), Change("Chassis", N2, None, row(name="n2")))
    found._is_first = False
    return found


def row(**columns: Any) -> Any:
    return columns


def hear(source: Hosting, *changes: Change) -> None:
    source._take(Batch(0, list(changes)))


def at(chassis: UUID | None, kind: str = "chassisredirect") -> Change:
    return Change("Port_Binding", ROW, None, row(logical_port="cr-door", type=kind, chassis=chassis))


async def test_what_is_there_at_first_has_settled(source: Hosting, told: list[Any]) -> None:
    source._is_first = True
    hear(source, at(N1))
    assert told == [("door", "n1")]


async def until_told(source: Hosting, told: list[Any], count: int) -> None:
    """Wait until so much was told."""
    enough = asyncio.Event()

    def tell(port: str, chassis: str | None) -> None:
        told.append((port, chassis))
        if len(told) >= count:
            enough.set()

    source._tell = tell
    await asyncio.wait_for(enough.wait(), 60)


async def test_a_port_that_moves_is_nowhere_until_it_has_stayed(
    source: Hosting, told: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "LEFT_S", 0.01)
    monkeypatch.setattr(hosting, "SETTLED_S", 0.02)
    source._is_first = True
    hear(source, at(N1))
    source._is_first = False
    hear(source, at(N2))
    assert told == [("door", "n1")]
    await until_told(source, told, 3)
    assert told == [("door", "n1"), ("door", ""), ("door", "n2")]


async def test_one_that_is_back_at_once_never_was_away(source: Hosting, told: list[Any]) -> None:
    source._is_first = True
    hear(source, at(N1))
    source._is_first = False
    for chassis in (N2, None, N1):
        hear(source, at(chassis))
    assert (told, source._due) == ([("door", "n1")], {})


async def test_a_new_one_is_nowhere_at_first(source: Hosting, told: list[Any]) -> None:
    hear(source, at(None))
    hear(source, at(N1))
    assert told == [("door", "")]


async def test_one_that_is_gone_is_known_no_more(source: Hosting, told: list[Any]) -> None:
    hear(source, at(N1))
    hear(source, Change("Port_Binding", ROW, at(N1).new, None))
    assert told[-1] == ("door", None)
    assert (source._due, source._settled) == ({}, {})


async def test_other_ports_do_not_count(source: Hosting, told: list[Any]) -> None:
    hear(source, at(N1, "patch"))
    assert told == []
