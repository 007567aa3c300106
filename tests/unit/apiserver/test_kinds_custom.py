"""Kinds that a CustomResourceDefinition adds: served, held to their schema, and gone with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest

from testbed.apiserver import customkinds
from testbed.apiserver.admission import nothing_to_object
from testbed.apiserver.customkinds import CustomKinds
from testbed.apiserver.journal import Journal
from testbed.apiserver.kinds import Kind, builtin
from testbed.apiserver.status import ApiError
from testbed.apiserver.store import Store
from testbed.apiserver.structure import compile_schema, faults
from testbed.apiserver.writing import DeleteOptions, Writer
from tests.unit.apiserver.conftest import Opener

NAME = "tunnels.example.com"


def a_definition(schema: dict[str, Any] | None = None, **version: Any) -> dict[str, Any]:
    spec = {
        "type": "object",
        "required": ["remote"],
        "properties": {
            "remote": {"type": "string", "format": "ipv4"},
            "mtu": {"type": "integer", "minimum": 576, "default": 1400},
            "keys": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            "port": {"x-kubernetes-int-or-string": True},
            "replicas": {"type": "integer"},
            "extra": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    root = {"type": "object", "properties": {"spec": spec, "status": {"type": "object", "properties": {}}}}
    return {
        "metadata": {"name": NAME},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "tunnels", "kind": "Tunnel", "shortNames": ["tn"]},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema or root}}
                | version
            ],
        },
    }


class Definitions:
    """One server's definitions."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self.store = store
        self.writer = writer
        self.kind = store.registry.named("CustomResourceDefinition")

    def add(self, document: dict[str, Any]) -> None:
        self.writer.create(self.kind, "", document)
        self.store.flush()

    def status(self) -> Any:
        return self.writer.existing(self.kind, "", NAME).document()["status"]

    def conditions(self) -> dict[str, str]:
        return {entry["type"]: entry["status"] for entry in self.status()["conditions"]}

    @property
    def tunnels(self) -> Kind:
        kind = self.store.registry.at("example.com", "v1", "tunnels")
        assert kind is not None
        return kind

    def create(self, name: str = "a", **spec: Any) -> Any:
        document = {"metadata": {"name": name}, "spec": {"remote": "10.0.0.1"} | spec}
        return orjson.loads(self.writer.create(self.tunnels, "default", document).body)


@pytest.fixture
async def definitions(store: Store, writer: Writer) -> AsyncIterator[Definitions]:
    custom = CustomKinds(store, writer)
    custom.start()
    yield Definitions(store, writer)
    await custom.close()


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not come to that")


async def test_a_definition_is_served_and_says_so(definitions: Definitions) -> None:
    changes = definitions.store.registry.changes
    definitions.add(a_definition())
    assert definitions.conditions() == {"NamesAccepted": "True", "Established": "True"}
    assert definitions.status()["storedVersions"] == ["v1"]
    kind = definitions.tunnels
    assert (kind.singular, kind.list_name, kind.short_names) == ("tunnel", "TunnelList", ("tn",))
    assert definitions.store.registry.changes > changes
    created = definitions.create(port="http", extra={"any": [1]})
    assert created["apiVersion"] == "example.com/v1"
    assert created["spec"]["mtu"] == 1400, "defaults of the schema are filled in"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"remote": "somewhere"}, "spec.remote"),
        ({"remote": None}, "spec.remote"),
        ({"mtu": 100}, "spec.mtu"),
        ({"keys": []}, "spec.keys"),
        ({"port": True}, "spec.port"),
        ({"extra": "text"}, "spec.extra"),
        ({"colour": "red"}, "spec.colour"),
    ],
)
async def test_objects_are_held_to_the_schema(definitions: Definitions, spec: Any, field: str) -> None:
    definitions.add(a_definition())
    with pytest.raises(ApiError) as refused:
        definitions.create(**spec)
    assert [cause.field for cause in refused.value.causes] == [field]


async def test_status_scale_and_columns_are_as_the_version_says(definitions: Definitions) -> None:
    scale = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
    columns = [{"name": "Remote", "type": "string", "jsonPath": ".spec.remote", "priority": 1}]
    subresources = {"status": {}, "scale": scale}
    definitions.add(a_definition(subresources=subresources, additionalPrinterColumns=columns))
    kind = definitions.tunnels
    assert kind.subresources == ("status", "scale")
    assert kind.scale is not None
    assert kind.scale.replicas == "spec.replicas"
    assert [(column.name, column.path, column.priority) for column in kind.columns] == [
        ("Remote", ".spec.remote", 1)
    ]
    document = {"metadata": {"name": "a"}, "spec": {"remote": "10.0.0.1"}, "status": {}}
    created = orjson.loads(definitions.writer.create(kind, "default", document).body)
    assert "status" not in created


async def test_a_changed_schema_holds_at_once(definitions: Definitions) -> None:
    definitions.add(a_definition())
    changed = a_definition()
    properties = changed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"][
        "properties"
    ]
    properties["colour"] = {"type": "string"}
    definitions.writer.patch(definitions.kind, "", NAME, {"spec": changed["spec"]}, "")
    definitions.store.flush()
    assert definitions.create(colour="red")["spec"]["colour"] == "red"


async def test_a_definition_that_goes_takes_its_objects_along(definitions: Definitions) -> None:
    definitions.add(a_definition())
    for number in range(3):
        definitions.create(f"tunnel-{number}")
    definitions.writer.delete(definitions.kind, "", NAME, DeleteOptions())
    assert definitions.writer.existing(definitions.kind, "", NAME).is_being_deleted
    await until(lambda: definitions.store.registry.at("example.com", "v1", "tunnels") is None)
    assert "Tunnel.example.com" not in definitions.store.collections
    definitions.add(a_definition())
    assert definitions.create()["spec"]["remote"] == "10.0.0.1"


async def test_names_that_another_kind_has_are_not_accepted(definitions: Definitions) -> None:
    definitions.add(a_definition())
    rival = a_definition()
    rival["metadata"]["name"] = "pipes.example.com"
    rival["spec"]["names"] = {"plural": "pipes", "kind": "Pipe", "shortNames": ["tn"]}
    definitions.add(rival)
    document = definitions.writer.existing(definitions.kind, "", "pipes.example.com").document()
    assert {entry["type"]: entry["status"] for entry in document["status"]["conditions"]} == {
        "NamesAccepted": "False",
        "Established": "False",
    }
    assert definitions.store.registry.at("example.com", "v1", "pipes") is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metadata": {"name": "tunnel.example.com"}}, "metadata.name"),
        ({"spec": {"scope": "Galaxy"}}, "spec.scope"),
        ({"spec": {"versions": []}}, "spec.versions"),
        (
            {"spec": {"versions": [{"name": "v1", "served": True, "storage": True}]}},
            "spec.versions[0].schema.openAPIV3Schema",
        ),
    ],
)
async def test_a_definition_that_nobody_could_serve_is_refused(
    definitions: Definitions, change: dict[str, Any], field: str
) -> None:
    document = a_definition()
    for member, values in change.items():
        document[member] |= values
    with pytest.raises(ApiError) as refused:
        definitions.add(document)
    assert field in {cause.field for cause in refused.value.causes}


async def test_a_schema_that_is_not_structural_is_refused(definitions: Definitions) -> None:
    with pytest.raises(ApiError, match="structural"):
        definitions.add(a_definition({"type": "object", "properties": {"spec": {"description": "?"}}}))


async def test_a_second_served_version_is_refused_with_the_reason(definitions: Definitions) -> None:
    document = a_definition()
    document["spec"]["versions"].append(
        document["spec"]["versions"][0] | {"name": "v2", "storage": False, "served": True}
    )
    with pytest.raises(ApiError, match="not converted"):
        definitions.add(document)


async def test_rules_in_cel_are_named_as_not_evaluated(definitions: Definitions) -> None:
    document = a_definition()
    schema = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["x-kubernetes-validations"] = [{"rule": "self.mtu > 0"}]
    definitions.add(document)
    assert definitions.conditions()["RulesEnforced"] == "False"
    assert ".spec" in definitions.status()["conditions"][-1]["message"]


async def test_a_new_process_serves_what_was_defined(opener: Opener) -> None:
    store = opener()
    writer = Writer(store, nothing_to_object)
    writer.create(store.registry.named("Namespace"), "", {"metadata": {"name": "default"}})
    custom = CustomKinds(store, writer)
    custom.start()
    before = Definitions(store, writer)
    before.add(a_definition())
    before.create()
    store.flush()
    await custom.close()
    assert opener.journal is not None
    opener.journal.close()

    registry, journal = builtin(), Journal(opener.path, 100)
    customkinds.restore(registry, journal)
    again = Store(registry, journal, opener.lost.append)
    assert [entry.name for entry in again.collections["Tunnel.example.com"].entries()] == ["a"]
    journal.close()


async def test_a_history_of_objects_whose_definition_is_gone_is_no_fault(opener: Opener) -> None:
    store = opener()
    writer = Writer(store, nothing_to_object)
    writer.create(store.registry.named("Namespace"), "", {"metadata": {"name": "default"}})
    custom = CustomKinds(store, writer)
    custom.start()
    before = Definitions(store, writer)
    before.add(a_definition())
    before.create()
    writer.delete(before.kind, "", NAME, DeleteOptions())
    await until(lambda: store.collections["CustomResourceDefinition"].get("", NAME) is None)
    store.flush()
    await custom.close()
    again = opener()
    assert again.revision == store.revision
    assert again.collections["Namespace"].get("", "default") is not None


@pytest.mark.parametrize(
    ("combination", "right", "wrong"),
    [
        ({"anyOf": [{"pattern": "^a"}, {"format": "ipv6"}]}, "fd00::1", "b"),
        ({"oneOf": [{"minLength": 2}, {"pattern": "^a"}]}, "bb", "aa"),
        ({"allOf": [{"minLength": 2}, {"pattern": "^a"}]}, "aa", "ba"),
        ({"not": {"enum": ["int"]}}, "ext", "int"),
    ],
)
def test_combinations_judge_values(combination: dict[str, Any], right: str, wrong: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"} | combination}}
    node = compile_schema(schema)
    assert faults(node, {"a": right}) == []
    assert [cause.field for cause in faults(node, {"a": wrong})] == ["a"]
