"""Schemas and CRDs follow from the typed objects, and stay structural."""

from collections.abc import Iterator
from typing import Any

import pytest

from controller.api.kinds import IPS, KINDS, PODS, SUBNETS, VPCS, Kind, kind_of
from controller.api.schema import crd, structural

CUSTOM = [kind for kind in KINDS if kind.group == "kubeovn.io"]


def nodes_of(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes_of(value)


@pytest.mark.parametrize("kind", CUSTOM, ids=lambda kind: kind.name)
def test_a_schema_is_structural(kind: Kind[Any]) -> None:
    schema = structural(kind.type)
    assert schema["properties"]["metadata"] == {"type": "object"}
    for node in nodes_of(schema):
        assert "$ref" not in node
        assert "anyOf" not in node


def test_field_names_are_those_that_kube_ovn_publishes() -> None:
    spec = structural(SUBNETS.type)["properties"]["spec"]["properties"]
    assert {"cidrBlock", "excludeIps", "gatewayType", "natOutgoing", "namespaces"} <= set(spec)
    assert "v4availableIPs" in structural(SUBNETS.type)["properties"]["status"]["properties"]
    assert "v4IpAddress" in structural(IPS.type)["properties"]["spec"]["properties"]
    route = structural(VPCS.type)["properties"]["spec"]["properties"]["staticRoutes"]["items"]
    assert "nextHopIP" in route["properties"]


def test_what_has_no_default_is_required() -> None:
    assert structural(SUBNETS.type)["properties"]["spec"]["required"] == ["cidrBlock"]


def test_a_crd_serves_the_status_apart_only_where_there_is_one() -> None:
    assert crd(SUBNETS)["spec"]["versions"][0]["subresources"] == {"status": {}}
    assert "subresources" not in crd(IPS)["spec"]["versions"][0]
    assert crd(IPS)["metadata"]["name"] == "ips.kubeovn.io"


def test_paths_are_kubernetes_own() -> None:
    assert PODS.path("default", "web", "status") == "/api/v1/namespaces/default/pods/web/status"
    assert PODS.path() == "/api/v1/pods"
    assert SUBNETS.path(name="blue") == "/apis/kubeovn.io/v1/subnets/blue"


def test_a_path_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="needs its namespace"):
        PODS.path(name="web")
    with pytest.raises(ValueError, match="cluster-wide"):
        SUBNETS.path("default", "blue")


def test_an_unknown_kind_is_answered_with_those_that_are() -> None:
    with pytest.raises(KeyError, match="Subnet"):
        kind_of("Subnets")


PUBLISHED = {
    "IPPool": ("ippools", "ippool", ("ippool",)),
    "Vip": ("vips", "vip", ("vip",)),
    "Vlan": ("vlans", "vlan", ("vlan",)),
    "ProviderNetwork": ("provider-networks", "provider-network", ()),
    "VpcNatGateway": ("vpc-nat-gateways", "vpc-nat-gateway", ("vpc-nat-gw",)),
    "VpcEgressGateway": ("vpc-egress-gateways", "vpc-egress-gateway", ("vpc-egress-gw", "veg")),
    "IptablesEIP": ("iptables-eips", "iptables-eip", ("eip",)),
    "IptablesFIPRule": ("iptables-fip-rules", "iptables-fip-rule", ("fip",)),
    "IptablesDnatRule": ("iptables-dnat-rules", "iptables-dnat-rule", ("dnat",)),
    "IptablesSnatRule": ("iptables-snat-rules", "iptables-snat-rule", ("snat",)),
    "OvnEip": ("ovn-eips", "ovn-eip", ("oeip",)),
    "OvnFip": ("ovn-fips", "ovn-fip", ("ofip",)),
    "OvnSnatRule": ("ovn-snat-rules", "ovn-snat-rule", ("osnat",)),
    "OvnDnatRule": ("ovn-dnat-rules", "ovn-dnat-rule", ("odnat",)),
    "SecurityGroup": ("security-groups", "security-group", ("sg",)),
    "QoSPolicy": ("qos-policies", "qos-policy", ("qos",)),
    "SwitchLBRule": ("switch-lb-rules", "switch-lb-rule", ("slr",)),
    "VpcEndpoint": ("vpc-endpoints", "vpc-endpoint", ("vep",)),
    "VtepBinding": ("vtep-bindings", "vtep-binding", ("vtepb",)),
    "RouterLBRule": ("router-lb-rules", "router-lb-rule", ("rlr",)),
    "GobgpConfig": ("gobgp-configs", "gobgp-config", ()),
    "VpcWireGuardPeer": ("vpc-wireguard-peers", "vpc-wireguard-peer", ("vpc-wg-peer",)),
    "VpcDns": ("vpc-dnses", "vpc-dns", ("vpc-dns",)),
}
"""Names that Kube-OVN's CRDs publish."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_kinds_are_called_what_kube_ovn_calls_them(name: str) -> None:
    names = crd(kind_of(name))["spec"]["names"]
    assert (names["plural"], names["singular"], tuple(names.get("shortNames", ()))) == PUBLISHED[name]


def test_only_gateways_that_run_as_deployments_and_what_refers_to_them_are_in_a_namespace() -> None:
    assert {kind.name for kind in CUSTOM if kind.namespaced} == {
        "BgpEdgeRouter",
        "BgpEdgeRouterAdvertisement",
        "GobgpConfig",
        "VpcEgressGateway",
    }


def test_bounds_and_choices_are_part_of_a_schema() -> None:
    vlan = structural(kind_of("Vlan").type)["properties"]["spec"]["properties"]["id"]
    assert (vlan["minimum"], vlan["maximum"]) == (0, 4095)
    pool = structural(kind_of("IPPool").type)["properties"]["spec"]["properties"]["ips"]
    assert pool["minItems"] == 1
    gateway = structural(kind_of("VpcEgressGateway").type)["properties"]["spec"]["properties"]
    assert gateway["bandwidth"]["properties"]["egress"] == {"x-kubernetes-int-or-string": True}
    acl = structural(SUBNETS.type)["properties"]["spec"]["properties"]["acls"]["items"]["properties"]
    assert "drop" in acl["action"]["enum"]
