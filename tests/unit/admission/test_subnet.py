"""Which subnets are refused, and in which words."""

from typing import Any

import pytest

from tests.unit.admission.conftest import World, ip, subnet, vpc

CIDR = "spec.cidrBlock"


@pytest.mark.proves("Subnet.spec.protocol")
def test_what_kube_ovn_documents_is_accepted(world: World) -> None:
    assert (
        world.created(
            subnet(
                "subnet1",
                protocol="IPv4",
                excludeIps=["10.66.0.1..10.66.0.10", "10.66.0.101..10.66.0.151"],
                gateway="10.66.0.1",
                gatewayType="distributed",
                natOutgoing=True,
                namespaces=["ns1", "ns2"],
                mtu=1300,
            )
        )
        == ()
    )
    assert (
        world.created(
            subnet(
                "dual",
                "10.67.0.0/16,fd00:10:16::/64",
                excludeIps=["10.67.0.1", "fd00:10:16::1"],
                gateway="10.67.0.1,fd00:10:16::1",
                protocol="Dual",
            )
        )
        == ()
    )


@pytest.mark.parametrize(
    ("spec", "field", "found", "allowed"),
    [
        ({"cidrBlock": "10.66.0.0"}, CIDR, "10.66.0.0", "a network in CIDR notation"),
        ({"cidrBlock": "10.66.0.0/33"}, CIDR, "10.66.0.0/33", "a network in CIDR notation"),
        ({"cidrBlock": "10.66.0.7/16"}, CIDR, "10.66.0.7/16", "the same network as 10.66.0.0/16"),
        ({"cidrBlock": "FD00::/64"}, CIDR, "FD00::/64", "the same network as fd00::/64"),
        ({"cidrBlock": "10.66.0.0/16, fd00::/64"}, CIDR, " fd00::/64", "a network in CIDR notation"),
        (
            {"cidrBlock": "10.66.0.0/16,10.67.0.0/16"},
            CIDR,
            "10.66.0.0/16,10.67.0.0/16",
            "one network of each family",
        ),
        ({"cidrBlock": "10.66.0.0/31"}, CIDR, "10.66.0.0/31", "at least 4 addresses: /30 or shorter"),
        ({"cidrBlock": "127.0.0.0/16"}, CIDR, "127.0.0.0/16", "not within 127.0.0.0/8"),
        ({"cidrBlock": "0.0.0.0/0"}, CIDR, "0.0.0.0/0", "a network that is routed"),
        ({"cidrBlock": "fe80::/64"}, CIDR, "fe80::/64", "not within fe80::/10"),
        (
            {"namespaceSelectors": [{"matchExpressions": [{"key": "a", "operator": "Is"}]}]},
            "spec.namespaceSelectors[0].matchExpressions[0].operator",
            "Is",
            "In",
        ),
        (
            {"natOutgoingPolicyRules": [{"action": "nat", "match": {"srcIPs": "10.66.0.1,10.66.0.300"}}]},
            "spec.natOutgoingPolicyRules[0].match.srcIPs",
            "10.66.0.300",
            "an IPv4 or IPv6 address",
        ),
        ({"ipv6RAConfigs": "mtu"}, "spec.ipv6RAConfigs", "mtu", "OPTION=VALUE"),
        ({"gateway": "10.67.0.1"}, "spec.gateway", "10.67.0.1", "a host of 10.66.0.0/16"),
        ({"gateway": "10.66.0.0"}, "spec.gateway", "10.66.0.0", "a host of 10.66.0.0/16"),
        ({"gateway": "10.66.255.255"}, "spec.gateway", "10.66.255.255", "a host of 10.66.0.0/16"),
        ({"gateway": "10.66"}, "spec.gateway", "10.66", "an IPv4 or IPv6 address"),
        (
            {"gateway": "10.66.0.1,10.66.0.2"},
            "spec.gateway",
            "10.66.0.1,10.66.0.2",
            "one address in each network",
        ),
        (
            {"excludeIps": ["10.66.0.1", "10.67.0.1"]},
            "spec.excludeIps[1]",
            "10.67.0.1",
            "within 10.66.0.0/16",
        ),
        (
            {"excludeIps": ["10.66.0.9..10.66.0.1"]},
            "spec.excludeIps[0]",
            "10.66.0.9..10.66.0.1",
            "a range FIRST..LAST",
        ),
        (
            {"excludeIps": ["10.66.0.1-10.66.0.9"]},
            "spec.excludeIps[0]",
            "10.66.0.1-10.66.0.9",
            "a range FIRST..LAST",
        ),
        ({"protocol": "IPv6"}, "spec.protocol", "IPv6", "IPv4, for cidrBlock is 10.66.0.0/16"),
        ({"protocol": "ipv4"}, "spec.protocol", "ipv4", '"IPv4", "IPv6", "Dual"'),
        ({"gatewayType": "none"}, "spec.gatewayType", "none", '"distributed", "centralized"'),
        ({"vpc": "nowhere"}, "spec.vpc", "nowhere", "a VPC that exists, or ovn-cluster"),
        ({"namespaces": ["a", "a"]}, "spec.namespaces[1]", "a", "this list has it"),
        ({"namespaces": ["A.b"]}, "spec.namespaces[0]", "A.b", "a DNS label"),
    ],
)
def test_one_fault_is_one_cause_with_path_found_and_allowed(
    world: World, spec: dict[str, object], field: str, found: str, allowed: str
) -> None:
    document = subnet("new")
    document["spec"] |= spec
    (cause,) = world.created(document)
    assert cause.field == field
    assert f'found "{found}", allowed ' in cause.message
    assert allowed in cause.message


@pytest.mark.parametrize(
    ("cidr", "mtu"),
    [("10.66.0.0/16", 500), ("fd00::/64", 1_279), ("10.66.0.0/16", 70_000), ("10.66.0.0/16", -1)],
)
def test_an_mtu_that_no_link_may_have_is_refused(world: World, cidr: str, mtu: int) -> None:
    (cause,) = world.created(subnet("new", cidr, mtu=mtu))
    assert cause.field == "spec.mtu"


def test_a_subnet_without_a_range_is_refused(world: World) -> None:
    (cause,) = world.created(subnet("new", ""))
    assert (cause.field, cause.reason) == (CIDR, "FieldValueRequired")


def test_all_faults_are_told_at_once(world: World) -> None:
    causes = world.created(
        subnet(
            "Bad.Name",
            gateway="10.1.1.1",
            excludeIps=["x", "10.66.0.5"],
            protocol="IPv6",
            vpc="nowhere",
            mtu=1,
        )
    )
    assert [cause.field for cause in causes] == [
        "metadata.name",
        "spec.gateway",
        "spec.excludeIps[0]",
        "spec.protocol",
        "spec.mtu",
        "spec.vpc",
    ]


@pytest.mark.parametrize("cidr", ["10.16.0.0/16", "10.16.5.0/24", "10.0.0.0/8"])
def test_ranges_of_one_vpc_do_not_overlap(world: World, cidr: str) -> None:
    (cause,) = world.created(subnet("new", cidr))
    assert cause.field == CIDR
    assert "a network that does not overlap 10.16.0.0/16 of subnet ovn-default" in cause.message


def test_another_vpc_may_use_the_same_range_but_not_the_join_networks(world: World) -> None:
    other = World(*world.list("Subnet"), vpc("tenant"))
    assert other.created(subnet("new", "10.16.0.0/16", vpc="tenant")) == ()
    (cause,) = other.created(subnet("new", "100.64.1.0/24", vpc="tenant"))
    assert "100.64.0.0/16 of subnet join" in cause.message


def test_only_the_family_that_overlaps_is_named() -> None:
    world = World(subnet("old", "10.1.0.0/16,fd00::/64"))
    (cause,) = world.created(subnet("new", "10.2.0.0/16,fd00::/80"))
    assert 'found "fd00::/80"' in cause.message


def test_a_namespace_is_served_by_one_subnet() -> None:
    world = World(subnet("old", namespaces=["ns1", "ns2"]))
    (cause,) = world.created(subnet("new", "10.67.0.0/16", namespaces=["ns0", "ns2"]))
    assert (cause.field, cause.reason) == ("spec.namespaces[1]", "FieldValueDuplicate")
    assert "subnet old has it" in cause.message


def test_two_subnets_cannot_share_the_name_of_a_router_port() -> None:
    world = World(vpc("a"), vpc("a-b"), subnet("c", "10.1.0.0/16", vpc="a-b"))
    (cause,) = world.created(subnet("b-c", "10.2.0.0/16", vpc="a"))
    assert (cause.field, cause.reason) == ("metadata.name", "FieldValueDuplicate")
    assert "a-b-c" in cause.message


def test_range_and_vpc_stay_while_addresses_are_in_use(world: World) -> None:
    used = World(*world.list("Subnet"), *world.list("IP"), vpc("tenant"))
    (range_,) = used.updated(subnet("ovn-default", "10.17.0.0/16", vpc="ovn-cluster"))
    assert (range_.field, range_.reason) == (CIDR, "FieldValueForbidden")
    assert range_.message == (
        'found "10.17.0.0/16", allowed "10.16.0.0/16" as long as 1 of its addresses (web.default) is in use'
    )
    (moved,) = used.updated(subnet("ovn-default", "10.16.0.0/16", vpc="tenant"))
    assert moved.field == "spec.vpc"
    assert used.updated(subnet("ovn-default", "10.16.0.0/16", gateway="10.16.0.3")) == (), (
        "no VPC is the default VPC"
    )
    assert used.updated(subnet("join", "100.65.0.0/16")) == (), "nobody has an address of it"


def test_a_status_is_written_without_a_look_at_anything(world: World) -> None:
    document = dict(world.get("Subnet", "ovn-default") or {})
    assert world.updated(document | {"status": {"v4usingIPs": 1}}) == ()
    assert world.lists == {}


def test_a_subnet_in_use_is_not_deleted_and_the_users_are_named(world: World) -> None:
    used = World(*world.list("Subnet"), *(ip(f"p{n}.default", f"10.16.0.{n}") for n in range(2, 7)))
    (cause,) = used.deleted("Subnet", "ovn-default")
    assert cause.reason == "FieldValueForbidden"
    assert cause.message == (
        'subnet "ovn-default" cannot be deleted as long as 5 of its addresses'
        " (p2.default, p3.default, p4.default, ...) are in use"
    )
    assert used.deleted("Subnet", "join") == ()


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"allowSubnets": ["10.9.0.0/24", "10.9.0.1/24"]}, "spec.allowSubnets[1]"),
        ({"acls": [{"match": "ip4", "action": "drop"}]}, "spec.acls[0].direction"),
        ({"acls": [{"direction": "to-lport", "action": "drop"}]}, "spec.acls[0].match"),
        ({"acls": [{"direction": "to-lport", "match": "ip4"}]}, "spec.acls[0].action"),
        ({"dhcpV4Options": "lease_time"}, "spec.dhcpV4Options"),
        ({"dhcpV6Options": "server_id=a,=b"}, "spec.dhcpV6Options"),
    ],
)
def test_rules_and_options_that_say_nothing_are_refused(
    world: World, spec: dict[str, Any], field: str
) -> None:
    assert [cause.field for cause in world.created(subnet("blue", **spec))] == [field]


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        (
            {"gatewayNodeSelectors": [{"matchExpressions": [{"key": "a", "operator": "In"}]}]},
            "spec.gatewayNodeSelectors[0].matchExpressions[0].values",
            "FieldValueRequired",
        ),
        (
            {
                "namespaceSelectors": [
                    {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}
                ]
            },
            "spec.namespaceSelectors[0].matchExpressions[0].values",
            "FieldValueForbidden",
        ),
        (
            {"natOutgoingPolicyRules": [{}]},
            "spec.natOutgoingPolicyRules[0].action",
            "FieldValueRequired",
        ),
    ],
)
def test_selectors_and_rules_are_whole(
    world: World, spec: dict[str, object], field: str, reason: str
) -> None:
    document = subnet("new")
    document["spec"] |= spec
    (cause,) = world.created(document)
    assert (cause.field, cause.reason) == (field, reason)
