"""What single fields of a subnet come to: who is served, by whom it leaves, what its router announces."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.annotations import ALLOCATED, GATEWAY, TRUE
from controller.api.core import Namespace, Pod, PodSpec
from controller.api.kinds import IPS, NAMESPACES, NODES, PODS, SUBNETS
from controller.api.kubeovn import (
    NatOutgoingMatch,
    NatOutgoingPolicyRule,
    Subnet,
)
from controller.api.meta import ObjectMeta
from controller.api.placement import serves
from controller.api.scheduling import LabelSelector, LabelSelectorRequirement
from controller.engine.engine import Engine
from controller.engine.view import View
from controller.northbound.replica import Replica
from controller.reconcilers import RECONCILERS, central_gateway, namespace, nat_rules, pod, subnet
from tests.unit.reconcilers.objects import a_node, a_subnet, an_ip

BLUE = LabelSelector(match_labels={"team": "blue"})


def a_namespace(name: str, **labels: str) -> Namespace:
    return Namespace(metadata=ObjectMeta(name=name, uid=name, labels=labels))


def supported(view: View, current: Subnet) -> str:
    found = subnet.switch(current, view).conditions
    return next(entry.message for entry in found if entry.type == "Supported")


def test_a_subnet_serves_the_namespaces_that_it_selects_by_their_labels() -> None:
    view = View()
    view.put(SUBNETS, a_subnet("blue", namespace_selectors=(BLUE,)))
    view.put(NAMESPACES, a_namespace("a", team="blue"))
    view.put(NAMESPACES, a_namespace("b", team="red"))
    assert [namespace.serving_subnet(name, view) for name in "ab"] == ["blue", "ovn-default"]


def test_a_namespace_that_gets_the_label_is_served_from_then_on() -> None:
    view = View()
    engine = Engine(view, Replica(), RECONCILERS)
    view.put(SUBNETS, a_subnet("blue", namespace_selectors=(BLUE,)))
    view.put(NAMESPACES, a_namespace("a"))
    engine.plan(engine.take(100), "")
    assert engine.due == 0
    view.put(NAMESPACES, a_namespace("a", team="blue"))
    (effect,) = (entry for entry in engine.plan(engine.take(100), "").effects if entry.path == "a")
    assert effect.patch.annotations["ovn.kubernetes.io/logical_switch"] == "blue"


@pytest.mark.parametrize(
    ("operator", "values", "chosen"),
    [
        ("In", ("blue", "green"), True),
        ("NotIn", ("blue",), False),
        ("Exists", (), True),
        ("DoesNotExist", (), False),
    ],
)
def test_selectors_have_kubernetes_operators(operator: str, values: tuple[str, ...], chosen: bool) -> None:
    rule = LabelSelectorRequirement(key="team", operator=operator, values=values)
    selecting = a_subnet(namespace_selectors=(LabelSelector(match_expressions=(rule,)),))
    assert serves(selecting, "a", {"team": "blue"}) is chosen


def chassis(view: View, **spec: Any) -> list[str]:
    current = a_subnet(gateway_type="centralized", gateway_node_selectors=(BLUE,), **spec)
    view.put(SUBNETS, current)
    rows = central_gateway.by_the_named_nodes(current, view).rows
    found = [row.columns["chassis_name"] for row in rows if row.key.table == "Gateway_Chassis"]
    return list(dict.fromkeys(found))


def test_nodes_with_the_labels_are_gateways_unless_some_are_named() -> None:
    view = View()
    for name, team in (("n1", "red"), ("n3", "blue"), ("n2", "blue")):
        view.put(NODES, a_node(name, team=team))
    assert chassis(view) == ["n2", "n3"]
    assert chassis(view, gateway_node="n1") == ["n1"]
    view.put(NODES, a_node("n2", team="red"))
    assert chassis(view) == ["n3"]


def announced(**spec: Any) -> Any:
    cidr = spec.pop("cidr", "10.1.0.0/24,fd00:1::/64")
    rows = subnet.switch(a_subnet("s", cidr, **spec), View()).rows
    return next(row for row in rows if row.key.table == "Logical_Router_Port").columns["ipv6_ra_configs"]


def test_a_router_announces_itself_where_it_is_told_to_and_there_is_ipv6() -> None:
    assert announced() == {}
    assert announced(enable_ipv6_ra=True)["address_mode"] == "dhcpv6_stateful"
    assert announced(enable_ipv6_ra=True, ipv6_ra_configs="address_mode=slaac,mtu=1400") == {
        "address_mode": "slaac",
        "mtu": "1400",
    }
    assert announced(enable_ipv6_ra=True, cidr="10.1.0.0/24") == {}


def test_rules_of_translation_are_told_with_a_name_of_their_own_while_there_is_translation() -> None:
    rules = tuple(
        NatOutgoingPolicyRule(match=NatOutgoingMatch(dst_ips=to), action="forward")
        for to in ("8.8.8.8", "9.9.9.9")
    )
    told = nat_rules.in_force(a_subnet(nat_outgoing=True, nat_outgoing_policy_rules=rules), View())
    found = told.status["natOutgoingPolicyRules"]
    assert [entry["match"]["dstIPs"] for entry in found] == ["8.8.8.8", "9.9.9.9"]
    assert len({entry["ruleID"] for entry in found}) == 2
    untranslated = nat_rules.in_force(a_subnet(nat_outgoing_policy_rules=rules), View())
    assert untranslated.status == {"natOutgoingPolicyRules": []}


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"vpc": "tenant", "nat_outgoing": True}, "spec.natOutgoing"),
        ({"vpc": "tenant", "gateway_type": "centralized"}, "spec.gatewayType"),
        ({"default": True}, "spec.default"),
    ],
)
def test_what_has_its_effect_elsewhere_alone_is_named(spec: dict[str, Any], field: str) -> None:
    assert supported(View(), a_subnet(**spec)).endswith(f": {field}")


def a_pod(**said: str) -> Pod:
    meta = ObjectMeta(name="p", namespace="default", uid="p", annotations=said)
    return Pod(metadata=meta, spec=PodSpec(node_name="n1"))


def test_a_running_pod_is_told_what_it_cannot_follow() -> None:
    view = View()
    view.put(SUBNETS, a_subnet(gateway="10.1.0.254"))
    view.put(IPS, an_ip("p.default", "10.1.0.7", "blue"))
    view.put(PODS, a_pod())
    assert pod.port(a_pod(), view).notices == ()
    view.put(PODS, a_pod(**{ALLOCATED: TRUE, GATEWAY: "10.1.0.1"}))
    (notice,) = pod.port(a_pod(), view).notices
    assert (notice.type, notice.reason) == ("Warning", "SubnetChanged")
    assert "gateway of the subnet is 10.1.0.254 now: the pod keeps what it has (10.1.0.1)" in notice.message
