"""What reconcilers are told of how addresses are used: of each subnet, and of the ``IPPool`` objects that divide it."""

from __future__ import annotations

from controller.engine.view import View
from controller.runtime.ledger import Ledger


class Usages:
    """Tells the view what the books say."""

    def __init__(self, view: View, ledger: Ledger) -> None:
        self._view = view
        self._ledger = ledger
        self._divisions: dict[str, frozenset[str]] = {}

    def tell(self, subnet: str) -> None:
        """How a subnet and its pools are used now, and by whom if the subnet is being deleted."""
        ranges = self._ledger.ranges(subnet)
        is_closing = self._ledger.is_closing(subnet)
        self._view.set_users(subnet, self._ledger.users(subnet) if is_closing else None)
        self._view.set_usage(subnet, ranges.usage if ranges is not None else None)
        divisions = frozenset(ranges.divisions if ranges is not None else ())
        for name in self._divisions.get(subnet, frozenset()) - divisions:
            self._view.set_pool_usage(name, None)
        for name in divisions:
            assert ranges is not None
            self._view.set_pool_usage(name, ranges.usage_of(name))
        self._divisions[subnet] = divisions
