"""What fragments state reaches the API once, in order, and a failure is tried again."""

import asyncio
from typing import Any

import pytest

from controller import ovsdb
from controller.api.core import Pod
from controller.api.kinds import EVENTS, IPS, PODS, Kind
from controller.api.kubeovn import IP
from controller.api.meta import ObjectMeta
from controller.api.names import FINALIZER
from controller.engine.engine import Effect
from controller.engine.fragment import Notice
from controller.engine.statement import Patch
from controller.engine.view import View
from controller.kubernetes import ApiError, Unreachable, Written
from controller.northbound.replica import Replica
from controller.northbound.rows import RowKey
from controller.runtime.api_writer import ApiWriter

PORT = RowKey("Logical_Switch_Port", "web.default")


class Api:
    """Notes what it is asked; fails as often as it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.failures: list[Exception] = []

    async def patch(
        self, kind: Kind[Any], name: str, patch: Any, *, namespace: str, subresource: str = ""
    ) -> None:
        await self._ask("patch", patch)

    async def merge_conditions(
        self, kind: Kind[Any], name: str, conditions: Any, *, uid: str, namespace: str
    ) -> None:
        await self._ask("merge", (name, uid, conditions))

    async def delete(self, kind: Kind[Any], name: str, *, namespace: str | None, uid: str) -> None:
        await self._ask("delete", (kind.name, name, uid))

    async def create(self, kind: Kind[Any], event: Any) -> Written[Any]:
        await self._ask("create", event)
        return Written(event, None)

    async def get(self, kind: Kind[Any], name: str, namespace: str | None) -> Pod:
        return a_pod(said="theirs")

    async def _ask(self, verb: str, what: Any) -> None:
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop()
        self.asked.append((verb, what))


class World:
    def __init__(self) -> None:
        self.view, self.replica, self.api = View(), Replica(), Api()
        self.retried: list[str] = []
        self.writer = ApiWriter(self.api, self.view, self.replica, self.retried.append)  # type: ignore[arg-type]
        self.view.put(PODS, a_pod())

    async def carry_out(self, *effects: Effect) -> list[tuple[str, Any]]:
        self.writer.submit(effects)
        await self.writer.drain()
        return self.api.asked


def a_pod(**said: str) -> Pod:
    annotations = {f"ovn.kubernetes.io/{key}": value for key, value in said.items()}
    meta = ObjectMeta(
        name="web",
        namespace="default",
        uid="u",
        annotations=annotations,
        resource_version="7",
        finalizers=("theirs/own",),
    )
    return Pod(metadata=meta)


def an_effect(said: str = "", notice: Notice | None = None, **changes: Any) -> Effect:
    fields: dict[str, Any] = {
        "owner": "pod/default/web",
        "kind": PODS,
        "path": "default/web",
        "uid": "u",
        "patch": Patch({"ovn.kubernetes.io/said": said} if said else {}, {}),
        "gone_after": None,
        "notices": (notice,) if notice else (),
    }
    return Effect(**(fields | changes))


@pytest.fixture
def world() -> World:
    return World()


async def test_a_patch_names_the_object_that_it_is_meant_for(world: World) -> None:
    (patch,) = await world.carry_out(an_effect("a"))
    assert patch == ("patch", {"metadata": {"uid": "u", "annotations": {"ovn.kubernetes.io/said": "a"}}})


async def test_what_was_sent_is_taken_as_said(world: World) -> None:
    await world.carry_out(an_effect("a"))
    stated = world.view.stated(PODS, "default/web")
    assert stated is not None
    assert stated.annotations == {"ovn.kubernetes.io/said": "a"}


async def test_what_was_meant_for_a_former_object_is_neither_sent_nor_taken_as_said_by_its_successor(
    world: World,
) -> None:
    assert await world.carry_out(an_effect("a", uid="former")) == []
    stated = world.view.stated(PODS, "default/web")
    assert stated is not None
    assert stated.annotations == {}


async def test_writes_to_one_object_stay_in_order(world: World) -> None:
    asked = await world.carry_out(*(an_effect(str(number)) for number in range(20)))
    assert [patch["metadata"]["annotations"]["ovn.kubernetes.io/said"] for _, patch in asked] == [
        str(number) for number in range(20)
    ]


@pytest.mark.parametrize("error", [Unreachable("gone"), ApiError(500, "InternalError", "")])
async def test_a_failure_is_tried_again_from_what_the_object_says(world: World, error: Exception) -> None:
    world.api.failures = [error]
    await world.carry_out(an_effect("a"))
    assert world.retried == ["pod/default/web"]
    stated = world.view.stated(PODS, "default/web")
    assert stated is not None
    assert stated.annotations == {"ovn.kubernetes.io/said": "theirs"}


@pytest.mark.parametrize("status", [404, 409])
async def test_an_object_that_went_meanwhile_is_left_to_the_informer(world: World, status: int) -> None:
    world.api.failures = [ApiError(status, "", "")]
    assert await world.carry_out(an_effect("a")) == []
    assert world.retried == []


async def test_a_notice_becomes_an_event_on_its_object(world: World) -> None:
    ((verb, event),) = await world.carry_out(an_effect(notice=Notice("Warning", "Reason", "why")))
    assert verb == "create"
    assert (event.involved_object.name, event.reason, event.message) == ("web", "Reason", "why")
    assert EVENTS.path(event.metadata.namespace) == "/api/v1/namespaces/default/events"


async def test_the_same_notice_has_the_same_name_so_that_it_is_told_once(world: World) -> None:
    notice = Notice("Warning", "Reason", "why")
    asked = await world.carry_out(an_effect(notice=notice), an_effect(notice=notice))
    assert asked[0][1].metadata.name == asked[1][1].metadata.name
    world.api.failures = [ApiError(409, "AlreadyExists", "")]
    await world.carry_out(an_effect(notice=notice))
    assert world.retried == []


async def test_a_record_is_not_deleted_while_nb_has_its_port(world: World) -> None:
    row = ovsdb.Row({}, b"{}", {"name": PORT.name, "external_ids": {}})
    change = ovsdb.Change(PORT.table, ovsdb.UUID("u1"), None, row)
    world.replica._apply(ovsdb.Batch(0, [change]))
    world.view.put(IPS, IP(metadata=ObjectMeta(name=PORT.name, uid="i")))
    effect = an_effect(kind=IPS, path=PORT.name, uid="i", owner=f"address/{PORT.name}", gone_after=PORT)
    assert await world.carry_out(effect) == []
    assert world.retried == [f"address/{PORT.name}"]
    world.replica._apply(ovsdb.Batch(0, [ovsdb.Change(PORT.table, ovsdb.UUID("u1"), row, None)]))
    assert await world.carry_out(effect) == [("delete", ("IP", PORT.name, "i"))]


async def test_the_conditions_of_a_pod_are_merged_with_those_of_its_kubelet() -> None:
    world = World()
    condition = {"type": "x", "status": "False", "lastTransitionTime": "t", "lastUpdateTime": "t"}
    asked = await world.carry_out(an_effect(patch=Patch({}, {"conditions": [condition]})))
    of_a_pod = {"type": "x", "status": "False", "lastTransitionTime": "t"}
    assert asked == [("merge", ("web", "u", [of_a_pod]))]


async def test_others_finalizers_stay_where_they_are(world: World) -> None:
    asked = await world.carry_out(an_effect(patch=Patch({}, {}, finalizer=True)))
    ((_, patch),) = asked
    assert patch["metadata"]["finalizers"] == ["theirs/own", FINALIZER]
    assert patch["metadata"]["resourceVersion"] == "7"
    await world.carry_out(an_effect(patch=Patch({}, {}, finalizer=False)))
    assert world.api.asked[-1][1]["metadata"]["finalizers"] == ["theirs/own"]
