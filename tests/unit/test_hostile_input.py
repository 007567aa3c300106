"""Whatever names and fields say: it is refused, or comes to NB and to nftables as what it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.admission import review
from controller.api import annotations as names_of
from controller.api.core import Node, NodeAddress, NodeSpec, NodeStatus, Pod, PodSpec
from controller.api.expression_tokens import InvalidExpression, identifier, quoted, tokens
from controller.api.expressions import check
from controller.api.kinds import IPS, NODES, PODS, SUBNETS, VPCS, Kind, kind_of
from controller.api.kubeovn import IP, IPSpec, Subnet, SubnetSpec, Vpc
from controller.api.meta import ObjectMeta
from controller.api.names import (
    egress_set,
    eip_record,
    node_port,
    pod_port,
    pool_set,
    public_record,
    router_port,
)
from controller.daemon import promise
from controller.daemon.egress import ruleset
from controller.daemon.errors import Refused
from controller.daemon.subnets import Subnets
from controller.engine.engine import NOT_COMPILED, Engine
from controller.engine.keeping import ANSWERED
from controller.engine.view import View
from controller.northbound.replica import Replica
from controller.reconcilers import RECONCILERS
from testbed.apiserver.kinds import builtin
from tests.unit import hostile
from tests.unit.admission.conftest import World
from tests.unit.admission.fields import document, fields
from tests.unit.admission.refusals import REFUSALS, SOUND
from tests.unit.nb_safety import check_changes, check_members, check_rows
from tests.unit.reconcilers.test_bypassed import a_world

REGISTRY = builtin()
BESIDE = {(case.kind, case.path): dict(case.beside) for case in REFUSALS if case.beside}
"""What must stand beside a field for it to have any effect."""

TEXT_FIELDS = [
    (kind, field.path)
    for kind in (*ANSWERED, IPS)
    for field in fields(kind)
    if not field.has_bounds and field.wrong_type == 7
]
MATCHES = {"spec.acls[0].match", "spec.policyRoutes[0].match"}
ALWAYS = {"Subnet": {"enableDHCP": True, "enableIPv6RA": True, "natOutgoing": True, "private": True}}
NFT = re.compile(r'[A-Za-z0-9_ .:/,{}@!="\n;-]*')


def compiled(view: View, stated: Iterable[str] = ()) -> None:
    """Everything that is made of the objects in a view is safe, and nobody failed at making it."""
    engine = Engine(view, Replica(), RECONCILERS)
    plan = engine.plan(engine.everyone(), "now")
    for delta in plan.deltas:
        check_changes(delta.changes, stated)
    for effect in plan.effects:
        assert all(notice.reason != NOT_COMPILED for notice in effect.notices), effect
        json.dumps(effect.patch.status)


def a_subject(kind: Kind[Any], path: str, value: str) -> dict[str, Any]:
    spec = SOUND[kind.name] | ALWAYS.get(kind.name, {}) | BESIDE.get((kind.name, path), {})
    whole = document(path, value, {"metadata": {"name": "new", "uid": "new"}, "spec": spec})
    assert isinstance(whole, dict)
    return whole


def try_field(kind: Kind[Any], path: str, value: str) -> None:
    whole = a_subject(kind, path, value)
    for cause in review("CREATE", kind.name, whole, None, World()):
        assert cause.message.isprintable(), "one line for kubectl to print"
        assert len(cause.message) < 2_000
    view = a_world()
    view.put(kind, msgspec.convert(whole, kind.type))
    compiled(view, (value,))
    if kind is SUBNETS:
        on_a_node(msgspec.convert(whole, Subnet))


def on_a_node(subnet: Subnet) -> None:
    """What a node makes of a subnet that nobody has judged."""
    found = Subnets()
    found._subnets = {subnet.name: subnet}
    rules = ruleset(found.networks, found.translated, "ovn0", found.rules, found.sources("node1"))
    assert NFT.fullmatch(rules), rules


@pytest.mark.parametrize(("kind", "path"), TEXT_FIELDS, ids=lambda part: getattr(part, "name", part))
def test_each_field_of_text_is_harmless(kind: Kind[Any], path: str) -> None:
    @hostile.CHECKED
    @given(hostile.expressions if path in MATCHES else hostile.texts)
    def each(value: str) -> None:
        try_field(kind, path, value)

    each()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "path"), TEXT_FIELDS, ids=lambda part: getattr(part, "name", part))
@pytest.mark.timeout(600)
def test_each_field_of_text_is_harmless_at_length(kind: Kind[Any], path: str) -> None:
    @hostile.SEARCHED
    @given(hostile.expressions if path in MATCHES else hostile.texts)
    def each(value: str) -> None:
        try_field(kind, path, value)

    each()


@hostile.WIDER
@given(st.text(alphabet=' "\\()|&!=$@{}.,:/0123456789abipst46crdonu', max_size=40) | hostile.expressions)
def test_what_passes_for_an_expression_is_closed_in_itself(text: str) -> None:
    """Northd writes it between words of its own."""
    try:
        check(text)
    except InvalidExpression:
        return
    check(f"ip.ttl == 1 && ({text})")
    assert "//" not in re.sub(r'"(\\.|[^"\\])*"', "", text)
    depth = 0
    for word in tokens(text):
        depth += (word.sort == "(") - (word.sort == ")")
        assert depth >= 0
    assert depth == 0


@hostile.WIDER
@given(hostile.texts)
def test_a_quoted_text_is_one_constant_and_means_itself(text: str) -> None:
    if "\0" in text:
        with pytest.raises(InvalidExpression):
            quoted(text)
        return
    if re.search(r"[\x00-\x08\x0e-\x1f\x7f]", quoted(text)):
        return  # refused as a whole
    words = list(tokens(f"inport == {quoted(text)}"))
    assert [word.sort for word in words] == ["name", "==", "text"]
    assert words[2].text == text


def a_cluster(pod: tuple[str, str], node: str, subnet: str, vpc: str) -> View:
    """A pod, a node, a subnet and a VPC of these names, with their addresses."""
    view = a_world()
    view.put(VPCS, Vpc(metadata=ObjectMeta(name=vpc, uid=vpc)))
    spec = SubnetSpec(
        cidr_block="10.77.0.0/16,fd77::/64",
        gateway_type="centralized",
        gateway_node=node,
        private=True,
        enable_dhcp=True,
        nat_outgoing=True,
        acls=(),
    )
    view.put(SUBNETS, Subnet(metadata=ObjectMeta(name=subnet, uid=subnet), spec=spec))
    of_vpc = SubnetSpec(cidr_block="10.78.0.0/16", vpc=vpc)
    view.put(SUBNETS, Subnet(metadata=ObjectMeta(name=f"{subnet[:60]}-v", uid="v"), spec=of_vpc))
    name, namespace = pod
    records = (
        (pod_port(namespace, name), subnet, "10.77.0.9,fd77::9", namespace, name),
        (node_port(node), "join", "100.64.0.2,fd64::2", "", node_port(node)),
    )
    for record, of, address, of_namespace, of_name in records:
        v4, v6 = address.split(",")
        stated = IPSpec(
            subnet=of,
            ip_address=address,
            v4_ip_address=v4,
            v6_ip_address=v6,
            mac_address="0a:00:00:00:00:09",
            namespace=of_namespace,
            pod_name=of_name,
            node_name=node,
        )
        view.put(IPS, IP(metadata=ObjectMeta(name=record, uid=record), spec=stated))
    addresses = (NodeAddress(type="InternalIP", address="192.168.0.1"),)
    metadata = ObjectMeta(name=node, uid=node)
    view.put(NODES, Node(metadata=metadata, spec=NodeSpec(), status=NodeStatus(addresses=addresses)))
    metadata = ObjectMeta(name=name, namespace=namespace, uid=name)
    view.put(PODS, Pod(metadata=metadata, spec=PodSpec(node_name=node)))
    return view


@hostile.COSTLY
@given(st.tuples(hostile.names, hostile.labels), hostile.names, hostile.labels, hostile.labels)
def test_names_that_the_api_accepts_come_to_rows_that_ovn_reads(
    pod: tuple[str, str], node: str, subnet: str, vpc: str
) -> None:
    for kind, name in (
        ("Pod", pod[0]),
        ("Namespace", pod[1]),
        ("Node", node),
        ("Subnet", subnet),
        ("Vpc", vpc),
    ):
        assert hostile.is_accepted(REGISTRY.named(kind), name)
    view = a_cluster(pod, node, subnet, vpc)
    compiled(view)
    for reconciler in RECONCILERS:
        for path in () if reconciler.judges else list(view.paths(reconciler.kind)):
            fragment = reconciler(view.get(reconciler.kind, path), view)
            check_rows(fragment.rows)
            check_members(fragment.members)


@hostile.WIDER
@given(hostile.texts, st.sampled_from(("Pod", "Namespace", "Node", "Subnet")))
def test_names_that_the_api_refuses_are_refused_on_one_line(name: str, kind: str) -> None:
    try:
        refused = not hostile.is_accepted(REGISTRY.named(kind), name)
    except (TypeError, AttributeError) as error:
        raise AssertionError(name) from error
    assert refused or re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name)


@pytest.mark.parametrize(
    ("make", "parts"),
    [
        (pod_port, (hostile.labels, hostile.names)),
        (lambda name: egress_set(name, 4), (hostile.names,)),
        (node_port, (hostile.names,)),
        (eip_record, (hostile.names,)),
    ],
    ids=["pod_port", "egress_set", "node_port", "eip_record"],
)
def test_two_objects_of_a_kind_never_come_to_one_name(
    make: Callable[..., str], parts: tuple[Any, ...]
) -> None:
    @hostile.WIDER
    @given(st.tuples(*parts), st.tuples(*parts))
    def pairs(one: tuple[str, ...], other: tuple[str, ...]) -> None:
        assert (make(*one) == make(*other)) is (one == other)

    pairs()


@hostile.WIDER
@given(hostile.names, st.sampled_from((4, 6)))
def test_the_set_of_a_node_can_be_named_in_an_expression(name: str, version: int) -> None:
    assert identifier(egress_set(name, version))


ANNOTATIONS = sorted(
    value
    for name, value in vars(names_of).items()
    if name.isupper() and isinstance(value, str) and "/" in value
)


@hostile.COSTLY
@given(st.dictionaries(st.sampled_from(ANNOTATIONS), hostile.texts, min_size=1, max_size=4))
def test_annotations_are_refused_or_read_and_nothing_else(said: dict[str, str]) -> None:
    for kind, namespace in (("Pod", "default"), ("Namespace", ""), ("Node", "")):
        metadata = {"name": "x", "namespace": namespace, "uid": "x", "annotations": said}
        whole = {"metadata": metadata, "spec": {"nodeName": "n"} if kind == "Pod" else {}}
        for cause in review("CREATE", kind, whole, None, World()):
            assert cause.message.isprintable()
        view = a_world()
        view.put(kind_of(kind), msgspec.convert(whole, kind_of(kind).type))
        compiled(view)


@hostile.WIDER
@given(
    st.fixed_dictionaries(
        {names_of.ALLOCATED: st.just("true")},
        optional={
            name: hostile.texts | st.sampled_from(right)
            for name, right in {
                names_of.IP_ADDRESS: ("10.16.0.9", "fd00::9", "fe80::9%eth0; reboot"),
                names_of.CIDR: ("10.16.0.0/16", "fd00::/64", "fe80::%x/64"),
                names_of.MAC_ADDRESS: ("0a:00:00:00:00:01",),
                names_of.GATEWAY: ("10.16.0.1", "fe80::1%$(id)"),
                names_of.MTU: ("1400", "\uff11\uff14\uff10\uff10"),
                names_of.ROUTES: ('[{"gw": "10.16.0.1"}]', '[{"gw": "fe80::1%x"}]'),
            }.items()
        },
    )
)
def test_a_daemon_refuses_a_promise_or_has_addresses_in_hand(said: dict[str, str]) -> None:
    try:
        found = promise.read(said, 1_400)
    except Refused:
        return
    assert found is not None
    for text in (found.ip, found.cidr, found.gateway, found.mac, *map(str, found.routes)):
        assert re.fullmatch(r"[0-9a-fA-F:./,()' \[\]IPvNetworkAds]*", text), text


def test_a_pool_is_called_so_that_an_expression_can_name_its_set_or_is_refused() -> None:
    @hostile.WIDER
    @given(hostile.names)
    def each(name: str) -> None:
        spec = {"subnet": "ovn-default", "ips": ["10.16.0.5"], "enableAddressSet": True}
        causes = review("CREATE", "IPPool", {"metadata": {"name": name}, "spec": spec}, None, World())
        if not causes:
            assert identifier(pool_set(name, None))
            assert not pool_set(name, None).startswith(("egress.", "external."))

    each()


def test_public_addresses_and_routers_have_records_that_no_pod_can_have() -> None:
    taken = {public_record("203.0.113.5"), public_record("fd00::1"), eip_record("a"), router_port("a", "b")}
    for record in taken:
        name, _, namespace = record.rpartition(".")
        pod = {"metadata": {"name": name, "namespace": namespace}, "spec": {}}
        assert not name or review("CREATE", "Pod", pod, None, World())
