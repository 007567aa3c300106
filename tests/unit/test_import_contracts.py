"""The rooms of the project are held apart, also those that are yet to be built."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest

from lint.contracts import ProtectedRooms

CHECKOUT = Path(__file__).parents[2]
CONTRACTS: list[dict[str, Any]] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"][
    "importlinter"
]["contracts"]


def layers(identifier: str) -> set[str]:
    (contract,) = [entry for entry in CONTRACTS if entry["id"] == identifier]
    return {room.strip(" ()") for layer in contract["layers"] for room in layer.split("|")}


@pytest.mark.parametrize(
    ("package", "identifier", "prefix"), [("testbed", "layers", "testbed."), ("controller", "controller", "")]
)
def test_every_room_has_its_place_in_the_layers(package: str, identifier: str, prefix: str) -> None:
    rooms = {f"{prefix}{path.parent.name}" for path in (CHECKOUT / package).glob("*/__init__.py")}
    assert rooms <= layers(identifier)


def a_graph(*imports: tuple[str, str]) -> grimp.ImportGraph:
    graph = grimp.ImportGraph()
    for importer, imported in imports:
        graph.add_import(importer=importer, imported=imported, line_number=1, line_contents="import")
    return graph


def protecting(*rooms: str, allowed: tuple[str, ...] = ()) -> ProtectedRooms:
    options = {"protected_modules": list(rooms), "allowed_importers": list(allowed)}
    return ProtectedRooms("rooms", session_options={}, contract_options=options)


@pytest.mark.parametrize(
    ("importer", "kept"),
    [("testbed.cluster", False), ("controller.runtime", True), ("controller.engine.diff", True)],
)
def test_a_protected_room_is_imported_by_none_but_those_allowed(importer: str, kept: bool) -> None:
    graph = a_graph((importer, "controller.engine"))
    graph.add_module("controller")
    contract = protecting("controller.engine", "controller.not_yet_built", allowed=("controller",))
    assert contract.check(graph, verbose=False).kept is kept


def test_what_is_protected_stays_declared_after_a_check() -> None:
    contract = protecting("testbed.kubelet")
    assert contract.check(a_graph(("testbed.cluster", "testbed.pods")), verbose=False).kept
    assert not contract.check(a_graph(("testbed.cluster", "testbed.kubelet")), verbose=False).kept
