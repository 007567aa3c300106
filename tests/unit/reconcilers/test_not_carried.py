"""What is not carried yet is said on the object that asks for it."""

from typing import Any

import msgspec
import pytest

from controller.api.core import Node, Pod
from controller.api.kinds import NETWORK_POLICIES, NOT_CARRIED, SUBNETS, VPCS, Kind, kind_of
from controller.api.kubeovn import BfdPort, StaticRoute, Vpc, VpcSpec
from controller.api.meta import ObjectMeta
from controller.api.underlay import ProviderNetwork
from controller.engine.engine import Engine
from controller.engine.keeping import FOLLOWED, has_conditions
from controller.engine.view import View
from controller.northbound.replica import Replica
from controller.reconcilers import not_carried, subnet, vpc
from tests.unit.reconcilers.objects import a_subnet


def supported(conditions: Any) -> Any:
    return next(entry for entry in conditions if entry.type == "Supported")


@pytest.mark.proves("Subnet.spec.provider")
def test_a_subnet_that_asks_for_what_there_is_says_so() -> None:
    plain = a_subnet(gateway="10.1.0.1", exclude_ips=("10.1.0.2",), gateway_type="", provider="ovn")
    assert supported(subnet.switch(plain, View()).conditions).status == "True"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"enable_ecmp": True}, "spec.enableEcmp"),
        ({"u2o_interconnection": True}, "spec.u2oInterconnection"),
        ({"provider": "macvlan.default"}, "spec.provider"),
    ],
)
def test_a_subnet_names_the_fields_without_effect(spec: dict[str, Any], field: str) -> None:
    condition = supported(subnet.switch(a_subnet(**spec), View()).conditions)
    assert (condition.status, condition.reason) == ("False", "NotSupported")
    assert condition.message.endswith(f": {field}")


def test_a_vpc_names_the_fields_without_effect() -> None:
    routes = (StaticRoute(cidr="0.0.0.0/0", next_hop_ip="10.0.1.254", bfd_id="b"),)
    spec = VpcSpec(static_routes=routes, bfd_port=BfdPort(enabled=True))
    condition = supported(vpc.router(Vpc(metadata=ObjectMeta(name="v"), spec=spec), View()).conditions)
    assert condition.message.endswith(": spec.bfdPort, spec.staticRoutes[0].bfdId")


def annotated(*names: str) -> Pod:
    return Pod(metadata=ObjectMeta(name="p", annotations=dict.fromkeys(names, "1")))


def test_a_pod_is_told_which_annotations_have_no_effect() -> None:
    pod = annotated(
        "ovn.kubernetes.io/ip_address",
        "ovn.kubernetes.io/ingress_rate",
        "net1.default.ovn.kubernetes.io/logical_switch",
        "k8s.v1.cni.cncf.io/networks",
        "macvlan.default.kubernetes.io/ip_address.net1",
        "v1.multus-cni.io/default-network",
        "seccomp.security.alpha.kubernetes.io/pod",
        "example.com/note",
    )
    (notice,) = not_carried.unheeded(pod)
    assert (notice.type, notice.reason) == ("Warning", "NotSupported")
    assert notice.message.endswith(
        ": k8s.v1.cni.cncf.io/networks, macvlan.default.kubernetes.io/ip_address.net1, "
        "net1.default.ovn.kubernetes.io/logical_switch, ovn.kubernetes.io/ingress_rate, "
        "v1.multus-cni.io/default-network"
    )


@pytest.mark.parametrize("names", [(), ("example.com/note",), ("ovn.kubernetes.io/logical_switch",)])
def test_a_pod_that_asks_for_nothing_more_is_told_nothing(names: tuple[str, ...]) -> None:
    assert not_carried.unheeded(annotated(*names)) == ()


@pytest.mark.parametrize("kind", NOT_CARRIED, ids=lambda kind: kind.name)
def test_a_kind_of_which_nothing_is_made_says_so(kind: Kind[Any]) -> None:
    view = View()
    engine = Engine(view, Replica(), not_carried.STATEMENTS)
    namespace = "default" if kind.namespaced else ""
    view.put(kind, kind.type(metadata=ObjectMeta(name="a", namespace=namespace, uid="u")))
    (effect,) = engine.plan(engine.take(10), "2026-01-01T00:00:00Z").effects
    if has_conditions(kind):
        (condition,) = effect.patch.status["conditions"]
        assert (condition["type"], condition["status"]) == ("Supported", "False")
    else:
        (notice,) = effect.notices
        assert (notice.type, notice.reason) == ("Warning", "NotSupported")


def test_it_is_said_once() -> None:
    kind = kind_of("ProviderNetwork")
    view = View()
    engine = Engine(view, Replica(), not_carried.STATEMENTS)
    metadata = ObjectMeta(name="a", uid="u")
    view.put(kind, ProviderNetwork(metadata=metadata))
    (effect,) = engine.plan(engine.take(10), "2026-01-01T00:00:00Z").effects
    said = {"metadata": {"name": "a", "uid": "u"}, "status": effect.patch.status}
    view.put(kind, msgspec.convert(said, ProviderNetwork))
    assert engine.plan(engine.take(10), "2026-01-01T00:00:01Z").effects == []


def test_the_controller_starts_without_the_kinds_that_it_only_notes() -> None:
    assert SUBNETS in FOLLOWED
    assert VPCS in FOLLOWED
    assert NETWORK_POLICIES not in FOLLOWED


def test_a_node_is_told_what_it_is_asked_in_vain() -> None:
    asked = Node(metadata=ObjectMeta(name="n", annotations={"ovn.kubernetes.io/tunnel_interface": "eth1"}))
    (notice,) = not_carried.unheeded_on_node(asked)
    assert notice.message.endswith(": ovn.kubernetes.io/tunnel_interface")
    assert not_carried.unheeded_on_node(Node(metadata=ObjectMeta(name="n"))) == ()
