"""Which pools pods, workloads and IPPools may not ask for, and in which words."""

from typing import Any

import pytest

from tests.unit.admission.conftest import Document, World, pod, subnet

POOL = "metadata.annotations[ovn.kubernetes.io/ip_pool]"
KEEP = "metadata.annotations[ovn.kubernetes.io/keep_ip]"


def ippool(name: str, *ips: str, subnet: str = "ovn-default", **spec: Any) -> Document:
    spec = {"subnet": subnet, "ips": list(ips)} | spec
    return {"apiVersion": "kubeovn.io/v1", "kind": "IPPool", "metadata": {"name": name}, "spec": spec}


def asking(text: str, **annotations: str) -> Document:
    found = pod("new")
    found["metadata"]["annotations"] = {"ovn.kubernetes.io/ip_pool": text} | {
        f"ovn.kubernetes.io/{name}": value for name, value in annotations.items()
    }
    return found


def workload(kind: str, annotations: dict[str, str], **own: str) -> Document:
    template = {"metadata": {"creationTimestamp": None, "annotations": annotations}, "spec": {}}
    spec: Document = {"template": template}
    if kind == "CronJob":
        spec = {"schedule": "* * * * *", "jobTemplate": {"spec": spec}}
    return {"kind": kind, "metadata": {"name": "w", "namespace": "default", "annotations": own}, "spec": spec}


@pytest.fixture
def world() -> World:
    return World(
        subnet("ovn-default", "10.16.0.0/16", gateway="10.16.0.1"),
        subnet("dual", "10.20.0.0/24,fd20::/112"),
        ippool("front", "10.16.1.0/24"),
        ippool("back", "10.20.0.128/25", subnet="dual"),
    )


@pytest.mark.parametrize(
    "text", ["10.16.0.15,10.16.0.16", "10.16.0.15..10.16.0.99", "front", "one-that-comes-later", "10.16.1.7"]
)
def test_a_pool_within_the_subnet_is_accepted(world: World, text: str) -> None:
    assert world.created(asking(text)) == ()


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("10.16.0.15,10.17.0.1", "a host of 10.16.0.0/16"),
        ("10.16.255.0..10.17.0.9", "a host of 10.16.0.0/16"),
        ("10.16.0.1,10.16.0.2", "other than the gateway"),
        ("10.16.0.0..10.16.0.9", "a host of 10.16.0.0/16"),
        ("10.15.255.255..10.16.0.9", "a host of 10.16.0.0/16"),
        ("fd00::1", "a host of 10.16.0.0/16"),
        ("10.16.0.300", "addresses or ranges FIRST..LAST"),
        ("10.16.0.2,10.16.0.2", "each address once"),
    ],
)
def test_one_fault_of_a_pool_is_one_cause(world: World, text: str, allowed: str) -> None:
    (cause,) = world.created(asking(text))
    assert cause.field == POOL
    assert allowed in cause.message


def test_a_range_may_not_go_over_the_gateway() -> None:
    world = World(subnet("ovn-default", "10.16.0.0/16", gateway="10.16.0.50"))
    (cause,) = world.created(asking("10.16.0.2..10.16.0.99"))
    assert "addresses other than the gateway 10.16.0.50" in cause.message


def test_pairs_of_a_dual_stack_subnet_are_accepted(world: World) -> None:
    assert world.created(asking("10.20.0.2,fd20::2;10.20.0.3,fd20::3", logical_switch="dual")) == ()


def test_an_ippool_of_another_subnet_than_the_pods_is_refused(world: World) -> None:
    (cause,) = world.created(asking("front", logical_switch="dual"))
    assert cause.message == 'found "front", allowed an IPPool of subnet dual: this one is of ovn-default'
    (cause,) = world.created(asking("front,back"))
    assert 'found "back"' in cause.message


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"])
def test_the_template_of_a_workload_is_judged(world: World, kind: str) -> None:
    assert world.created(workload(kind, {"ovn.kubernetes.io/ip_pool": "10.16.0.15..10.16.0.20"})) == ()
    (cause,) = world.created(workload(kind, {"ovn.kubernetes.io/ip_pool": "10.99.0.15"}))
    path = "spec.jobTemplate.spec.template" if kind == "CronJob" else "spec.template"
    assert cause.field == f"{path}.{POOL}"
    assert "10.16.0.0/16" in cause.message


def test_address_and_mac_in_a_template_are_read(world: World) -> None:
    asked = {"ovn.kubernetes.io/ip_address": "10.16", "ovn.kubernetes.io/mac_address": "x"}
    assert len(world.created(workload("Deployment", asked))) == 2


def test_the_switch_of_a_set_or_a_subnet_has_two_positions(world: World) -> None:
    assert world.created(workload("StatefulSet", {}, **{"ovn.kubernetes.io/keep_ip": "false"})) == ()
    bad = {"ovn.kubernetes.io/keep_ip": "no"}
    (cause,) = world.created(workload("StatefulSet", {}, **bad))
    assert (cause.field, cause.reason) == (KEEP, "FieldValueNotSupported")
    old = subnet("ovn-default", "10.16.0.0/16", gateway="10.16.0.1")
    old["metadata"] = {"name": "ovn-default", "annotations": bad}
    (cause,) = world.updated(old)
    assert cause.field == KEEP


def test_an_ippool_may_hold_addresses_ranges_and_networks_even_beyond_its_subnet(world: World) -> None:
    ips = ("10.16.0.201", "10.16.0.210/30", "10.16.0.220..10.16.0.230", "192.168.0.1")
    assert world.created(ippool("pool-1", *ips, namespaces=["ns-1"], enableAddressSet=True)) == ()


def test_an_ippool_may_come_before_its_subnet(world: World) -> None:
    assert world.created(ippool("early", "10.99.0.1", subnet="later")) == ()


@pytest.mark.parametrize(
    ("name", "ips", "field", "message"),
    [
        ("10.16.0.1", ("10.16.0.9",), "metadata.name", "not read as an address"),
        ("7", ("10.16.0.9",), "metadata.name", "not read as an address"),
        ("p", ("10.16.0.9", "10.16"), "spec.ips[1]", "an address, a range FIRST..LAST or a network"),
        ("p", ("10.16.0.9", "10.16.1.255"), "spec.ips[1]", "IPPool front has it"),
        ("p", ("10.16.0.0/16",), "spec.ips[0]", 'found "10.16.1.0"'),
    ],
)
def test_one_fault_of_an_ippool_is_one_cause(
    world: World, name: str, ips: tuple[str, ...], field: str, message: str
) -> None:
    (cause,) = world.created(ippool(name, *ips))
    assert cause.field == field
    assert message in cause.message


def test_an_ippool_keeps_its_subnet_and_may_change_its_addresses(world: World) -> None:
    assert world.updated(ippool("front", "10.16.2.0/24")) == ()
    (cause,) = world.updated(ippool("front", "10.20.0.9", subnet="dual"))
    assert (cause.field, cause.reason) == ("spec.subnet", "FieldValueForbidden")
    assert world.deleted("IPPool", "front") == ()
