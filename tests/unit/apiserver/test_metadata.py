"""Names, labels and annotations, as Kubernetes' rules have them."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.apiserver import metadata
from testbed.apiserver.kinds import builtin

KINDS = builtin()


def fields(kind: str, meta: dict[str, Any]) -> list[str]:
    return [cause.field for cause in metadata.faults(KINDS.named(kind), meta)]


@pytest.mark.parametrize("name", ["a", "web-1", "a.b.c", "1", "a" * 253])
def test_names_that_are_allowed(name: str) -> None:
    assert fields("Pod", {"name": name}) == []


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "a..b", "a_b", "a/b", "..", "a\n", "ä", "a" * 254])
def test_names_that_are_not(name: str) -> None:
    assert fields("Pod", {"name": name}) == ["metadata.name"]


@pytest.mark.parametrize("name", ["a.b", "a" * 64])
def test_a_namespace_is_named_as_one_dns_label(name: str) -> None:
    assert fields("Namespace", {"name": name}) == ["metadata.name"]
    assert fields("Namespace", {"name": "a" * 63}) == []


@pytest.mark.parametrize(
    ("meta", "field"),
    [
        ({"labels": {"a b": "c"}}, "metadata.labels"),
        ({"labels": {"-/a": "c"}}, "metadata.labels"),
        ({"labels": {"app": "a b"}}, "metadata.labels[app]"),
        ({"labels": {"app": "a" * 64}}, "metadata.labels[app]"),
        ({"annotations": {"a/b/c": ""}}, "metadata.annotations"),
        ({"annotations": {"a": "x" * (256 * 1024)}}, "metadata.annotations"),
        ({"finalizers": ["a b"]}, "metadata.finalizers[0]"),
    ],
)
def test_labels_annotations_and_finalizers(meta: dict[str, Any], field: str) -> None:
    assert fields("Pod", {"name": "a"} | meta) == [field]
    assert fields("Pod", {"name": "a", "labels": {"example.com/a": "", "app": "A.b_c-1"}}) == []


def test_nothing_cluster_wide_has_a_namespace() -> None:
    assert fields("Subnet", {"name": "a", "namespace": "default"}) == ["metadata.namespace"]


def test_what_the_server_decides_is_not_taken_from_a_client() -> None:
    meta = {"name": "a", "uid": "mine", "generation": 7, "deletionTimestamp": "2024-01-31T12:00:00Z"}
    metadata.born(meta)
    assert meta["uid"] != "mine"
    assert meta["generation"] == 1
    assert "deletionTimestamp" not in meta
    old = dict(meta)
    sent = {"name": "a", "uid": "mine", "managedFields": []}
    metadata.kept(sent, old)
    assert sent == old


def test_generated_names_are_labels_and_differ() -> None:
    names = {metadata.generated_name("a" * 100) for _ in range(100)}
    assert len(names) > 95
    assert all(len(name) == 63 for name in names)
