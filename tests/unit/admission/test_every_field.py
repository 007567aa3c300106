"""Each field of each kind: what it may not be is refused by the API, on one line that says where, what and why."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller import admission
from controller.api import annotations as names_of
from controller.api.kind import Kind
from controller.api.kinds import KINDS, kind_of
from testbed.apiserver.journal import Journal
from testbed.apiserver.kinds import builtin
from testbed.apiserver.status import ApiError
from testbed.apiserver.store import Store
from testbed.apiserver.writing import Writer
from tests.unit.admission.annotation_refusals import ANNOTATIONS, JUDGED_ELSEWHERE, Annotated
from tests.unit.admission.fields import Field, document, fields
from tests.unit.admission.refusals import REFUSALS, SOUND, Refusal


class Api:
    """The API's rules of writing with the controller's admission, and what is there before each test."""

    def __init__(self, path: Path) -> None:
        self._runner = asyncio.Runner()
        self._store = Store(builtin(), Journal(path / "journal.db", 1_000), lambda error: None)
        self._writer = Writer(self._store, admission.review)
        self.create("Namespace", "default")
        for name in ("ovn-cluster", "tenant"):
            self.create("Vpc", name)
        self.create("ProviderNetwork", "net1", {"defaultInterface": "eth1"})
        self.create("Vlan", "v", {"provider": "net1", "id": 1})
        self.create("Subnet", "ovn-default", {"cidrBlock": "10.16.0.0/16"})
        self.create("Subnet", "outside", {"cidrBlock": "172.31.0.0/16", "vlan": "v"})
        self.create("IPPool", "taken", {"subnet": "ovn-default", "ips": ["10.16.0.100..10.16.0.199"]})
        record = {"subnet": "ovn-default", "ipAddress": "10.16.0.9", "macAddress": "0a:00:00:00:00:09"}
        self.create("IP", "web.default", record | {"podName": "web", "namespace": "default"})
        self.create("OvnEip", "one", {"externalSubnet": "outside"})

    def create(self, kind: str, name: str, spec: Any = None, **annotations: str) -> None:
        """A new object. Raises ApiError."""
        registered = self._store.registry.named(kind)
        metadata = {"name": name, "annotations": annotations}
        whole = {"apiVersion": registered.api_version, "kind": kind, "metadata": metadata}
        whole |= {} if spec is None else {"spec": spec}

        async def written() -> None:
            self._writer.create(registered, "default" if registered.namespaced else "", whole)

        self._runner.run(written())

    def close(self) -> None:
        """Ends it."""
        self._runner.close()

    def refusal(self, kind: str, spec: Any, **annotations: str) -> ApiError:
        """Why a new object is refused."""
        with pytest.raises(ApiError) as refused:
            self.create(kind, "new", spec, **annotations)
        return refused.value


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    api = Api(tmp_path_factory.mktemp("api"))
    yield api
    api.close()


def every_field() -> Iterator[tuple[Kind[Any], Field]]:
    for kind in KINDS:
        for field in fields(kind):
            yield kind, field


def named(case: Any) -> str:
    return "-".join(str(part) for part in case[:3]) if isinstance(case, tuple) else str(case)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_value_of_the_wrong_type_is_refused_in_every_field(api: Api, kind: Kind[Any]) -> None:
    for field in fields(kind):
        if field.wrong_type is None:
            continue
        error = api.refusal(kind.name, document(field.path, field.wrong_type, {})["spec"])
        (cause,) = [cause for cause in error.causes if cause.field == field.path]
        assert cause.message.startswith("found "), cause
        assert ", allowed " in cause.message, cause
        assert f"{field.path}: {cause.message}" in error.message


def test_what_a_type_excludes_by_itself_is_refused(api: Api) -> None:
    tried = 0
    for kind, field in every_field():
        for value in field.out_of_bounds:
            error = api.refusal(kind.name, document(field.path, value, {})["spec"])
            (cause,) = [cause for cause in error.causes if cause.field == field.path]
            assert cause.message.startswith("found "), cause
            assert ", allowed " in cause.message, cause
            tried += 1
    assert tried > 30


@pytest.mark.parametrize("kind", SOUND)
def test_every_field_that_its_type_does_not_judge_has_its_refusal(kind: str) -> None:
    """A new field fails here until it is said what it may not be."""
    open_fields = {field.path for field in fields(kind_of(kind)) if not field.has_bounds}
    assert {case.path for case in REFUSALS if case.kind == kind} >= open_fields


@pytest.mark.parametrize("kind", SOUND)
def test_what_the_refusals_start_from_is_accepted(tmp_path: Path, kind: str) -> None:
    api = Api(tmp_path)
    api.create(kind, "new", SOUND[kind])
    api.close()


@pytest.mark.parametrize("case", REFUSALS, ids=named)
def test_what_a_field_may_not_be_is_refused_with_path_found_and_allowed(api: Api, case: Refusal) -> None:
    error = api.refusal(case.kind, case.spec)
    assert [cause.field for cause in error.causes] == [case.path], error.message
    assert f"{case.path}: found {json.dumps(case.said, ensure_ascii=False)}, allowed " in error.message
    assert case.allowed in error.message
    assert "\n" not in error.message


def test_every_annotation_is_judged_somewhere() -> None:
    """A new annotation fails here until it is said what it may not be, or who judges it."""
    known = {
        value
        for name, value in vars(names_of).items()
        if name.isupper() and isinstance(value, str) and "/" in value
    }
    assert {case.name for case in ANNOTATIONS} | JUDGED_ELSEWHERE.keys() == known


@pytest.mark.parametrize("case", ANNOTATIONS, ids=lambda case: f"{case.kind}-{case.name}")
def test_what_an_annotation_may_not_say_is_refused_with_path_found_and_allowed(
    api: Api, case: Annotated
) -> None:
    error = api.refusal(case.kind, case.spec, **({} if case.in_template else {case.name: case.value}))
    (cause,) = [cause for cause in error.causes if cause.field == case.path]
    assert f"found {json.dumps(case.found or case.value)}, allowed " in cause.message
    assert case.allowed in cause.message
    assert "\n" not in error.message
