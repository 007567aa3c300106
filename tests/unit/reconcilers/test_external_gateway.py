"""The default VPC's way to the external network, as the cluster's ConfigMap has it."""

from __future__ import annotations

import pytest

from controller.api import external_gateway
from controller.api.core import ConfigMap
from controller.api.kinds import CONFIG_MAPS, IPS, NODES, SUBNETS, VPCS
from controller.api.kubeovn import Vpc
from controller.api.meta import ObjectMeta
from controller.engine.fragment import Fragment
from controller.engine.settings import Settings
from controller.engine.view import View
from controller.reconcilers import external
from controller.runtime import claims
from tests.unit.reconcilers.objects import a_node, a_subnet, an_ip, condition, meta, rows

SAID = {
    "type": "centralized",
    "enable-external-gw": "true",
    "external-gw-nodes": "n3, n1",
    "external-gw-nic": "eth1",
    "external-gw-addr": "172.56.0.1/16",
    "nic-ip": "172.56.0.254/16",
    "nic-mac": "16:52:f3:13:6a:25",
}


def configured(**said: str) -> ConfigMap:
    metadata = ObjectMeta(name=external_gateway.NAME, namespace=external_gateway.NAMESPACE, uid="c")
    return ConfigMap(
        metadata=metadata, data=SAID | {key.replace("_", "-"): text for key, text in said.items()}
    )


@pytest.fixture
def view() -> View:
    view = View(Settings(external_gateway_switch="external"))
    for name in ("n1", "n2", "n3"):
        view.put(NODES, a_node(name))
    view.put(VPCS, Vpc(metadata=meta("ovn-cluster")))
    view.put(SUBNETS, a_subnet("external", "172.56.0.0/16", vlan="v", gateway="172.56.0.1"))
    view.put(IPS, an_ip("ovn-cluster-external", "172.56.0.254", "external", mac_address=SAID["nic-mac"]))
    return view


def joined(view: View, vpc: str = "ovn-cluster") -> Fragment:
    found = view.get(VPCS, vpc)
    assert found is not None
    return external.attachments(found, view)


def test_it_joins_the_default_vpc_on_the_nodes_that_it_names(view: View) -> None:
    assert joined(view).rows == ()
    view.put(CONFIG_MAPS, configured())
    fragment = joined(view)
    (port,) = rows(fragment, "Logical_Router_Port")
    assert (port.columns["mac"], port.columns["networks"]) == (SAID["nic-mac"], {"172.56.0.254/16"})
    assert [row.columns["chassis_name"] for row in rows(fragment, "Gateway_Chassis")] == ["n3", "n1"]
    assert fragment.status["enableExternal"] is True
    assert condition(fragment, "ExternalJoined").status == "True"
    assert external.configured(configured(), view).notices == ()


def test_the_routers_port_has_the_address_and_the_mac_that_are_given(view: View) -> None:
    view.put(CONFIG_MAPS, configured())
    wish = claims.of_router("o", "ovn-cluster", "external", view).wish
    assert (wish.fixed, wish.mac) == (("172.56.0.254",), SAID["nic-mac"])
    assert claims.of_router("o", "red", "external", view).wish == claims.Wish()


def test_it_says_nothing_of_other_vpcs_and_nothing_while_it_is_off(view: View) -> None:
    view.put(VPCS, Vpc(metadata=meta("red")))
    view.put(CONFIG_MAPS, configured())
    assert joined(view, "red").rows == ()
    view.put(CONFIG_MAPS, configured(enable_external_gw="false"))
    assert joined(view).rows == ()


def test_what_it_lacks_is_told_where_it_is_asked_for(view: View) -> None:
    view.drop(SUBNETS, "external")
    said = configured(external_gw_nodes="n1,n9", nic_ip="172.56", nic_mac="zz")
    view.put(CONFIG_MAPS, said)
    messages = [notice.message for notice in external.configured(said, view).notices]
    assert [message.partition(":")[0] for message in messages] == [
        "nic-ip",
        "nic-mac",
        "enable-external-gw",
        "external-gw-nodes",
    ]
    assert condition(joined(view), "ExternalJoined").message.endswith(": external")
