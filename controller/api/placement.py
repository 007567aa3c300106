"""Which subnet serves a namespace: one rule, for those who judge what is written and for those who carry it out."""

from __future__ import annotations

from collections.abc import Iterable

from controller.api.kubeovn import Subnet, Vpc
from controller.api.names import DEFAULT_SUBNET


def serving_subnet(namespace: str, subnets: Iterable[Subnet], vpcs: Iterable[Vpc]) -> str:
    """The subnet that names the namespace; else the default one of the VPC that does; else that of the cluster.

    Of several the first by name serves.
    """
    serving = (subnet.name for subnet in subnets if namespace in subnet.spec.namespaces)
    if (found := min(serving, default=None)) is not None:
        return found
    of_vpc = (
        vpc.spec.default_subnet
        for vpc in vpcs
        if namespace in vpc.spec.namespaces and vpc.spec.default_subnet
    )
    return min(of_vpc, default=DEFAULT_SUBNET)
