"""Which static routes a subnet's packets are asked of, and what it completes of itself."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.kinds import SUBNETS
from controller.engine.engine import Engine
from controller.engine.view import View
from controller.northbound.replica import Replica
from controller.reconcilers import RECONCILERS, subnet
from tests.unit.reconcilers.objects import a_subnet, condition, rows


@pytest.mark.proves("Subnet.spec.routeTable")
def test_a_subnet_with_a_table_of_its_own_is_routed_by_that() -> None:
    def options(table: str) -> Any:
        current = a_subnet(vpc="red", route_table=table)
        (port,) = rows(subnet.switch(current, View()), "Logical_Router_Port")
        return port.columns["options"]

    assert options("rtb1") == {"route_table": "rtb1"}
    assert options("") == {}


@pytest.mark.proves("Subnet.spec.disableInterConnection")
def test_no_subnet_is_made_known_to_other_clusters() -> None:
    for disabled in (True, False):
        fragment = subnet.switch(a_subnet(disable_inter_connection=disabled), View())
        assert condition(fragment, "Supported").status == "True"
        assert {row.key.table for row in fragment.rows} == {
            "Logical_Switch",
            "Logical_Router_Port",
            "Logical_Switch_Port",
        }


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"routed": True}, "spec.routed"),
        ({"htbqos": "htbqos-high"}, "spec.htbqos"),
        ({"u2o_routing": True}, "spec.u2oRouting"),
        ({"node_network": "storage"}, "spec.nodeNetwork"),
        ({"vips": ("10.1.0.9",)}, "spec.vips"),
        ({"enable_external_lb_address": True}, "spec.enableExternalLBAddress"),
        ({"vpc": "red", "external_egress_gateway": "10.9.0.1"}, "spec.externalEgressGateway"),
        ({"vpc": "red", "policy_routing_table_id": 1000}, "spec.policyRoutingTableID"),
    ],
)
def test_what_is_known_and_not_carried_is_named(spec: dict[str, Any], field: str) -> None:
    found = condition(subnet.switch(a_subnet(**spec), View()), "Supported")
    assert (found.status, found.message.rpartition(": ")[2]) == ("False", field)


def test_what_a_subnet_leaves_unsaid_is_written_into_it_once() -> None:
    view = View()
    engine = Engine(view, Replica(), RECONCILERS)
    view.put(SUBNETS, a_subnet())
    said = [effect.patch.spec for effect in engine.plan(engine.take(100), "").effects if effect.patch.spec]
    assert said == [{"protocol": "IPv4", "gateway": "10.1.0.1", "excludeIps": ["10.1.0.1"]}]
    view.put(SUBNETS, a_subnet(protocol="IPv4", gateway="10.1.0.1", exclude_ips=("10.1.0.1",)))
    effects = engine.plan(engine.take(100), "").effects
    assert [effect.patch.spec for effect in effects if effect.patch.spec] == []
