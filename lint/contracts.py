"""An import contract for rooms of which some are yet to be built.

import-linter's own `protected` contract refuses a module that does not exist, while `layers` has optional ones. The
shape of the project is written down before every room of it stands, so here a missing room is no fault.
"""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import ContractCheck
from importlinter.contracts.protected import ProtectedContract


class ProtectedRooms(ProtectedContract):
    """The `protected` contract over those of its modules that exist."""

    type_name = "protected_rooms"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Hold the imports of the project against the contract."""
        declared = self.protected_modules
        self.protected_modules = [room for room in declared if room.expression in graph.modules]  # type: ignore[attr-defined,assignment]
        try:
            return super().check(graph, verbose)
        finally:
            self.protected_modules = declared
