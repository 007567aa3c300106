"""Which VPCs are refused, and in which words."""

import pytest

from tests.unit.admission.conftest import World, subnet, vpc


def route(**members: str) -> dict[str, str]:
    return {"cidr": "0.0.0.0/0", "nextHopIP": "10.0.1.254", "policy": "policyDst"} | members


def test_a_vpc_with_routes_is_accepted(world: World) -> None:
    assert (
        world.created(vpc("tenant", namespaces=["ns1"], staticRoutes=[route(), route(cidr="10.0.0.7")])) == ()
    )


@pytest.mark.parametrize(
    ("spec", "field", "allowed"),
    [
        (
            {"staticRoutes": [route(cidr="10.0.0.1/8")]},
            "spec.staticRoutes[0].cidr",
            "the same network as 10.0.0.0/8",
        ),
        (
            {"staticRoutes": [route(), route(nextHopIP="x")]},
            "spec.staticRoutes[1].nextHopIP",
            "an IPv4 or IPv6",
        ),
        (
            {"staticRoutes": [route(nextHopIP="fd00::1")]},
            "spec.staticRoutes[0].nextHopIP",
            "family of 0.0.0.0/0",
        ),
        ({"staticRoutes": [route(policy="dst")]}, "spec.staticRoutes[0].policy", '"policyDst", "policySrc"'),
        ({"namespaces": ["a", "a"]}, "spec.namespaces[1]", "this list has it"),
        ({"namespaces": ["-"]}, "spec.namespaces[0]", "a DNS label"),
    ],
)
def test_one_fault_is_one_cause(world: World, spec: dict[str, object], field: str, allowed: str) -> None:
    (cause,) = world.created(vpc("tenant", **spec))
    assert cause.field == field
    assert allowed in cause.message


def test_its_name_becomes_a_part_of_others(world: World) -> None:
    (cause,) = world.created(vpc("a.b"))
    assert (cause.field, cause.reason) == ("metadata.name", "FieldValueInvalid")


def test_a_namespace_is_in_one_vpc() -> None:
    world = World(vpc("old", namespaces=["ns1"]))
    (cause,) = world.created(vpc("new", namespaces=["ns1"]))
    assert (cause.field, cause.reason) == ("spec.namespaces[0]", "FieldValueDuplicate")
    assert world.updated(vpc("old", namespaces=["ns1", "ns2"])) == ()


def test_a_vpc_stays_as_long_as_subnets_are_in_it(world: World) -> None:
    full = World(vpc("ovn-cluster"), vpc("tenant"), vpc("empty"), subnet("a", vpc="tenant"), subnet("b"))
    (cause,) = full.deleted("Vpc", "tenant")
    assert cause.message == 'VPC "tenant" cannot be deleted as long as these subnets are in it: a'
    (default,) = full.deleted("Vpc", "ovn-cluster")
    assert default.message.endswith(": b")
    assert full.deleted("Vpc", "empty") == ()


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"policyRoutes": [{"action": "drop"}]}, "spec.policyRoutes[0].match"),
        ({"policyRoutes": [{"action": "jump", "match": "ip4"}]}, "spec.policyRoutes[0].action"),
        ({"policyRoutes": [{"action": "reroute", "match": "ip4"}]}, "spec.policyRoutes[0].nextHopIP"),
        (
            {"policyRoutes": [{"action": "drop", "match": "ip4", "nextHopIP": "10.0.0.1"}]},
            "spec.policyRoutes[0].nextHopIP",
        ),
        (
            {"policyRoutes": [{"action": "reroute", "match": "ip4", "nextHopIP": "10.0.0.1,x"}]},
            "spec.policyRoutes[0].nextHopIP",
        ),
        ({"vpcPeerings": [{"localConnectIP": "169.254.0.1/30"}]}, "spec.vpcPeerings[0].remoteVpc"),
        (
            {"vpcPeerings": [{"remoteVpc": "other", "localConnectIP": "169.254.0.1"}]},
            "spec.vpcPeerings[0].localConnectIP",
        ),
    ],
)
def test_policies_and_links_that_lead_nowhere_are_refused(
    world: World, spec: dict[str, object], field: str
) -> None:
    assert [cause.field for cause in world.created(vpc("tenant", **spec))] == [field]


def test_a_vpc_has_one_link_to_another(world: World) -> None:
    link = {"remoteVpc": "other", "localConnectIP": "169.254.0.1/30"}
    (cause,) = world.created(vpc("tenant", vpcPeerings=[link, link]))
    assert cause.field == "spec.vpcPeerings[1].remoteVpc"
