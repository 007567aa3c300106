"""Virtual addresses, as rows: whose ports may use one, and the port by which OVN follows it."""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.annotations import AAPS, PORT_SECURITY
from controller.api.core import Pod, PodSpec
from controller.api.kinds import IPS, OVN_FIPS, PODS, SUBNETS, VIPS
from controller.api.meta import ObjectMeta
from controller.api.names import vip_record
from controller.api.nat import OvnFip, OvnFipSpec
from controller.api.reservations import Vip, VipSpec
from controller.engine.engine import Engine
from controller.engine.view import View
from controller.northbound.replica import Replica
from controller.northbound.rows import Place
from controller.reconcilers import RECONCILERS, address, pod, vip
from tests.unit.reconcilers.objects import MAC, a_subnet, an_ip, condition, meta, rows

SHARED = "10.1.0.100"


def a_vip(name: str = "v", **spec: Any) -> Vip:
    return Vip(metadata=meta(name), spec=VipSpec(**{"subnet": "blue", "namespace": "default", **spec}))


def a_pod(
    name: str, labels: dict[str, str] | None = None, namespace: str = "default", **annotations: str
) -> Pod:
    said = {f"ovn.kubernetes.io/{key}": value for key, value in annotations.items()}
    metadata = ObjectMeta(
        name=name, namespace=namespace, uid=name, annotations=said, labels=labels or {"app": "web"}
    )
    return Pod(metadata=metadata, spec=PodSpec(node_name="n"))


def put(view: View, subject: Pod, address: str, subnet: str = "blue") -> None:
    view.put(PODS, subject)
    view.put(IPS, an_ip(f"{subject.name}.{subject.namespace}", address, subnet, mac_address=MAC))


@pytest.fixture
def view() -> View:
    """A virtual address, two pods that name it, and one that does not."""
    view = View()
    view.put(SUBNETS, a_subnet())
    view.put(VIPS, a_vip(selector=("app: web",)))
    view.put(IPS, an_ip(vip_record("v"), SHARED, "blue", v4_ip_address=SHARED, mac_address=MAC))
    put(view, a_pod("a", aaps="v"), "10.1.0.5")
    put(view, a_pod("b", aaps="w, v"), "10.1.0.6")
    put(view, a_pod("c"), "10.1.0.7")
    return view


def the_vip(view: View) -> Vip:
    found = view.get(VIPS, "v")
    assert found is not None
    return found


def security(view: View, path: str) -> frozenset[str]:
    subject = view.get(PODS, path)
    assert subject is not None
    (row,) = pod.port(subject, view).rows
    found: frozenset[str] = row.columns["port_security"]
    return found


@pytest.mark.proves(
    "Vip.spec.subnet",
    "Vip.spec.v4ip",
    "Vip.spec.v6ip",
    "Vip.spec.macAddress",
    "Vip.spec.type",
)
def test_what_was_set_aside_is_told_on_the_object(view: View) -> None:
    fragment = vip.reserved(the_vip(view), view)
    assert fragment.status["v4ip"] == SHARED
    assert (fragment.status["mac"], fragment.status["ready"]) == (MAC, True)
    assert condition(fragment, "Ready").status == condition(fragment, "Supported").status == "True"


def test_until_there_is_an_address_it_is_not_ready(view: View) -> None:
    fragment = vip.reserved(a_vip("other"), view)
    assert (condition(fragment, "Ready").status, fragment.rows) == ("False", ())


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"type": "switch_lb_vip"}, "spec.type"),
        ({"attach_subnets": ("net1",)}, "spec.attachSubnets"),
        ({"parent_mac": MAC}, "spec.parentMac"),
    ],
)
def test_what_it_asks_for_in_vain_is_told(view: View, spec: dict[str, Any], field: str) -> None:
    found = condition(vip.reserved(a_vip(**spec), view), "Supported")
    assert (found.status, found.message.rpartition(": ")[2]) == ("False", field)


@pytest.mark.proves("ovn.kubernetes.io/aaps", "Vip.spec.namespace", "Vip.spec.selector")
def test_ovn_follows_the_address_to_whichever_of_the_pods_announces_it(view: View) -> None:
    (row,) = rows(vip.reserved(the_vip(view), view), "Logical_Switch_Port")
    assert row.place == Place("Logical_Switch", "blue", "ports")
    assert row.columns == {
        "type": "virtual",
        "options": {"virtual-ip": SHARED, "virtual-parents": "a.default,b.default"},
    }


def test_an_address_of_each_family_has_a_port_of_its_own(view: View) -> None:
    both = {"v4_ip_address": SHARED, "v6_ip_address": "fd00:1::100"}
    view.put(IPS, an_ip(vip_record("v"), f"{SHARED},fd00:1::100", "blue", **both))
    found = rows(vip.reserved(the_vip(view), view), "Logical_Switch_Port")
    assert [row.columns["options"]["virtual-ip"] for row in found] == [SHARED, "fd00:1::100"]
    assert len({row.key for row in found}) == 2


def test_pods_may_use_the_address_beside_their_own_and_others_may_not(view: View) -> None:
    assert security(view, "default/a") == {f"{MAC} 10.1.0.5 {SHARED}"}
    assert security(view, "default/c") == {f"{MAC} 10.1.0.7"}


@pytest.mark.parametrize(
    ("subject", "subnet", "why"),
    [
        (a_pod("d", aaps="v", namespace="other"), "blue", "is for pods of namespace default"),
        (a_pod("d", {"app": "db"}, aaps="v"), "blue", "is for pods with the labels app: web"),
        (a_pod("d", aaps="v"), "red", "is of subnet blue, the pod of red"),
        (a_pod("d", aaps="x"), "blue", "does not exist or has no address (yet)"),
    ],
)
def test_a_pod_that_may_not_use_it_is_told_why(view: View, subject: Pod, subnet: str, why: str) -> None:
    view.put(SUBNETS, a_subnet("red", "10.2.0.0/24"))
    put(view, subject, "10.1.0.8", subnet)
    fragment = pod.port(subject, view)
    (notice,) = fragment.notices
    assert (notice.reason, notice.message.partition(" Vip ")[2][2:]) == ("VipNotUsable", why)
    assert fragment.rows[0].columns["port_security"] == {f"{MAC} 10.1.0.8"}
    (row,) = rows(vip.reserved(the_vip(view), view), "Logical_Switch_Port")
    assert "d." not in row.columns["options"]["virtual-parents"]


def test_a_virtual_address_of_no_namespace_is_for_nobody(view: View) -> None:
    view.put(VIPS, a_vip(namespace=""))
    assert rows(vip.reserved(the_vip(view), view), "Logical_Switch_Port") == []
    assert security(view, "default/a") == {f"{MAC} 10.1.0.5"}


@pytest.mark.proves("ovn.kubernetes.io/port_security")
def test_a_pod_may_be_let_off_the_rule_that_it_uses_its_own_addresses_alone(view: View) -> None:
    assert AAPS != PORT_SECURITY
    put(view, a_pod("free", port_security="false"), "10.1.0.8")
    put(view, a_pod("bound", port_security="true"), "10.1.0.9")
    assert security(view, "default/free") == frozenset()
    assert security(view, "default/bound") == {f"{MAC} 10.1.0.9"}


def test_a_pod_that_comes_or_goes_changes_who_may_have_the_address(view: View) -> None:
    engine = Engine(view, Replica(), RECONCILERS)
    view.put(SUBNETS, a_subnet())
    engine.plan(engine.everyone(), "")
    assert engine.due == 0
    put(view, a_pod("e", aaps="v"), "10.1.0.9")
    assert "vip/v" in engine.take(100)
    view.drop(PODS, "default/e")
    assert "vip/v" in engine.take(100)


def test_the_record_lives_as_long_as_the_virtual_address(view: View) -> None:
    record = an_ip(vip_record("v"), SHARED, "blue", pod_name="v", pod_type="Vip")
    assert address.record(record, view).gone_after is None
    view.drop(VIPS, "v")
    gone = address.record(record, view).gone_after
    assert gone is not None
    assert gone.name == vip_record("v")


def test_it_does_not_go_while_a_rule_leads_to_it(view: View) -> None:
    leaving = Vip(
        metadata=ObjectMeta(name="v", uid="v", deletion_timestamp="2026-01-01T00:00:00Z"),
        spec=VipSpec(subnet="blue"),
    )
    view.put(OVN_FIPS, OvnFip(metadata=meta("f"), spec=OvnFipSpec(ovn_eip="e", ip_type="vip", ip_name="v")))
    fragment = vip.reserved(leaving, view)
    assert condition(fragment, "InUse").message == "used by 1: OvnFip f"
    view.drop(OVN_FIPS, "f")
    assert vip.reserved(leaving, view).finalizer is False
