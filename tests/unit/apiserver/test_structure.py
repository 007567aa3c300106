"""What an object may look like: every departure from a schema is found, and says where, what and what instead."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.apiserver.kinds import builtin
from testbed.apiserver.status import Cause
from testbed.apiserver.structure import MAX_DEPTH, compile_schema, faults

KINDS = builtin()


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def found_in(schema: dict[str, Any], document: Any) -> list[Cause]:
    return faults(compile_schema(schema), document)


def in_pod(document: dict[str, Any]) -> dict[str, str]:
    found = faults(KINDS.named("Pod").schema, {"metadata": {"name": "a"}} | document)
    return {cause.field: cause.message for cause in found}


def test_what_the_schema_says_passes() -> None:
    pod = {
        "metadata": {"name": "a", "labels": {"app": "web"}, "creationTimestamp": "2024-01-31T12:00:00Z"},
        "spec": {
            "containers": [
                {
                    "name": "c",
                    "resources": {"limits": {"cpu": 2, "memory": "1Gi"}},
                    "readinessProbe": {"httpGet": {"port": "http"}},
                    "livenessProbe": {"tcpSocket": {"port": 80}},
                }
            ]
        },
    }
    assert in_pod(pod) == {}


@pytest.mark.parametrize(
    ("spec", "field", "message"),
    [
        (
            {"nodeNam": "a", "containers": []},
            "spec.nodeNam",
            'unknown field, found "nodeNam", allowed activeDead',
        ),
        ({}, "spec.containers", "found nothing, allowed an array"),
        ({"containers": {}}, "spec.containers", "found an object, allowed an array"),
        ({"containers": [7]}, "spec.containers[0]", "found 7, allowed an object"),
        ({"containers": [{"name": True}]}, "spec.containers[0].name", "found true, allowed a string"),
        ({"containers": [], "priority": 1.5}, "spec.priority", "found 1.5, allowed an integer"),
        ({"containers": [], "priority": True}, "spec.priority", "found true, allowed an integer"),
        ({"containers": [], "hostNetwork": "yes"}, "spec.hostNetwork", 'found "yes", allowed a boolean'),
        (
            {"containers": [], "nodeSelector": {"a.b/c": 1}},
            "spec.nodeSelector[a.b/c]",
            "found 1, allowed a string",
        ),
        (
            {"containers": [], "overhead": {"cpu": "much"}},
            "spec.overhead.cpu",
            'found "much", allowed a quantity',
        ),
    ],
)
def test_a_fault_says_where_what_and_what_instead(spec: dict[str, Any], field: str, message: str) -> None:
    found = in_pod({"spec": spec})
    assert list(found) == [field]
    assert found[field].startswith(message)


def test_all_faults_are_found_at_once() -> None:
    spec = {"colour": "red", "containers": [{"image": 1}, {"name": "b", "ports": [{}]}]}
    assert set(in_pod({"spec": spec, "statu": {}})) == {
        "statu",
        "spec.colour",
        "spec.containers[0].image",
        "spec.containers[0].name",
        "spec.containers[1].ports[0].containerPort",
    }


def test_null_is_absence() -> None:
    document = {"a": None, "b": "x"}
    assert found_in(an_object(a={"type": "string"}, b={"type": "string"}), document) == []
    assert document == {"b": "x"}
    required = an_object(a={"type": "string"}) | {"required": ["a"]}
    assert [cause.reason for cause in found_in(required, {"a": None})] == ["FieldValueRequired"]


@pytest.mark.parametrize(
    ("schema", "good", "bad", "allowed"),
    [
        ({"type": "string", "enum": ["a", "b"]}, "a", "c", 'allowed "a", "b"'),
        ({"type": "integer", "minimum": 1}, 1, 0, "allowed at least 1"),
        ({"type": "integer", "maximum": 4094}, 4094, 4095, "allowed at most 4094"),
        ({"type": "string", "maxLength": 2}, "ab", "abc", "allowed at most 2 characters"),
        ({"type": "string", "minLength": 2}, "ab", "a", "allowed at least 2 characters"),
        ({"type": "string", "pattern": "^v[0-9]$"}, "v1", "1", "allowed text that matches ^v[0-9]$"),
        (
            {"type": "string", "format": "date-time"},
            "2024-01-31T12:00:00.123456Z",
            "yesterday",
            "allowed a moment",
        ),
        ({"type": "number"}, 1, "1", "allowed a number"),
        ({"x-kubernetes-int-or-string": True}, "80", 1.5, "allowed an integer or a string"),
    ],
)
def test_bounds_hold(schema: dict[str, Any], good: Any, bad: Any, allowed: str) -> None:
    assert found_in(schema, good) == []
    assert allowed in found_in(schema, bad)[0].message


def test_what_is_free_in_form_is_bounded_in_depth() -> None:
    anything = {"x-kubernetes-preserve-unknown-fields": True}
    nested: Any = 1
    for _ in range(MAX_DEPTH - 1):
        nested = {"a": [nested]} if nested == 1 else {"a": nested}
    assert found_in(anything, nested["a"]) == []
    for _ in range(900):
        nested = {"a": nested}
    assert [cause.reason for cause in found_in(anything, nested)] == ["FieldValueTooLong"]


def test_a_long_value_is_quoted_in_part() -> None:
    assert len(found_in({"type": "integer"}, "x" * 10_000)[0].message) < 200


def test_an_unknown_type_is_refused_when_the_schema_is_read() -> None:
    with pytest.raises(ValueError, match="schema type 'text'"):
        compile_schema({"type": "text"})


def test_every_kind_knows_metadata() -> None:
    for kind in KINDS.kinds:
        found = faults(kind.schema, {"metadata": {"name": "a", "colour": "red"}})
        assert "metadata.colour" in {cause.field for cause in found}, kind.name
