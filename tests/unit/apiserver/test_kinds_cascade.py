"""What belongs to an object goes before it, after it, or stays, as the one who deletes it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest

from testbed.apiserver.cascade import Collector
from testbed.apiserver.store import Store
from testbed.apiserver.writing import FOREGROUND, ORPHAN, DeleteOptions, Writer


class Family:
    """Config maps and secrets that belong to each other."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self.store = store
        self.writer = writer

    def add(self, name: str, *owners: str, blocks: bool = False, finalizers: tuple[str, ...] = ()) -> None:
        references = [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "name": owner,
                "uid": self.uid(owner),
                "blockOwnerDeletion": blocks,
            }
            for owner in owners
        ]
        meta: dict[str, Any] = {"name": name, "ownerReferences": references, "finalizers": list(finalizers)}
        self.writer.create(self.store.registry.named("ConfigMap"), "default", {"metadata": meta})

    def uid(self, name: str) -> str:
        entry = self.store.collections["ConfigMap"].get("default", name)
        return entry.uid if entry else f"uid-of-{name}"

    def delete(self, name: str, policy: str = "Background") -> None:
        options = DeleteOptions(policy=policy)
        self.writer.delete(self.store.registry.named("ConfigMap"), "default", name, options)

    def metadata(self, name: str) -> Any:
        entry = self.store.collections["ConfigMap"].get("default", name)
        return orjson.loads(entry.body)["metadata"] if entry else None

    @property
    def names(self) -> list[str]:
        return [entry.name for entry in self.store.collections["ConfigMap"].entries()]


@pytest.fixture
async def family(store: Store, writer: Writer) -> AsyncIterator[Family]:
    collector = Collector(store, writer)
    collector.start()
    yield Family(store, writer)
    await collector.close()


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come to that")


async def settled() -> None:
    """Lets everything happen that can happen by itself."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_in_the_background_children_follow_down_to_the_last(family: Family) -> None:
    family.add("deployment")
    family.add("set", "deployment")
    family.add("pod", "set")
    family.add("stranger")
    family.delete("deployment")
    assert "deployment" not in family.names
    await until(lambda: family.names == ["stranger"])


async def test_orphans_stay_and_belong_to_nobody(family: Family) -> None:
    family.add("set")
    family.add("pod", "set")
    family.delete("set", ORPHAN)
    await until(lambda: family.names == ["pod"])
    assert "ownerReferences" not in family.metadata("pod")


async def test_in_the_foreground_the_owner_goes_last(family: Family) -> None:
    family.add("deployment")
    family.add("set", "deployment", blocks=True)
    family.add("pod", "set", blocks=True, finalizers=("example.com/hold",))
    family.delete("deployment", FOREGROUND)
    await settled()
    assert family.names == ["deployment", "pod", "set"]
    assert family.metadata("deployment")["finalizers"] == ["foregroundDeletion"]
    assert family.metadata("set")["finalizers"] == ["foregroundDeletion"]
    assert family.metadata("pod")["deletionTimestamp"]
    kind = family.store.registry.named("ConfigMap")
    family.writer.patch(kind, "default", "pod", {"metadata": {"finalizers": None}}, "")
    await until(lambda: family.names == [])


async def test_what_does_not_block_is_not_waited_for(family: Family) -> None:
    family.add("set")
    family.add("pod", "set", finalizers=("example.com/hold",))
    family.delete("set", FOREGROUND)
    await until(lambda: family.names == ["pod"])


async def test_one_owner_that_stays_is_enough(family: Family) -> None:
    family.add("first")
    family.add("second")
    family.add("child", "first", "second")
    family.delete("first")
    await until(lambda: len(family.metadata("child")["ownerReferences"]) == 1)
    assert family.metadata("child")["ownerReferences"][0]["name"] == "second"
    family.delete("second")
    await until(lambda: family.names == [])


async def test_an_owner_is_meant_by_its_uid_not_by_its_name(family: Family) -> None:
    family.add("owner")
    family.add("child", "owner")
    family.delete("owner")
    family.add("owner")
    await until(lambda: family.names == ["owner"])


async def test_what_names_an_owner_that_never_was_is_garbage(family: Family) -> None:
    family.add("child", "nobody")
    await until(lambda: family.names == [])


async def test_an_owner_of_a_kind_that_is_served_elsewhere_is_trusted(family: Family) -> None:
    reference = {"apiVersion": "example.com/v1", "kind": "Thing", "name": "a", "uid": "u"}
    meta = {"name": "child", "ownerReferences": [reference]}
    family.writer.create(family.store.registry.named("ConfigMap"), "default", {"metadata": meta})
    await settled()
    assert family.names == ["child"]


async def test_a_new_process_goes_on_where_the_last_one_ended(store: Store, writer: Writer) -> None:
    family = Family(store, writer)
    family.add("owner")
    family.add("child", "owner")
    family.delete("owner")
    store.flush()
    collector = Collector(store, writer)
    collector.start()
    await until(lambda: family.names == [])
    await collector.close()
    assert store.dependents == {}
