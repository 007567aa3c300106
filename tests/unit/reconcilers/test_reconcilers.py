"""Each reconciler as the rule it states: objects in, rows and statements out."""

from typing import Any

import pytest

from controller.api.core import Namespace, Node, Pod, PodSpec, PodStatus
from controller.api.kinds import IPS, NAMESPACES, NODES, PODS, SUBNETS, VPCS
from controller.api.kubeovn import IP, IPSpec, Vpc
from controller.api.meta import ObjectMeta
from controller.engine.addressing import Addressing
from controller.engine.fragment import NOTHING
from controller.engine.usage import Usage
from controller.engine.view import View
from controller.northbound.rows import Place, RowKey
from controller.reconcilers import RECONCILERS, address, namespace, node, pod, subnet, vpc
from controller.reconcilers.macs import gateway_mac
from tests.unit.reconcilers.objects import a_subnet


@pytest.fixture
def view() -> View:
    view = View()
    view.put(SUBNETS, a_subnet("ovn-default", "10.16.0.0/16"))
    view.put(SUBNETS, a_subnet("blue", "10.1.0.0/24", namespaces=("team-blue",), gateway="10.1.0.254"))
    view.put(SUBNETS, a_subnet("join", "100.64.0.0/16"))
    return view


def a_pod(name: str = "web", phase: str = "Running", node_name: str = "node1", **spec: Any) -> Pod:
    return Pod(
        metadata=ObjectMeta(name=name, namespace="team-blue", uid="u"),
        spec=PodSpec(node_name=node_name, **spec),
        status=PodStatus(phase=phase),
    )


def an_address(name: str = "web.team-blue", **spec: Any) -> IP:
    fields: dict[str, Any] = {
        "pod_name": "web",
        "namespace": "team-blue",
        "subnet": "blue",
        "node_name": "node1",
        "ip_address": "10.1.0.7",
        "v4_ip_address": "10.1.0.7",
        "mac_address": "00:00:00:12:34:56",
    }
    return IP(metadata=ObjectMeta(name=name, uid="i"), spec=IPSpec(**(fields | spec)))


def test_names_of_reconcilers_are_unique() -> None:
    names = [entry.name for entry in RECONCILERS]
    assert len(set(names)) == len(names)


def test_a_pod_is_a_port_on_the_switch_of_its_subnet(view: View) -> None:
    view.put(IPS, an_address())
    (row,) = pod.port(a_pod(), view).rows
    assert row.key == RowKey("Logical_Switch_Port", "web.team-blue")
    assert row.place == Place("Logical_Switch", "blue", "ports")
    only = frozenset(("00:00:00:12:34:56 10.1.0.7",))
    assert row.columns == {
        "addresses": only,
        "port_security": only,
        "dhcpv4_options": None,
        "dhcpv6_options": None,
    }


def test_a_dual_stack_pod_may_use_both_its_addresses(view: View) -> None:
    view.put(IPS, an_address(ip_address="10.1.0.7,fd00::7"))
    (row,) = pod.port(a_pod(), view).rows
    assert row.columns["port_security"] == frozenset(("00:00:00:12:34:56 10.1.0.7 fd00::7",))


@pytest.mark.proves(
    "ovn.kubernetes.io/allocated", "ovn.kubernetes.io/logical_router", "ovn.kubernetes.io/ip_address"
)
def test_a_pod_is_promised_to_its_daemon_in_kube_ovns_words(view: View) -> None:
    view.put(IPS, an_address())
    assert pod.port(a_pod(), view).annotations == {
        "ovn.kubernetes.io/allocated": "true",
        "ovn.kubernetes.io/ip_address": "10.1.0.7",
        "ovn.kubernetes.io/mac_address": "00:00:00:12:34:56",
        "ovn.kubernetes.io/cidr": "10.1.0.0/24",
        "ovn.kubernetes.io/gateway": "10.1.0.254",
        "ovn.kubernetes.io/logical_switch": "blue",
        "ovn.kubernetes.io/logical_router": "ovn-cluster",
        "ovn.kubernetes.io/mtu": None,
    }


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
def test_a_finished_pod_needs_no_port(view: View, phase: str) -> None:
    view.put(IPS, an_address())
    assert pod.port(a_pod(phase=phase), view) is NOTHING


def test_a_pod_without_an_address_or_a_node_needs_no_port_yet(view: View) -> None:
    assert pod.port(a_pod(), view) is NOTHING
    view.put(IPS, an_address())
    assert pod.port(a_pod(node_name=""), view) is NOTHING


def test_a_pod_on_its_nodes_own_network_needs_no_port(view: View) -> None:
    view.put(IPS, an_address())
    assert pod.port(a_pod(host_network=True), view) is NOTHING


def test_a_node_is_a_port_on_the_join_switch(view: View) -> None:
    view.put(IPS, an_address("node-node1", subnet="join", ip_address="100.64.0.2", namespace=""))
    fragment = node.port(Node(metadata=ObjectMeta(name="node1")), view)
    assert fragment.rows[0].place == Place("Logical_Switch", "join", "ports")
    assert fragment.annotations["ovn.kubernetes.io/gateway"] == "100.64.0.1"


def test_an_address_is_kept_while_its_pod_needs_it(view: View) -> None:
    view.put(PODS, a_pod())
    assert address.record(an_address(), view) is NOTHING


@pytest.mark.parametrize("after", ["deleted", "Failed", "Succeeded"])
def test_an_address_goes_with_its_pod_once_the_port_is_gone(view: View, after: str) -> None:
    if after != "deleted":
        view.put(PODS, a_pod(phase=after))
    gone_after = address.record(an_address(), view).gone_after
    assert gone_after == RowKey("Logical_Switch_Port", "web.team-blue")


def test_a_nodes_address_is_kept_while_the_node_exists(view: View) -> None:
    of_node = an_address("node-node1", namespace="", pod_name="node-node1")
    assert address.record(of_node, view).gone_after is not None
    view.put(NODES, Node(metadata=ObjectMeta(name="node1")))
    assert address.record(of_node, view) is NOTHING


def test_a_subnet_is_a_switch_a_gateway_and_the_port_between(view: View) -> None:
    switch, gateway, port = subnet.switch(a_subnet("blue", "10.1.0.0/24"), view).rows
    assert switch.key == RowKey("Logical_Switch", "blue")
    assert gateway.columns["networks"] == frozenset(("10.1.0.1/24",))
    assert gateway.place == Place("Logical_Router", "ovn-cluster", "ports")
    assert port.columns["options"] == {"router-port": gateway.key.name}


def test_a_subnet_of_another_vpc_hangs_on_that_router(view: View) -> None:
    _, gateway, _ = subnet.switch(a_subnet("red", "10.2.0.0/24", vpc="tenant"), view).rows
    assert gateway.place == Place("Logical_Router", "tenant", "ports")


def test_gateway_macs_are_unicast_locally_administered_and_differ() -> None:
    macs = [gateway_mac(f"ovn-cluster-{number}") for number in range(100)]
    assert len(set(macs)) == 100
    assert all(int(mac[:2], 16) & 0b11 == 0b10 for mac in macs)


def test_a_subnet_tells_how_it_is_used(view: View) -> None:
    blue = a_subnet("blue", "10.1.0.0/24")
    assert subnet.usage(blue, view) is NOTHING
    view.set_usage("blue", Usage(v4_available=250, v4_used=3))
    assert subnet.usage(blue, view).status["v4usingIPs"] == 3
    assert subnet.usage(blue, view).status["v4availableIPs"] == 250


@pytest.mark.proves("Subnet.spec.namespaces")
def test_a_namespace_is_served_by_the_subnet_that_names_it(view: View) -> None:
    fragment = namespace.placement(Namespace(metadata=ObjectMeta(name="team-blue")), view)
    assert fragment.annotations["ovn.kubernetes.io/logical_switch"] == "blue"
    assert fragment.annotations["ovn.kubernetes.io/cidr"] == "10.1.0.0/24"


@pytest.mark.proves("Subnet.spec.default")
def test_any_other_namespace_is_served_by_the_default_subnet(view: View) -> None:
    assert namespace.serving_subnet("others", view) == "ovn-default"


def test_a_vpc_is_a_router_and_tells_its_subnets(view: View) -> None:
    fragment = vpc.router(Vpc(metadata=ObjectMeta(name="ovn-cluster")), view)
    assert [row.key for row in fragment.rows] == [RowKey("Logical_Router", "ovn-cluster")]
    assert fragment.status["subnets"] == ["blue", "join", "ovn-default"]
    assert fragment.status["default"] is True
    assert vpc.router(Vpc(metadata=ObjectMeta(name="tenant")), view).status["subnets"] == []


def test_addressing_of_two_families_keeps_v4_first() -> None:
    both = Addressing.of(a_subnet("dual", "fd00::/64,10.3.0.0/24", gateway="fd00::9"))
    assert both.cidr == "10.3.0.0/24,fd00::/64"
    assert both.gateway == "10.3.0.1,fd00::9"
    assert list(both.gateway_networks) == ["10.3.0.1/24", "fd00::9/64"]


def test_reconcilers_are_pure(view: View) -> None:
    view.put(IPS, an_address())
    view.put(PODS, a_pod())
    view.put(VPCS, Vpc(metadata=ObjectMeta(name="ovn-cluster")))
    view.put(NAMESPACES, Namespace(metadata=ObjectMeta(name="team-blue")))
    for entry in RECONCILERS:
        for path in view.paths(entry.kind):
            current: Any = (view.judgement if entry.judges else view.get)(entry.kind, path)
            assert entry(current, view) == entry(current, view)
