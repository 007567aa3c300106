"""What rules see of the other objects, and that what they say is final."""

from __future__ import annotations

import random
from typing import Any

import pytest

from testbed.apiserver import admission
from testbed.apiserver.admission import Index, View
from testbed.apiserver.status import ApiError, Cause
from testbed.apiserver.store import Store
from testbed.apiserver.writing import DeleteOptions, Writer
from tests.unit.apiserver.conftest import a_pod


def an_ip(name: str, address: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"v4IpAddress": address}}


async def test_an_index_follows_every_write(store: Store, writer: Writer) -> None:
    ips = store.registry.named("IP")
    writer.create(ips, "", an_ip("before", "10.0.0.1"))
    index = writer.view.index("IP", "spec.v4IpAddress")
    assert index == {"10.0.0.1": ["before"]}
    writer.create(ips, "", an_ip("after", "10.0.0.1"))
    assert index == {"10.0.0.1": ["before", "after"]}
    writer.patch(ips, "", "before", {"spec": {"v4IpAddress": "10.0.0.2"}}, "")
    assert index == {"10.0.0.1": ["after"], "10.0.0.2": ["before"]}
    writer.delete(ips, "", "after", DeleteOptions())
    writer.create(ips, "", an_ip("without", ""))
    assert index == {"10.0.0.2": ["before"]}


def test_a_dot_within_a_key_of_an_indexs_path_is_escaped() -> None:
    index = Index(r"metadata.annotations.ovn\.kubernetes\.io/ip_address")
    index.update("a", {"metadata": {"annotations": {"ovn.kubernetes.io/ip_address": "10.0.0.1"}}})
    assert index.values == {"10.0.0.1": ["a"]}


def test_an_index_is_right_whatever_comes_and_goes() -> None:
    rng = random.Random(7)
    index, truth = Index("spec.subnet"), dict[str, str]()
    for _ in range(3_000):
        name, subnet = f"ip{rng.randrange(40)}", rng.choice(["a", "b", "c", ""])
        if rng.random() < 0.3:
            truth.pop(name, None)
            index.update(name, None)
        else:
            truth[name] = subnet
            index.update(name, {"spec": {"subnet": subnet}})
        expected = {value: {key for key in truth if truth[key] == value} for value in truth.values() if value}
        assert {value: set(names) for value, names in index.values.items()} == expected
        assert sum(map(len, index.values.values())) == sum(map(len, expected.values()))


def test_an_index_survives_what_has_no_such_field() -> None:
    index = Index("spec.a.b")
    index.update("x", {"spec": 7})
    index.update("x", {"spec": {"a": {"b": ["no text"]}}})
    index.update("x", None)
    assert index.values == {}


async def test_the_view_gets_and_lists(store: Store, writer: Writer) -> None:
    writer.create(store.registry.named("Pod"), "default", a_pod("a"))
    view = View(store)
    assert view.get("Pod", "a") is None
    found = view.get("Pod", "a", "default")
    assert found is not None
    assert found["metadata"]["name"] == "a"
    assert [pod["metadata"]["name"] for pod in view.list("Pod")] == ["a"]


async def test_rules_see_each_operation_and_their_word_is_final(store: Store, writer: Writer) -> None:
    seen: list[tuple[str, str, bool, bool]] = []

    def review(operation: str, kind: str, new: Any, old: Any, view: View) -> list[Cause]:
        seen.append((operation, kind, new is not None, old is not None))
        return [] if operation == admission.CREATE else [Cause("spec", "FieldValueForbidden", "never")]

    strict = Writer(store, review)
    ips = store.registry.named("IP")
    strict.create(ips, "", an_ip("a", "10.0.0.1"))
    revision = store.revision
    with pytest.raises(ApiError) as refused:
        strict.patch(ips, "", "a", {"spec": {"v4IpAddress": "10.0.0.2"}}, "")
    assert refused.value.code == 422
    assert refused.value.causes == (Cause("spec", "FieldValueForbidden", "never"),)
    with pytest.raises(ApiError):
        strict.delete(ips, "", "a", DeleteOptions())
    strict.patch(ips, "", "a", {"spec": {"v4IpAddress": "10.0.0.1"}}, "")
    assert seen == [
        ("CREATE", "IP", True, False),
        ("UPDATE", "IP", True, True),
        ("DELETE", "IP", False, True),
    ]
    assert store.revision == revision


async def test_rules_do_not_judge_what_is_reported(store: Store, writer: Writer) -> None:
    writer.create(store.registry.named("Pod"), "default", a_pod("a"))

    def review(*_: object) -> list[Cause]:
        raise AssertionError("asked about a status")

    Writer(store, review).patch(
        store.registry.named("Pod"), "default", "a", {"status": {"phase": "Running"}}, "status"
    )


def test_a_module_without_rules_is_refused() -> None:
    for module in ("no_such_module", "json"):
        with pytest.raises(ValueError, match=module):
            admission.load(module)
