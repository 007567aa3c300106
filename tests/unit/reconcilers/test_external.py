"""How a VPC is joined with physical networks, as rows."""

from __future__ import annotations

import pytest

from controller.api.kinds import IPS, SUBNETS
from controller.api.kubeovn import Vpc, VpcSpec
from controller.engine.view import View
from controller.reconcilers import external
from tests.unit.reconcilers.objects import a_joined_vpc, a_subnet, meta, rows, the_vpc


@pytest.fixture
def view() -> View:
    return a_joined_vpc()


def test_a_vpc_has_a_port_in_its_external_subnet_on_the_labelled_nodes(view: View) -> None:
    fragment = external.attachments(the_vpc(view), view)
    (port,) = rows(fragment, "Logical_Router_Port")
    assert port.columns["networks"] == frozenset(("172.31.200.2/16",))
    assert [row.columns["chassis_name"] for row in rows(fragment, "Gateway_Chassis")] == ["n2"]
    (route,) = rows(fragment, "Logical_Router_Static_Route")
    assert (route.columns["ip_prefix"], route.columns["nexthop"]) == ("0.0.0.0/0", "172.31.0.1")


def test_a_vpc_without_an_address_there_has_no_port_yet(view: View) -> None:
    view.drop(IPS, "red-out")
    assert rows(external.attachments(the_vpc(view), view), "Logical_Router_Port") == []


@pytest.mark.proves("Vpc.spec.enableExternal")
def test_enable_external_means_the_controllers_own_external_subnet(view: View) -> None:
    view.put(SUBNETS, a_subnet("external", "172.30.0.0/16", vlan="v"))
    vpc = Vpc(metadata=meta("red"), spec=VpcSpec(enable_external=True, extra_external_subnets=("out",)))
    assert [subnet.name for subnet in external.external_subnets(vpc, view)] == ["external", "out"]
