"""Who is told of a kind's events.

Every kubelet and daemon watches the pods of its own nodes. Telling each of them of every pod would make one more pod
dearer with every node, so those who look at one value of a field are found by that value.
"""

from __future__ import annotations

from collections.abc import Callable

from testbed.apiserver.revision import Event

Listener = Callable[[Event], None]
Route = tuple[str, str]
"""A selectable field and the one value of it that a listener looks at."""


class Audience:
    """The listeners of one kind."""

    def __init__(self) -> None:
        self._to_all: list[Listener] = []
        self._routed: dict[str, dict[str, list[Listener]]] = {}

    def join(self, listener: Listener, route: Route | None = None) -> None:
        """From now on the listener is told of every event, or of those before or after which ``route`` holds."""
        if route is None:
            self._to_all.append(listener)
        else:
            self._routed.setdefault(route[0], {}).setdefault(route[1], []).append(listener)

    def leave(self, listener: Listener, route: Route | None = None) -> None:
        """The listener is told no more; ``route`` is the one that it joined with."""
        if route is None:
            self._to_all.remove(listener)
            return
        field, value = route
        values = self._routed[field]
        values[value].remove(listener)
        if not values[value]:
            del values[value]
            if not values:
                del self._routed[field]

    def tell(self, event: Event) -> None:
        """Tells everyone whom the event concerns, once."""
        for listener in self._to_all:
            listener(event)
        for field, values in self._routed.items():
            after = event.entry.fields.get(field, "")
            for listener in values.get(after, ()):
                listener(event)
            if event.old is not None:
                before = event.old.fields.get(field, "")
                if before != after:
                    for listener in values.get(before, ()):
                        listener(event)

    def __len__(self) -> int:
        return len(self._to_all) + sum(
            len(found) for values in self._routed.values() for found in values.values()
        )
