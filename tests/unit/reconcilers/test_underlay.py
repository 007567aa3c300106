"""A subnet that lies in a physical network, as rows of its switch."""

from __future__ import annotations

from controller.api.kinds import VLANS
from controller.api.underlay import Vlan, VlanSpec
from controller.engine.view import View
from controller.reconcilers import underlay
from tests.unit.reconcilers.objects import a_subnet, condition, meta


def test_an_underlay_subnet_has_a_tagged_port_into_its_provider_network() -> None:
    view = View()
    view.put(VLANS, Vlan(metadata=meta("v"), spec=VlanSpec(provider="physnet", id=204)))
    (row,) = underlay.port(a_subnet("out", "172.31.0.0/16", vlan="v"), view).rows
    assert row.columns == {
        "type": "localnet",
        "addresses": frozenset(("unknown",)),
        "options": {"network_name": "physnet"},
        "tag": 204,
    }


def test_a_vlan_that_does_not_exist_is_said_on_the_subnet() -> None:
    fragment = underlay.port(a_subnet("x", "10.0.0.0/24", vlan="none"), View())
    assert fragment.rows == ()
    assert "'none'" in condition(fragment, underlay.VLAN_KNOWN).message
