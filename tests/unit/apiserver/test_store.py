"""The store: durable before it is seen, one revision a write, and the same again after a restart."""

from __future__ import annotations

import pytest

from testbed.apiserver.journal import JournalError
from testbed.apiserver.revision import Event
from testbed.apiserver.store import Store
from testbed.apiserver.writing import DeleteOptions, Writer
from tests.unit.apiserver.conftest import Opener, a_pod


def shown(store: Store) -> list[Event]:
    """Collects what is shown to those who watch pods."""
    events: list[Event] = []
    store.audiences["Pod"].join(events.append)
    return events


async def test_nobody_sees_a_revision_before_it_is_in_the_journal(
    store: Store, writer: Writer, opener: Opener
) -> None:
    events = shown(store)
    pods = store.registry.named("Pod")
    writer.create(pods, "default", a_pod("a"))
    writer.create(pods, "default", a_pod("b"))
    assert events == []
    await store.durable()
    assert [event.entry.name for event in events] == ["a", "b"]
    assert opener.journal is not None
    assert [row.name for row in opener.journal.rows()] == ["default", "a", "b"]


async def test_a_reader_makes_what_is_pending_durable_first(
    store: Store, writer: Writer, opener: Opener
) -> None:
    writer.create(store.registry.named("Pod"), "default", a_pod("a"))
    store.flush()
    assert opener.journal is not None
    assert [row.name for row in opener.journal.rows()] == ["default", "a"]


async def test_a_store_that_lost_its_journal_promises_nothing_more(
    store: Store, writer: Writer, opener: Opener
) -> None:
    await store.durable()
    events = shown(store)
    assert opener.journal is not None
    opener.journal.close()
    pods = store.registry.named("Pod")
    writer.create(pods, "default", a_pod("a"))
    with pytest.raises(JournalError):
        await store.durable()
    assert len(opener.lost) == 1
    assert events == []
    with pytest.raises(JournalError):
        writer.create(pods, "default", a_pod("b"))
    with pytest.raises(JournalError):
        store.flush()


async def test_a_new_process_has_the_same_objects_revision_and_history(
    store: Store, writer: Writer, opener: Opener
) -> None:
    pods = store.registry.named("Pod")
    for name in ("a", "b", "c"):
        writer.create(pods, "default", a_pod(name, app=name))
    writer.patch(pods, "default", "a", {"metadata": {"labels": {"app": "x"}}}, "")
    writer.delete(pods, "default", "b", DeleteOptions(grace_seconds=0))
    await store.durable()
    again = opener()
    assert again.revision == store.revision == 6
    assert [entry.body for entry in again.collections["Pod"].entries()] == [
        entry.body for entry in store.collections["Pod"].entries()
    ]
    events = again.since(again.registry.named("Pod"), 3)
    assert [(event.type, event.entry.name, event.revision) for event in events] == [
        ("ADDED", "c", 4),
        ("MODIFIED", "a", 5),
        ("DELETED", "b", 6),
    ]
    assert events[1].old is not None
    assert events[1].old.labels == {"app": "a"}
    before = [event.entry.accepted_ns for event in store.since(pods, 3)]
    assert [event.entry.accepted_ns for event in events] == before


async def test_history_is_bounded_and_its_floor_is_known_after_a_restart(opener: Opener) -> None:
    store = opener(history=10)
    writer = Writer(store, lambda *_: ())
    namespaces = store.registry.named("Namespace")
    for number in range(200):
        writer.create(namespaces, "", {"metadata": {"name": f"n{number}"}})
        writer.delete(namespaces, "", f"n{number}", DeleteOptions())
        writer.finish(namespaces, writer.existing(namespaces, "", f"n{number}"))
        await store.durable()
    assert store.revision == 600
    assert 580 <= store.floor <= 590
    assert len(store.since(namespaces, store.floor)) == 600 - store.floor
    assert opener.journal is not None
    assert len(list(opener.journal.rows())) <= 15
    again = opener(history=10)
    assert 585 <= again.floor <= 590
    assert [event.revision for event in again.since(again.registry.named("Namespace"), again.floor)] == list(
        range(again.floor + 1, 601)
    )


async def test_collections_are_in_the_order_of_names(store: Store, writer: Writer) -> None:
    pods = store.registry.named("Pod")
    writer.create(store.registry.named("Namespace"), "", {"metadata": {"name": "a"}})
    for namespace, name in (("default", "b"), ("default", "a"), ("a", "z")):
        writer.create(pods, namespace, a_pod(name))
    assert [entry.path for entry in store.collections["Pod"].entries()] == ["a/z", "default/a", "default/b"]
    assert [entry.path for entry in store.collections["Pod"].entries("default")] == ["default/a", "default/b"]
    assert store.collections["Pod"].count("default") == 2
