"""Which fixed addresses pods may not ask for, and in which words."""

import pytest

from tests.unit.admission.conftest import World, ip, pod, subnet, vpc

ADDRESS = "metadata.annotations[ovn.kubernetes.io/ip_address]"
MAC = "metadata.annotations[ovn.kubernetes.io/mac_address]"


def test_an_ordinary_pod_costs_nothing(world: World) -> None:
    assert world.created(pod("new")) == ()
    assert world.lists == {}


def test_a_free_fixed_address_is_accepted_even_an_excluded_one() -> None:
    world = World(subnet("ovn-default", "10.16.0.0/16", excludeIps=["10.16.0.10..10.16.0.20"]))
    assert world.created(pod("new", "10.16.0.15", "00:00:00:53:6B:B6")) == ()


@pytest.mark.parametrize(
    ("address", "mac", "field", "allowed"),
    [
        ("10.17.0.9", "", ADDRESS, "a host of 10.16.0.0/16, the range of subnet ovn-default"),
        ("10.16.0.1", "", ADDRESS, "other than the gateway"),
        ("10.16.0.0", "", ADDRESS, "a host of 10.16.0.0/16"),
        ("10.16", "", ADDRESS, "an IPv4 or IPv6 address"),
        ("10.16.0.7,10.16.0.8", "", ADDRESS, "one address of each family"),
        ("10.16.0.9", "", ADDRESS, "IP web.default has it"),
        ("", "00:00:00:53:6B", MAC, "six pairs of hexadecimal digits"),
        ("", "01:00:5e:00:00:01", MAC, "a unicast MAC address"),
        ("", "0A:00:00:00:00:09", MAC, "IP web.default has it"),
    ],
)
def test_one_fault_is_one_cause(world: World, address: str, mac: str, field: str, allowed: str) -> None:
    (cause,) = world.created(pod("new", address, mac))
    assert cause.field == field
    assert allowed in cause.message


def test_address_and_mac_are_judged_at_once(world: World) -> None:
    assert [cause.field for cause in world.created(pod("new", "10.16.0.9", "x"))] == [ADDRESS, MAC]


def test_two_pods_cannot_ask_for_the_same_before_either_has_it() -> None:
    world = World(subnet("ovn-default", "10.16.0.0/16"), pod("first", "10.16.0.15"))
    (cause,) = world.created(pod("second", "10.16.0.15"))
    assert (cause.field, cause.reason) == (ADDRESS, "FieldValueDuplicate")
    assert "Pod default/first has it" in cause.message


def test_a_finished_pod_leaves_its_address_to_others() -> None:
    world = World(
        subnet("ovn-default", "10.16.0.0/16"), pod("first", "10.16.0.15", status={"phase": "Failed"})
    )
    assert world.created(pod("second", "10.16.0.15")) == ()


def test_the_subnet_is_the_one_that_the_pod_names_or_that_serves_its_namespace(world: World) -> None:
    served = World(*world.list("Subnet"), subnet("tenants", "10.66.0.0/16", namespaces=["shop"]))
    assert served.created(pod("a", "10.66.0.5", namespace="shop")) == ()
    assert served.created(pod("a", "10.66.0.5", switch="tenants")) == ()
    (elsewhere,) = served.created(pod("a", "10.66.0.5"))
    assert "subnet ovn-default" in elsewhere.message
    (wrong,) = served.created(pod("a", "10.16.0.5", namespace="shop"))
    assert "subnet tenants" in wrong.message


def test_the_default_subnet_of_a_vpc_serves_the_vpcs_namespaces(world: World) -> None:
    served = World(
        *world.list("Subnet"),
        vpc("tenant", namespaces=["shop"], defaultSubnet="tenants"),
        subnet("tenants", "10.66.0.0/16", vpc="tenant"),
    )
    assert served.created(pod("a", "10.66.0.5", namespace="shop")) == ()


def test_subnets_of_two_vpcs_have_the_same_address_each() -> None:
    world = World(
        vpc("tenant"),
        subnet("a", "10.1.0.0/16"),
        subnet("b", "10.1.0.0/16", vpc="tenant"),
        ip("p.default", "10.1.0.2", "a"),
        pod("p", "10.1.0.2", switch="a"),
    )
    assert world.created(pod("q", "10.1.0.2", switch="b")) == ()
    assert [cause.field for cause in world.created(pod("q", "10.1.0.2", switch="a"))] == [ADDRESS]


def test_a_pod_may_wait_for_its_subnet(world: World) -> None:
    assert world.created(pod("early", "10.99.0.5", switch="later")) == ()


def test_a_pod_on_the_nodes_network_has_no_address_here(world: World) -> None:
    host = pod("host", "10.99.0.5")
    host["spec"]["hostNetwork"] = True
    assert world.created(host) == ()


def test_the_controllers_own_annotations_are_accepted(world: World) -> None:
    waiting = World(
        *world.list("Subnet"), ip("new.default", "10.16.0.10", mac="0a:00:00:00:00:10"), pod("new")
    )
    told = pod("new", "10.16.0.10", "0a:00:00:00:00:10", "ovn-default")
    assert waiting.updated(told) == ()
    (cause,) = world.updated(pod("web", "10.17.0.1", "0a:00:00:00:00:09"))
    assert cause.field == ADDRESS


def test_a_status_is_written_without_a_look_at_anything(world: World) -> None:
    assert world.updated(pod("web", "10.16.0.9", "0a:00:00:00:00:09", status={"phase": "Running"})) == ()
    assert world.lists == {}
    assert world.deleted("Pod", "web", "default") == ()
