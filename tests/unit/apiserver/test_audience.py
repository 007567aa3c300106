"""Who is told of an event: each whom it concerns, once, and nobody else."""

from __future__ import annotations

from testbed.apiserver.audience import Audience
from testbed.apiserver.revision import Event
from testbed.apiserver.store import Store
from testbed.apiserver.writing import DeleteOptions, Writer
from tests.unit.apiserver.conftest import a_pod


async def test_who_looks_at_one_node_is_told_of_its_pods_alone(store: Store, writer: Writer) -> None:
    pods = store.registry.named("Pod")
    told: dict[str, list[str]] = {"all": [], "node1": [], "node2": []}

    def listener(name: str) -> None:
        route = None if name == "all" else ("spec.nodeName", name)
        store.audiences["Pod"].join(
            lambda event: told[name].append(f"{event.type} {event.entry.name}"), route
        )

    for name in told:
        listener(name)
    writer.create(pods, "default", a_pod("a"))
    writer.patch(pods, "default", "a", {"spec": {"nodeName": "node2"}}, "")
    writer.delete(pods, "default", "a", DeleteOptions(grace_seconds=0))
    store.flush()
    assert told == {
        "all": ["ADDED a", "MODIFIED a", "DELETED a"],
        "node1": ["ADDED a", "MODIFIED a"],
        "node2": ["MODIFIED a", "DELETED a"],
    }


def test_who_left_is_told_no_more() -> None:
    audience = Audience()
    told: list[Event] = []
    for route in (None, ("spec.nodeName", "node1"), ("spec.nodeName", "node2")):
        audience.join(told.append, route)
    for route in (None, ("spec.nodeName", "node1"), ("spec.nodeName", "node2")):
        audience.leave(told.append, route)
    assert len(audience) == 0
