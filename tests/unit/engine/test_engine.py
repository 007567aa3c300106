"""Who is asked again after a change, and what reaches the world."""

from typing import Any

import pytest

from controller import ovsdb
from controller.api.annotations import EIP
from controller.api.core import Pod, PodSpec, PodStatus
from controller.api.kinds import PODS, SUBNETS
from controller.api.kubeovn import Subnet, SubnetSpec, SubnetStatus
from controller.api.meta import ObjectMeta
from controller.engine.engine import Engine
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import Reconciler, reconciler
from controller.engine.view import View
from controller.northbound.delta import Insert, Remove
from controller.northbound.replica import Replica
from controller.northbound.rows import OWNER, VENDOR, VENDOR_NAME, Row, RowKey

NOW = "2026-01-02T00:00:00Z"
OWNED = {VENDOR: VENDOR_NAME}


class Columns(ovsdb.Row):
    """A monitored row in a test's hands."""

    def __init__(self, **columns: Any) -> None:
        super().__init__({}, b"{}", columns)


@reconciler("pod", PODS)
def a_switch_a_pod(pod: Pod, view: View) -> Fragment:
    if pod.is_finished:
        return NOTHING
    subnet = view.get(SUBNETS, "blue")
    cidr = subnet.spec.cidr_block if subnet else "none"
    return Fragment(
        rows=(Row(RowKey("Logical_Switch", pod.name), {"other_config": {"cidr": cidr}}),),
        annotations={"ovn.kubernetes.io/cidr": cidr},
    )


@reconciler("wish", PODS, concerns=lambda pod: EIP in pod.annotations)
def a_switch_if_asked(pod: Pod, view: View) -> Fragment:
    return (
        Fragment(rows=(Row(RowKey("Logical_Switch", pod.name), {}),)) if EIP in pod.annotations else NOTHING
    )


class World:
    """A view, a replica and an engine that asks one of the reconcilers above."""

    def __init__(self, asked: Reconciler = a_switch_a_pod) -> None:
        self.view = View()
        self.replica = Replica()
        self.engine = Engine(self.view, self.replica, [asked])
        self.numbers = 0

    def settle(self) -> list[Any]:
        """Asks everyone due, lets NB take it, and returns the changes."""
        plan = self.engine.plan(self.engine.take(1000), NOW)
        changes = [change for delta in plan.deltas for change in delta.changes]
        self.take(changes)
        return changes

    def take(self, changes: list[Any]) -> None:
        told = []
        for change in changes:
            if isinstance(change, Insert):
                self.numbers += 1
                told.append(
                    ovsdb.Change(
                        change.key.table, ovsdb.UUID(f"u{self.numbers}"), None, Columns(**change.columns)
                    )
                )
            elif isinstance(change, Remove):
                told.append(ovsdb.Change(change.key.table, change.uuid, Columns(), None))
        self.replica._apply(ovsdb.Batch(0, told))

    def tell(self, uuid: str, row: Columns) -> None:
        """NB says that a switch is like that now."""
        self.replica._apply(
            ovsdb.Batch(0, [ovsdb.Change("Logical_Switch", ovsdb.UUID(uuid), Columns(), row)])
        )


def a_pod(name: str = "web", phase: str = "", **annotations: str) -> Pod:
    return Pod(
        metadata=ObjectMeta(name=name, namespace="default", uid=f"uid-{name}", annotations=annotations),
        spec=PodSpec(node_name="node1"),
        status=PodStatus(phase=phase),
    )


def a_subnet(cidr: str = "10.0.0.0/24", used: float = 0) -> Subnet:
    return Subnet(
        metadata=ObjectMeta(name="blue", uid="s"),
        spec=SubnetSpec(cidr_block=cidr),
        status=SubnetStatus(v4_using_ips=used),
    )


@pytest.fixture
def world() -> World:
    return World()


def test_a_new_object_is_asked_and_its_rows_inserted(world: World) -> None:
    world.view.put(PODS, a_pod())
    (change,) = world.settle()
    assert isinstance(change, Insert)
    assert change.columns["external_ids"] == {VENDOR: VENDOR_NAME, OWNER: "pod/default/web"}


def test_once_settled_nobody_is_due(world: World) -> None:
    world.view.put(PODS, a_pod())
    world.settle()
    assert world.engine.due == 0
    assert world.settle() == []


def test_who_read_an_object_is_asked_when_it_changes(world: World) -> None:
    world.view.put(PODS, a_pod("a"))
    world.view.put(PODS, a_pod("b"))
    world.settle()
    world.view.put(SUBNETS, a_subnet())
    assert sorted(world.engine.take(10)) == ["pod/default/a", "pod/default/b"]


def test_a_status_that_the_controller_writes_wakes_nobody(world: World) -> None:
    world.view.put(SUBNETS, a_subnet())
    world.view.put(PODS, a_pod())
    world.settle()
    world.view.put(SUBNETS, a_subnet(used=5))
    assert world.engine.due == 0


def test_our_own_annotation_coming_back_wakes_nobody(world: World) -> None:
    world.view.put(PODS, a_pod())
    world.settle()
    world.view.put(PODS, a_pod(**{"ovn.kubernetes.io/cidr": "none"}))
    assert world.engine.due == 0


def test_a_foreign_hand_on_our_annotation_wakes_its_owner(world: World) -> None:
    world.view.put(PODS, a_pod())
    world.settle()
    world.view.put(PODS, a_pod(**{"ovn.kubernetes.io/cidr": "forged"}))
    plan = world.engine.plan(world.engine.take(10), NOW)
    assert plan.effects[0].patch.annotations == {"ovn.kubernetes.io/cidr": "none"}


def test_a_finished_pod_loses_its_rows(world: World) -> None:
    world.view.put(PODS, a_pod())
    world.settle()
    world.view.put(PODS, a_pod(phase="Failed"))
    assert [type(change) for change in world.settle()] == [Remove]


def test_a_deleted_object_loses_its_rows_and_is_forgotten(world: World) -> None:
    world.view.put(PODS, a_pod())
    world.settle()
    world.view.drop(PODS, "default/web")
    assert [type(change) for change in world.settle()] == [Remove]
    assert world.engine.everyone() == []


def test_a_row_that_somebody_deletes_is_put_back(world: World) -> None:
    world.view.put(PODS, a_pod())
    (inserted,) = world.settle()
    world.take([Remove(inserted.key, ovsdb.UUID("u1"), None)])
    assert [type(change) for change in world.settle()] == [Insert]


def test_asking_everyone_finds_rows_whose_object_is_gone(world: World) -> None:
    external_ids = {VENDOR: VENDOR_NAME, OWNER: "pod/default/gone"}
    orphan = Columns(name="gone", other_config={}, external_ids=external_ids)
    world.replica._apply(ovsdb.Batch(0, [ovsdb.Change("Logical_Switch", ovsdb.UUID("u7"), None, orphan)]))
    plan = world.engine.plan(world.engine.everyone(), NOW)
    assert [type(change) for delta in plan.deltas for change in delta.changes] == [Remove]


def test_rows_of_a_reconciler_that_exists_no_more_are_garbage(world: World) -> None:
    external_ids = {VENDOR: VENDOR_NAME, OWNER: "retired/x"}
    orphan = Columns(name="x", other_config={}, external_ids=external_ids)
    world.replica._apply(ovsdb.Batch(0, [ovsdb.Change("Logical_Switch", ovsdb.UUID("u7"), None, orphan)]))
    plan = world.engine.plan(world.engine.everyone(), NOW)
    assert [type(change) for delta in plan.deltas for change in delta.changes] == [Remove]


def test_asking_everyone_again_changes_nothing(world: World) -> None:
    for name in "abc":
        world.view.put(PODS, a_pod(name, **{"ovn.kubernetes.io/cidr": "none"}))
    world.settle()
    plan = world.engine.plan(world.engine.everyone(), NOW)
    assert (plan.owners, plan.deltas, plan.effects) == (3, [], [])


def test_trouble_is_told_once(world: World) -> None:
    world.view.put(PODS, a_pod(**{"ovn.kubernetes.io/cidr": "none"}))
    world.settle()
    world.engine.trouble("pod/default/web", "NoAddress", "none is free")
    first = world.engine.plan(world.engine.take(10), NOW)
    world.engine.trouble("pod/default/web", "NoAddress", "none is free")
    assert [notice.reason for notice in first.effects[0].notices] == ["NoAddress"]
    assert world.engine.due == 0
    world.engine.touch("pod/default/web")
    assert world.engine.plan(world.engine.take(10), NOW).effects == []


def test_of_two_troubles_one_may_pass_and_the_other_stays(world: World) -> None:
    world.view.put(PODS, a_pod(**{"ovn.kubernetes.io/cidr": "none"}))
    world.settle()
    world.engine.trouble("pod/default/web", "NoAddress", "none is free")
    world.engine.trouble("pod/default/web", "Refused", "by NB")
    world.engine.untrouble("pod/default/web", "NoAddress")
    plan = world.engine.plan(world.engine.take(10), NOW)
    assert [notice.reason for notice in plan.effects[0].notices] == ["Refused"]


def test_who_waits_for_a_row_that_appeared_meanwhile_is_asked_at_once(world: World) -> None:
    blue = Columns(name="blue", other_config={}, external_ids={})
    world.replica._apply(ovsdb.Batch(0, [ovsdb.Change("Logical_Switch", ovsdb.UUID("u7"), None, blue)]))
    world.engine.await_row("pod/default/web", RowKey("Logical_Switch", "blue"))
    assert world.engine.take(10) == ["pod/default/web"]


def test_who_waits_for_a_row_is_asked_when_it_appears(world: World) -> None:
    world.engine.await_row("pod/default/web", RowKey("Logical_Switch", "blue"))
    foreign = Columns(name="blue", other_config={}, external_ids={})
    world.replica._apply(ovsdb.Batch(0, [ovsdb.Change("Logical_Switch", ovsdb.UUID("u7"), None, foreign)]))
    assert world.engine.take(10) == ["pod/default/web"]


def test_an_object_that_does_not_concern_a_reconciler_is_not_asked_about() -> None:
    world = World(a_switch_if_asked)
    world.view.put(PODS, a_pod())
    assert (world.engine.due, world.engine.everyone()) == (0, [])


def test_who_is_concerned_no_more_is_asked_to_take_back_what_it_wanted() -> None:
    world = World(a_switch_if_asked)
    world.view.put(PODS, a_pod(**{EIP: "192.0.2.7"}))
    assert [type(change) for change in world.settle()] == [Insert]
    world.view.put(PODS, a_pod())
    assert [type(change) for change in world.settle()] == [Remove]
    world.view.put(PODS, a_pod(phase="Failed"))
    assert (world.engine.due, world.engine.everyone()) == (0, [])


def test_a_foreign_hand_on_a_row_wakes_its_owner_and_nobody_else(world: World) -> None:
    for name in "ab":
        world.view.put(PODS, a_pod(name))
        world.settle()
    for number, name in enumerate("ab", 1):
        told = Columns(
            name=name, other_config={"cidr": "none"}, external_ids=OWNED | {OWNER: f"pod/default/{name}"}
        )
        world.tell(f"u{number}", told)
    assert world.engine.due == 0
    world.tell("u1", Columns(name="a", other_config={}, external_ids=OWNED | {OWNER: "pod/default/a"}))
    assert world.engine.take(10) == ["pod/default/a"]


def test_the_longest_waiting_are_taken_first(world: World) -> None:
    for owner in ("pod/default/a", "pod/default/b", "pod/default/c"):
        world.engine.touch(owner)
    assert world.engine.take(2) == ["pod/default/a", "pod/default/b"]
    assert world.engine.due == 1
