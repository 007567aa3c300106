"""By which nodes and gateways a subnet may leave."""

from typing import Any

import pytest

from tests.unit.admission.conftest import World, subnet


def causes(**spec: Any) -> list[tuple[str, str]]:
    return [(cause.field, cause.message) for cause in World().created(subnet("blue", **spec))]


def test_nodes_may_have_an_address_to_leave_under() -> None:
    assert causes(gatewayNode="node1:172.18.0.2, node2:172.18.0.3,node3, node1:fd00::2") == []


def test_what_is_no_address_is_named() -> None:
    ((field, message),) = causes(gatewayNode="node1:172.18.0")
    assert field == "spec.gatewayNode"
    assert '"172.18.0"' in message


def test_a_node_has_one_address_of_each_family() -> None:
    ((field, message),) = causes(gatewayNode="node1:172.18.0.2,node1:172.18.0.3")
    assert (field, "one address of each family for node node1" in message) == ("spec.gatewayNode", True)


BEYOND = {"externalEgressGateway": "192.168.0.1", "policyRoutingTableID": 1000, "policyRoutingPriority": 1500}


def test_a_gateway_beyond_the_node_needs_a_table_and_a_place_for_its_rule() -> None:
    assert causes(**BEYOND) == []
    fields = [field for field, _ in causes(externalEgressGateway="192.168.0.1")]
    assert fields == ["spec.policyRoutingTableID", "spec.policyRoutingPriority"]


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"natOutgoing": True}, "spec.externalEgressGateway"),
        ({"externalEgressGateway": "router"}, "spec.externalEgressGateway"),
        ({"externalEgressGateway": "fd00::1"}, "spec.externalEgressGateway"),
        ({"externalEgressGateway": "192.168.0.1,192.168.0.2"}, "spec.externalEgressGateway"),
        ({"policyRoutingTableID": 254}, "spec.policyRoutingTableID"),
    ],
)
def test_a_gateway_that_cannot_be_is_refused(spec: dict[str, Any], field: str) -> None:
    assert [found for found, _ in causes(**{**BEYOND, **spec})] == [field]
