"""What admission refuses may be there all the same: it stops nobody, and the object says what is the matter with it."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import pytest

from controller.api.core import Node, NodeAddress, NodeStatus
from controller.api.kinds import IPPOOLS, IPS, NODES, OVN_EIPS, PODS, SUBNETS, VLANS, VPCS, Kind, kind_of
from controller.api.meta import ObjectMeta, Resource
from controller.api.names import VALIDATED
from controller.engine.engine import NOT_COMPILED, Effect, Engine
from controller.engine.keeping import ANSWERED
from controller.engine.reconciler import Reconciler
from controller.engine.view import View
from controller.northbound.replica import Replica
from controller.reconcilers import RECONCILERS
from tests.unit.admission.refusals import REFUSALS, SOUND, Refusal
from tests.unit.runtime.allocating import World

T = TypeVar("T", bound=Resource)

TOLD_BY_ALLOCATION = {
    ("IP", "10.17.0.1"),
    ("IP", "10.16.0.1"),
    ("IP", "10.16.0.9"),
    ("IP", "0a:00:00:00:00:09"),
    ("IP", "nowhere"),
    ("OvnEip", "10.0.0.1"),
}
"""Addresses that are impossible only beside others: judged by whoever gives addresses out (below)."""

JUDGED = [
    case
    for case in REFUSALS
    if kind_of(case.kind) in (*ANSWERED, IPS) and (case.kind, case.value) not in TOLD_BY_ALLOCATION
]


def an_object(kind: Kind[T], name: str, spec: dict[str, Any], **more: Any) -> T:
    document = {"metadata": {"name": name, "uid": name}, "spec": spec, **more}
    return msgspec.convert(document, kind.type)


def a_world() -> View:
    """What the refusals are refused beside of."""
    view = View()
    view.put(VPCS, an_object(VPCS, "ovn-cluster", {"extraExternalSubnets": ["outside"]}))
    view.put(VPCS, an_object(VPCS, "tenant", {}))
    view.put(VLANS, an_object(VLANS, "v", {"provider": "net1", "id": 1}))
    view.put(SUBNETS, an_object(SUBNETS, "ovn-default", {"cidrBlock": "10.16.0.0/16"}))
    view.put(SUBNETS, an_object(SUBNETS, "outside", {"cidrBlock": "172.31.0.0/16", "vlan": "v"}))
    view.put(IPPOOLS, an_object(IPPOOLS, "a", {"subnet": "ovn-default", "ips": ["10.16.0.100..10.16.0.199"]}))
    view.put(SUBNETS, an_object(SUBNETS, "in-new", {"cidrBlock": "172.30.0.0/16", "vlan": "new"}))
    view.put(OVN_EIPS, an_object(OVN_EIPS, "one", {"externalSubnet": "outside"}))
    for name, subnet, address in (
        ("one.ovn-eip.kubeovn.io", "outside", "172.31.0.9"),
        ("ovn-cluster-outside", "outside", "172.31.0.2"),
        ("web.default", "ovn-default", "10.16.0.9"),
    ):
        record = {"subnet": subnet, "ipAddress": address, "macAddress": "0a:00:00:00:00:09"}
        view.put(IPS, an_object(IPS, name, record))
    return view


def told(effects: list[Effect], path: str) -> str:
    """All that an object says of itself: events, and conditions that are not met."""
    said = []
    for effect in effects:
        if effect.path != path:
            continue
        said += [notice.message for notice in effect.notices if notice.type == "Warning"]
        said += [
            entry["message"]
            for entry in effect.patch.status.get("conditions", ())
            if entry["status"] == "False" and entry["type"] != "Supported"
        ]
        assert all(notice.reason != NOT_COMPILED for notice in effect.notices)
    return "\n".join(said)


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: "-".join(map(str, case[:3])))
def test_an_object_that_was_never_judged_says_what_is_the_matter(case: Refusal) -> None:
    view = a_world()
    engine = Engine(view, Replica(), RECONCILERS)
    view.put(kind_of(case.kind), an_object(kind_of(case.kind), "new", case.spec))
    said = told(engine.plan(engine.everyone(), "now").effects, "new")
    field = case.path.removesuffix("[0]")
    assert field in said
    assert str(case.said).splitlines()[0].replace('"', "")[:8] in said.replace('\\"', "").replace('"', "")


def validated(effects: list[Effect], path: str) -> str | None:
    """The status of the condition that an object ought to have, if it ought to have another than it has."""
    for effect in effects:
        for entry in effect.patch.status.get("conditions", ()) if effect.path == path else ():
            if entry["type"] == VALIDATED:
                return str(entry["status"])
    return None


@pytest.mark.parametrize(
    "kind", [kind for kind in ANSWERED if kind is not VLANS], ids=lambda kind: str(kind.name)
)
def test_an_object_that_is_mended_says_that_it_is(kind: Kind[Any]) -> None:
    case = next(case for case in JUDGED if case.kind == kind.name)
    view = a_world()
    engine = Engine(view, Replica(), RECONCILERS)
    view.put(kind, an_object(kind, "new", case.spec))
    effects = engine.plan(engine.everyone(), "now").effects
    assert validated(effects, "new") == "False"
    said = [
        entry
        for effect in effects
        if effect.path == "new"
        for entry in effect.patch.status.get("conditions", ())
    ]
    sound = SOUND[case.kind] | ({"vpc": "tenant"} if kind is SUBNETS else {})
    view.put(kind, an_object(kind, "new", sound, status={"conditions": said}))
    judge = f"validity-{kind.plural}/new"
    assert judge in engine.take(100)
    assert validated(engine.plan([judge], "later").effects, "new") == "True"


def test_what_is_left_of_an_object_counts() -> None:
    view = a_world()
    acls = [
        {"direction": "to-lport", "match": match, "action": "drop", "priority": 1}
        for match in ("ip4) || (1", "ip4.src == 10.0.0.1")
    ]
    spec = {"cidrBlock": "10.66.0.0/16", "gateway": "$(id)", "acls": acls}
    view.put(SUBNETS, an_object(SUBNETS, "new", spec))
    found = view.get(SUBNETS, "new")
    assert found is not None
    assert [acl.match for acl in found.spec.acls] == ["ip4.src == 10.0.0.1"]
    assert found.spec.gateway == ""


def test_an_object_of_which_nothing_is_left_is_as_it_was_before() -> None:
    view = a_world()
    view.put(SUBNETS, an_object(SUBNETS, "unknown", {"cidrBlock": "nonsense"}))
    assert view.get(SUBNETS, "unknown") is None
    view.put(SUBNETS, an_object(SUBNETS, "ovn-default", {"cidrBlock": "nonsense"}))
    found = view.get(SUBNETS, "ovn-default")
    assert found is not None
    assert found.spec.cidr_block == "10.16.0.0/16"


def test_an_unusable_object_that_is_deleted_is_let_go() -> None:
    view = a_world()
    engine = Engine(view, Replica(), RECONCILERS)
    metadata = {
        "name": "new",
        "uid": "u",
        "deletionTimestamp": "2026-01-01T00:00:00Z",
        "finalizers": ["kubeovn.io/kube-ovn-controller"],
    }
    view.put(SUBNETS, msgspec.convert({"metadata": metadata, "spec": {"cidrBlock": "?"}}, SUBNETS.type))
    (effect,) = (entry for entry in engine.plan(engine.everyone(), "now").effects if entry.path == "new")
    assert effect.patch.finalizer is False


@pytest.mark.parametrize(
    ("one", "other", "field"),
    [
        ({"cidrBlock": "10.66.0.0/16"}, {"cidrBlock": "10.66.5.0/24"}, "spec.cidrBlock"),
        ({"cidrBlock": "10.66.0.0/16"}, {"cidrBlock": "10.0.0.0/8"}, "spec.cidrBlock"),
        ({"cidrBlock": "fd00::/32"}, {"cidrBlock": "fd00:0:5::/48"}, "spec.cidrBlock"),
        (
            {"cidrBlock": "10.66.0.0/16", "namespaces": ["a"]},
            {"cidrBlock": "10.67.0.0/16", "namespaces": ["b", "a"]},
            "spec.namespaces",
        ),
    ],
)
def test_two_subnets_that_got_past_admission_at_once_both_say_so_until_one_goes(
    one: dict[str, Any], other: dict[str, Any], field: str
) -> None:
    view = View()
    engine = Engine(view, Replica(), RECONCILERS)
    view.put(SUBNETS, an_object(SUBNETS, "one", one))
    view.put(SUBNETS, an_object(SUBNETS, "other", other))
    effects = engine.plan(engine.take(100), "now").effects
    assert field in told(effects, "one")
    assert field in told(effects, "other")
    view.drop(SUBNETS, "other")
    assert "validity-subnets/one" in engine.take(100)
    assert told(engine.plan(["validity-subnets/one"], "later").effects, "one") == ""


def test_two_vpcs_that_want_one_namespace_or_disagree_about_their_link_both_say_so() -> None:
    view = View()
    engine = Engine(view, Replica(), RECONCILERS)
    for name, remote, end in (("a", "b", "169.254.0.1/30"), ("b", "a", "169.254.9.2/30")):
        links = [{"remoteVpc": remote, "localConnectIP": end}]
        view.put(VPCS, an_object(VPCS, name, {"namespaces": ["ns"], "vpcPeerings": links}))
    effects = engine.plan(engine.take(100), "now").effects
    for name in "ab":
        assert "spec.namespaces[0]" in told(effects, name)
        assert "spec.vpcPeerings[0].localConnectIP" in told(effects, name)


def test_an_address_that_a_kubelet_makes_up_gets_into_no_policy() -> None:
    view = a_world()
    engine = Engine(view, Replica(), RECONCILERS)
    addresses = tuple(
        NodeAddress(type="InternalIP", address=text) for text in ("10.0.0.1 || 1", "192.168.0.1")
    )
    view.put(
        IPS, an_object(IPS, "node-n", {"subnet": "join", "ipAddress": "100.64.0.2", "podName": "node-n"})
    )
    view.put(NODES, Node(metadata=ObjectMeta(name="n", uid="n"), status=NodeStatus(addresses=addresses)))
    plan = engine.plan(engine.everyone(), "now")
    matches = {
        change.columns["match"]  # type: ignore[union-attr]
        for delta in plan.deltas
        if delta.owner == "egress/n"
        for change in delta.changes
        if change.key.table == "Logical_Router_Policy"  # type: ignore[union-attr]
    }
    assert matches == {"ip4.src == $egress.n.ip4", "ip4.dst == 192.168.0.1"}
    assert "status.addresses[0].address" in told(plan.effects, "n")


def test_a_reconciler_that_fails_stops_no_other_and_takes_nothing_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(subject: Any, view: View) -> Any:
        raise ValueError("nobody thought of this")

    view = a_world()
    engine = Engine(view, Replica(), (Reconciler("defect", SUBNETS, fail), *RECONCILERS))
    plan = engine.plan(engine.everyone(), "now")
    assert {delta.owner for delta in plan.deltas} >= {"subnet/ovn-default", "subnet/outside"}
    assert "defect/ovn-default" not in {delta.owner for delta in plan.deltas}
    notices = [
        notice for effect in plan.effects for notice in effect.notices if effect.owner.startswith("defect")
    ]
    assert {(notice.reason, notice.message) for notice in notices} == {
        (NOT_COMPILED, "ValueError: nobody thought of this")
    }
    again = engine.plan(["defect/ovn-default"], "later")
    assert [effect.notices for effect in again.effects] == [], "told once"


async def test_a_pod_whose_port_is_called_like_a_nodes_gets_none_and_takes_nothing_from_the_node() -> None:
    world = World()
    world.view.put(NODES, Node(metadata=ObjectMeta(name="a.b", uid="n")))
    await world.allocation.ensure(["node/a.b"])
    owner = world.put_pod("node-a", "b")
    await world.allocation.ensure([owner])
    assert world.said(owner) == ("False", "the port node-a.b is that of node-a.b")
    assert not world.view.is_outdated("node-a.b")
    assert world.api.records["node-a.b"].spec.node_name == "a.b"
    port = next(entry for entry in RECONCILERS if entry.name == "pod")
    subject = world.view.get(PODS, "b/node-a")
    assert port(subject, world.view).rows == ()


async def test_a_node_whose_port_is_called_like_a_pods_gets_none_and_takes_nothing_from_the_pod() -> None:
    world = World()
    await world.allocation.ensure([world.put_pod("node-a", "b")])
    world.view.put(NODES, Node(metadata=ObjectMeta(name="a.b", uid="n")))
    await world.allocation.ensure(["node/a.b"])
    assert world.api.records["node-a.b"].spec.pod_name == "node-a"
    assert world.troubles("node/a.b") == ["the port node-a.b is that of pod b/node-a"]


@pytest.mark.parametrize("name", ["x.ovn-eip.kubeovn", "203.0.113.5.public.kubeovn"])
async def test_a_pod_that_is_called_like_the_record_of_a_public_address_gets_none(name: str) -> None:
    world = World()
    owner = world.put_pod(name, "io")
    await world.allocation.ensure([owner])
    said = world.said(owner)
    assert said is not None
    assert said[0] == "False"
    assert "kubeovn.io" in said[1]
    assert world.api.records == {}


async def test_a_public_address_that_cannot_be_is_not_given_and_its_object_says_why() -> None:
    world = World()
    world.put_subnet("outside", "172.31.0.0/24", vlan="v")
    world.view.put(OVN_EIPS, an_object(OVN_EIPS, "x", {"externalSubnet": "outside", "v4Ip": "10.0.0.1"}))
    await world.allocation.ensure(["ovn-eip/x"])
    assert world.api.records == {}
    (said,) = world.troubles("ovn-eip/x")
    assert "10.0.0.1" in said
    assert "172.31.0.0/24" in said


@pytest.mark.parametrize("address", ["10.17.0.1", "10.16.0.1"], ids=["outside its subnet", "the gateway"])
async def test_a_record_of_an_address_that_no_pod_can_have_gives_way_to_another(address: str) -> None:
    world = World()
    spec = {"subnet": "ovn-default", "ipAddress": address, "macAddress": "0a:00:00:00:00:09"}
    record = an_object(IPS, "web.default", spec | {"podName": "web", "namespace": "default"})
    world.api.records["web.default"] = record
    world.view.put(IPS, record)
    world.allocation.recorded(record)
    world.put_pod("web")
    await world.settle()
    assert world.addresses("web.default") not in ("10.17.0.1", "10.16.0.1")
