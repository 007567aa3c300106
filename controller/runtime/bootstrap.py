"""The objects that every cluster has: the default VPC, the default subnet and the join network.

People may change them later; here they are only made where they are missing.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from controller.api.completion import complete
from controller.api.kinds import SUBNETS, VPCS, Kind
from controller.api.kubeovn import Subnet, SubnetSpec, Vpc
from controller.api.meta import ObjectMeta, Resource
from controller.api.names import DEFAULT_SUBNET, DEFAULT_VPC, JOIN_SUBNET
from controller.engine.view import View
from controller.kubernetes import ApiError, Backoff, Client, Unreachable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Defaults:
    """The ranges of the default and of the join subnet; Kube-OVN's own defaults.

    The join network has both families, so that subnets of either leave by their pods' nodes.
    """

    default_cidr: str = "10.16.0.0/16"
    join_cidr: str = "100.64.0.0/16,fd00:100:64::/112"


async def bootstrap(client: Client, view: View, defaults: Defaults) -> None:
    """Creates what is missing. Raises ``ApiError`` if the API refuses a range."""
    vpc = Vpc(metadata=ObjectMeta(name=DEFAULT_VPC))
    default = Subnet(
        metadata=ObjectMeta(name=DEFAULT_SUBNET),
        spec=complete(
            SubnetSpec(cidr_block=defaults.default_cidr, vpc=DEFAULT_VPC, default=True, nat_outgoing=True)
        ),
    )
    join = Subnet(
        metadata=ObjectMeta(name=JOIN_SUBNET),
        spec=complete(SubnetSpec(cidr_block=defaults.join_cidr, vpc=DEFAULT_VPC)),
    )
    wanted: list[tuple[Kind[Any], Resource]] = [(VPCS, vpc), (SUBNETS, default), (SUBNETS, join)]
    for kind, resource in wanted:
        if view.get(kind, resource.name) is None:
            await _insist(client, kind, resource)


async def _insist(client: Client, kind: Kind[Any], resource: Resource) -> None:
    """Asks until there is an answer."""
    backoff = Backoff()
    while True:
        try:
            await client.create(kind, resource)
        except Unreachable as error:
            delay = backoff.failed()
            log.warning("%s %s: %s; again in %.2f s", kind.name, resource.name, error, delay)
            await asyncio.sleep(delay)
        except ApiError as error:
            if not error.is_conflict:
                raise
            return
        else:
            return
