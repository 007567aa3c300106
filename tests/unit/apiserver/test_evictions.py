"""Evictions, held against https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from testbed.apiserver import discovery, subresources
from testbed.apiserver.status import ApiError
from testbed.apiserver.store import Store
from testbed.apiserver.writing import DeleteOptions, Writer
from tests.unit.apiserver.conftest import a_pod


class Pods:
    """Pods of the namespace ``default``."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self.kind = store.registry.named("Pod")
        self.writer = writer
        writer.create(self.kind, "default", a_pod("web"))

    def run(self) -> None:
        status = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
        self.writer.patch(self.kind, "default", "web", status, "status")

    def evict(self, options: DeleteOptions | None = None, **eviction: Any) -> Any:
        asked = {"metadata": {"name": "web"}} | eviction
        outcome = subresources.evict(
            self.writer, self.kind, "default", "web", asked, options or DeleteOptions()
        )
        return orjson.loads(outcome.body)

    @property
    def pod(self) -> Any:
        return self.writer.existing(self.kind, "default", "web").document()


@pytest.fixture
async def pods(store: Store, writer: Writer) -> Pods:
    return Pods(store, writer)


@pytest.mark.parametrize("version", ["policy/v1", "policy/v1beta1"])
async def test_an_evicted_pod_is_ending_and_says_why(pods: Pods, version: str) -> None:
    pods.run()
    answer = pods.evict(apiVersion=version, kind="Eviction")
    assert (answer["status"], answer["code"]) == ("Success", 201)
    assert pods.pod["metadata"]["deletionTimestamp"]
    conditions = {entry["type"]: entry.get("reason") for entry in pods.pod["status"]["conditions"]}
    assert conditions == {"Ready": None, "DisruptionTarget": "EvictionByEvictionAPI"}


async def test_a_pod_that_did_not_run_yet_only_ends(pods: Pods) -> None:
    pods.evict()
    assert pods.pod["metadata"]["deletionTimestamp"]
    assert not pods.pod["status"].get("conditions")


async def test_an_eviction_that_is_forbidden_or_only_tried_changes_nothing(pods: Pods) -> None:
    pods.run()
    before = pods.pod
    with pytest.raises(ApiError) as refused:
        pods.evict(DeleteOptions(uid="another"))
    assert refused.value.code == 409
    pods.evict(DeleteOptions(dry_run=True))
    assert pods.pod == before


async def test_the_group_of_evictions_is_served_so_that_kubectl_drains_by_them(store: Store) -> None:
    groups = discovery.answer(store.registry, "/apis")
    served = discovery.answer(store.registry, "/apis/policy/v1")
    assert groups is not None
    assert served is not None
    assert "policy" in {group["name"] for group in orjson.loads(groups.body)["groups"]}
    assert orjson.loads(served.body)["resources"] == []
