"""Which subnet serves a namespace, and which VPC a subnet is in: one rule, for all who judge or carry out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.api.kubeovn import Subnet, Vpc
from controller.api.names import DEFAULT_SUBNET, DEFAULT_VPC
from controller.api.selectors import any_matches
from controller.api.underlays import is_overlay


def vpc_of(subnet: Subnet) -> str:
    """The VPC that a subnet is in."""
    return subnet.spec.vpc or DEFAULT_VPC


def is_routed_by_default(subnet: Subnet) -> bool:
    """Whether the router of the default VPC is the subnet's gateway."""
    return vpc_of(subnet) == DEFAULT_VPC and is_overlay(subnet)


def serving_subnet(
    namespace: str, labels: Mapping[str, str], subnets: Iterable[Subnet], vpcs: Iterable[Vpc]
) -> str:
    """The subnet that names the namespace or selects it; else the default one of its VPC; else that of the cluster.

    ``labels`` are the namespace's. Of several the first by name serves.
    """
    serving = (subnet.name for subnet in subnets if serves(subnet, namespace, labels))
    if (found := min(serving, default=None)) is not None:
        return found
    of_vpc = (
        vpc.spec.default_subnet
        for vpc in vpcs
        if namespace in vpc.spec.namespaces and vpc.spec.default_subnet
    )
    return min(of_vpc, default=DEFAULT_SUBNET)


def serves(subnet: Subnet, namespace: str, labels: Mapping[str, str]) -> bool:
    """Whether the subnet names a namespace with these labels, or selects it."""
    spec = subnet.spec
    return namespace in spec.namespaces or any_matches(spec.namespace_selectors, labels)
