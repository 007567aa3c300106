"""Watches: bounded, filtered, and in step with the store."""

from __future__ import annotations

import orjson

from testbed.apiserver.selectors import EVERYTHING, parse
from testbed.apiserver.store import Store
from testbed.apiserver.watching import Watch, WatchRequest
from testbed.apiserver.writing import DeleteOptions, Writer
from tests.unit.apiserver.conftest import a_pod


def request(store: Store, revision: int = 0, labels: str = "", timeout: float | None = 0.01) -> WatchRequest:
    kind = store.registry.named("Pod")
    selector = parse(labels, "", kind.selectors) if labels else EVERYTHING
    return WatchRequest(kind, None, selector, revision, False, False, timeout)


async def events(watch: Watch) -> list[tuple[str, str]]:
    text = b"".join([chunk async for chunk in watch.chunks()])
    found = [orjson.loads(line) for line in text.splitlines()]
    return [(event["type"], event["object"].get("metadata", {}).get("name", "")) for event in found]


async def test_a_watch_begins_with_what_is_there_and_goes_on(store: Store, writer: Writer) -> None:
    pods = store.registry.named("Pod")
    writer.create(pods, "default", a_pod("a"))
    with Watch(store, request(store), lambda: None) as watch:
        writer.create(pods, "default", a_pod("b"))
        writer.delete(pods, "default", "a", DeleteOptions(grace_seconds=0))
        store.flush()
        assert await events(watch) == [("ADDED", "a"), ("ADDED", "b"), ("DELETED", "a")]
    assert len(store.audiences["Pod"]) == 0


async def test_a_watch_that_resumes_gets_each_event_once(store: Store, writer: Writer) -> None:
    pods = store.registry.named("Pod")
    writer.create(pods, "default", a_pod("a"))
    revision = store.revision
    writer.create(pods, "default", a_pod("b"))  # not yet durable when the watch begins
    with Watch(store, request(store, revision), lambda: None) as watch:
        assert await events(watch) == [("ADDED", "b")]


async def test_a_resumed_selection_sees_what_left_it(store: Store, writer: Writer) -> None:
    pods = store.registry.named("Pod")
    writer.create(pods, "default", a_pod("a", app="web"))
    revision = store.revision
    writer.patch(pods, "default", "a", {"metadata": {"labels": {"app": None}}}, "")
    writer.delete(pods, "default", "a", DeleteOptions(grace_seconds=0))
    with Watch(store, request(store, revision, "app=web"), lambda: None) as watch:
        assert await events(watch) == [("DELETED", "a")]


async def test_a_revision_of_the_future_is_gone(store: Store, writer: Writer) -> None:
    with Watch(store, request(store, store.revision + 1, timeout=None), lambda: None) as watch:
        assert [type_ for type_, _ in await events(watch)] == ["ERROR"]


async def test_a_watch_whose_queue_is_full_is_cut_off_once(store: Store, writer: Writer) -> None:
    cuts: list[None] = []
    pods = store.registry.named("Pod")
    with Watch(store, request(store), lambda: cuts.append(None), queue_limit=2_000) as watch:
        for number in range(100):
            writer.create(pods, "default", a_pod(f"a{number}"))
        store.flush()
        assert len(cuts) == 1
        assert await events(watch) == []
