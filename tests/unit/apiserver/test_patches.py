"""JSON patches hold all or none; strategic ones find the elements of lists by their keys."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.apiserver.kinds import Registry, builtin
from testbed.apiserver.patches import jsonpatch, media
from testbed.apiserver.status import ApiError


@pytest.fixture(scope="module")
def registry() -> Registry:
    return builtin()


def strategic(registry: Registry, before: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    return media.patched(registry, registry.named("Pod"), before, media.STRATEGIC, patch)


POD: dict[str, Any] = {
    "metadata": {"name": "a", "finalizers": ["x/one", "x/two"]},
    "spec": {
        "containers": [{"name": "web", "image": "web:1"}, {"name": "side", "image": "side:1"}],
        "volumes": [{"name": "data", "emptyDir": {}}],
        "tolerations": [{"key": "a"}],
    },
}


def names(pod: dict[str, Any]) -> list[str]:
    return [each["name"] for each in pod["spec"]["containers"]]


def test_an_element_is_found_by_its_merge_key(registry: Registry) -> None:
    after = strategic(registry, POD, {"spec": {"containers": [{"name": "side", "image": "side:2"}]}})
    assert [each["image"] for each in after["spec"]["containers"]] == ["web:1", "side:2"]
    assert POD["spec"]["containers"][1]["image"] == "side:1"


def test_an_element_is_deleted_by_its_merge_key(registry: Registry) -> None:
    after = strategic(registry, POD, {"spec": {"containers": [{"name": "web", "$patch": "delete"}]}})
    assert names(after) == ["side"]


def test_a_list_is_replaced_when_the_patch_says_so(registry: Registry) -> None:
    containers = [{"$patch": "replace"}, {"name": "new", "image": "new:1"}]
    assert names(strategic(registry, POD, {"spec": {"containers": containers}})) == ["new"]


def test_a_list_without_a_merge_key_is_replaced(registry: Registry) -> None:
    after = strategic(registry, POD, {"spec": {"tolerations": [{"key": "b"}]}})
    assert after["spec"]["tolerations"] == [{"key": "b"}]


def test_elements_come_in_the_order_asked_for(registry: Registry) -> None:
    patch = {
        "$setElementOrder/containers": [{"name": "new"}, {"name": "side"}, {"name": "web"}],
        "containers": [{"name": "new", "image": "new:1"}],
    }
    assert names(strategic(registry, POD, {"spec": patch})) == ["new", "side", "web"]


def test_a_primitive_is_deleted_from_a_merged_list(registry: Registry) -> None:
    after = strategic(registry, POD, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x/one"]}})
    assert after["metadata"]["finalizers"] == ["x/two"]
    after = strategic(registry, POD, {"metadata": {"finalizers": ["x/three"]}})
    assert after["metadata"]["finalizers"] == ["x/one", "x/two", "x/three"]


def test_only_retained_keys_stay(registry: Registry) -> None:
    volume = {"$retainKeys": ["name", "hostPath"], "name": "data", "hostPath": {"path": "/srv"}}
    after = strategic(registry, POD, {"spec": {"volumes": [volume]}})
    assert after["spec"]["volumes"] == [{"name": "data", "hostPath": {"path": "/srv"}}]


def test_an_element_without_its_key_is_refused(registry: Registry) -> None:
    with pytest.raises(ApiError, match="merge key 'name'"):
        strategic(registry, POD, {"spec": {"containers": [{"image": "x"}]}})


def test_custom_resources_take_no_strategic_patch(registry: Registry) -> None:
    with pytest.raises(ApiError) as refused:
        media.patched(registry, registry.named("Subnet"), {}, media.STRATEGIC, {})
    assert refused.value.code == 415


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "add", "path": "/a/1", "value": 9}], {"a": [1, 9, 2], "b/c": {"d": 1}}),
        ([{"op": "add", "path": "/a/-", "value": 9}], {"a": [1, 2, 9], "b/c": {"d": 1}}),
        ([{"op": "remove", "path": "/a/0"}], {"a": [2], "b/c": {"d": 1}}),
        ([{"op": "replace", "path": "/b~1c/d", "value": 2}], {"a": [1, 2], "b/c": {"d": 2}}),
        ([{"op": "move", "from": "/a", "path": "/e"}], {"e": [1, 2], "b/c": {"d": 1}}),
        ([{"op": "copy", "from": "/a/0", "path": "/e"}], {"a": [1, 2], "b/c": {"d": 1}, "e": 1}),
        ([{"op": "test", "path": "/a/0", "value": 1}], {"a": [1, 2], "b/c": {"d": 1}}),
        ([{"op": "replace", "path": "", "value": {"x": 1}}], {"x": 1}),
    ],
)
def test_json_patch_operations(operations: list[Any], expected: Any) -> None:
    document = {"a": [1, 2], "b/c": {"d": 1}}
    assert jsonpatch.applied(document, operations) == expected
    assert document == {"a": [1, 2], "b/c": {"d": 1}}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a/0", "value": True},
        {"op": "remove", "path": "/none"},
        {"op": "replace", "path": "/a/01", "value": 1},
        {"op": "add", "path": "/a/7", "value": 1},
        {"op": "add", "path": "/none/b", "value": 1},
        {"op": "add", "path": "a", "value": 1},
        {"op": "add", "path": "/a"},
        {"op": "move", "from": "/a", "path": "/a/0"},
        {"op": "turn", "path": "/a"},
    ],
)
def test_a_json_patch_that_cannot_be_done_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="operation 0") as refused:
        jsonpatch.applied({"a": [1, 2]}, [operation])
    assert refused.value.code == 422
