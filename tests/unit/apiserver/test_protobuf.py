"""Protobuf: bodies that kubectl sends become what their JSON would have been; what is not understood is refused."""

from __future__ import annotations

import orjson
import pytest

from testbed.apiserver.kinds import builtin
from testbed.apiserver.openapi.documents import PROTOBUF_V2, Documents
from testbed.apiserver.protobuf import messages, wire
from testbed.apiserver.status import ApiError


def body(version: str, kind: str, raw: bytes) -> bytes:
    about = wire.text(1, version) + wire.text(2, kind)
    return messages.MAGIC + wire.message(1, about) + wire.message(2, raw)


def test_an_object_is_read_without_what_go_writes_for_nothing() -> None:
    metadata = wire.text(1, "a") + wire.text(2, "") + wire.number(7, 0) + wire.message(8, b"")
    entry = wire.text(1, "key") + wire.text(2, "value")
    raw = wire.message(1, metadata) + wire.message(2, entry)
    assert messages.decoded(body("v1", "ConfigMap", raw)) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a"},
        "data": {"key": "value"},
    }


def test_zero_is_kept_where_it_was_said() -> None:
    raw = wire.message(2, wire.number(1, 0))
    assert messages.decoded(body("apps/v1", "Deployment", raw))["spec"] == {"replicas": 0}


def test_a_status_is_passed_over() -> None:
    raw = wire.message(3, wire.text(1, "Active"))
    assert "status" not in messages.decoded(body("v1", "Namespace", raw))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{}", 400),
        (messages.MAGIC + b"\xff", 400),
        (messages.MAGIC + b"\x0a\x7f", 400),
        (body("v1", "Pod", b""), 415),
        (body("v1", "ConfigMap", wire.text(99, "x")), 415),
        (body("v1", "ConfigMap", wire.number(1, 7)), 400),
    ],
)
def test_what_is_not_understood_is_refused(content: bytes, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        messages.decoded(content)
    assert refused.value.code == code


def test_numbers_survive_the_wire() -> None:
    for number in (0, 127, 128, 300, 2**40):
        assert list(wire.fields(wire.number(3, number))) == [(3, number)]


def test_the_openapi_document_has_its_definitions_and_paths() -> None:
    content, media = Documents(builtin()).answer("/openapi/v2", "", f"{PROTOBUF_V2}")
    assert media == PROTOBUF_V2
    document: dict[int, bytes] = {}
    for field, value in wire.fields(content):
        assert isinstance(value, bytes)
        document[field] = value
    assert document[1] == b"2.0"
    assert b"io.k8s.v1.PodSpec" in document[9]
    assert b"x-kubernetes-patch-merge-key" in document[9]
    assert b"dryRun" in document[8]


def test_no_reference_leads_nowhere() -> None:
    document = orjson.loads(Documents(builtin()).answer("/openapi/v2", "", "")[0])
    names = set(document["definitions"])

    def check(schema: object) -> None:
        if isinstance(schema, dict):
            reference = schema.get("$ref")
            if isinstance(reference, str):
                assert reference.removeprefix("#/definitions/") in names
            for inner in schema.values():
                check(inner)
        elif isinstance(schema, list):
            for inner in schema:
                check(inner)

    check(document["definitions"])
