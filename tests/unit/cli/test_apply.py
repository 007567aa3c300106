"""What `testbed apply` sends is the least that makes an object as its manifest says."""

from typing import Any

import pytest

from testbed.cli.apply import merge_patch


@pytest.mark.parametrize(
    ("last", "current", "wanted", "patch"),
    [
        ({}, {"a": 1}, {"a": 1}, {}),
        ({}, {"a": 1}, {"a": 2}, {"a": 2}),
        ({}, {"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3}}),
        ({"a": 1}, {"a": 1, "b": 2}, {}, {"a": None}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, {"a": {}}, {"a": {"b": None}}),
        ({"a": 1}, {}, {}, {}),
        ({}, {"servers": 1}, {}, {}),
        ({}, {"l": [1, 2]}, {"l": [2]}, {"l": [2]}),
        ({}, {}, {"a": None}, {}),
        (None, {"a": "x"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
)
def test_a_patch_holds_what_differs_and_takes_away_what_only_the_last_manifest_asked_for(
    last: Any, current: dict[str, Any], wanted: dict[str, Any], patch: dict[str, Any]
) -> None:
    assert merge_patch(last, current, wanted) == patch
