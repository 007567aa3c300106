"""Which subnet serves a namespace: one rule, for those who judge what is written and for those who carry it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.api.kubeovn import Subnet, Vpc
from controller.api.names import DEFAULT_SUBNET
from controller.api.selectors import any_matches


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
