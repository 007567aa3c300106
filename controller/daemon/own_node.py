"""The Node object of one node: what it is promised, and the labels by which subnets choose it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from controller.api.kinds import NODES
from controller.kubernetes import Client


class OwnNode:
    """Follows the object once for all on the node that depend on it. Both mappings are empty while there is none."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.labels: Mapping[str, str] = {}
        self.annotations: Mapping[str, str] = {}
        self.synced = asyncio.Event()
        self._subscribers: list[Callable[[], None]] = []

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Has ``callback`` called after each change."""
        self._subscribers.append(callback)

    async def run(self, client: Client) -> None:
        """Follows for ever."""
        async for change in client.follow(NODES, field_selector=f"metadata.name={self.name}"):
            if change.type == "SYNCED":
                self.synced.set()
                continue
            gone = change.type == "DELETED"
            labels = {} if gone else change.object.metadata.labels
            annotations = {} if gone else change.object.annotations
            if (labels, annotations) != (self.labels, self.annotations):
                self.labels, self.annotations = labels, annotations
                for callback in self._subscribers:
                    callback()
