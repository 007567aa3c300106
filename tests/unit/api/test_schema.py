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
