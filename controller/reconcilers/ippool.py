"""An ``IPPool`` divides its subnet: what is in it is given to those who name it, or whose namespace it serves.

Whether that is so, and how much of it is left, is told in its status; the addresses can be had as an OVN address set.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from controller.api.addresses import Address, InvalidAddress, Range
from controller.api.kinds import IPPOOLS, SUBNETS
from controller.api.meta import Condition
from controller.api.names import pool_set
from controller.api.pools import common, effective, networks_of, serving
from controller.api.reservations import IPPool
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Member, Row, RowKey, shared
from controller.reconcilers.exhaustion import exhaustion

READY = Condition(type="Ready", status="True", reason="UpdateIPAMSucceeded")


@reconciler("ippool", IPPOOLS)
def division(pool: IPPool, view: View) -> Fragment:
    """Whether the pool serves, and its address set if it asks for one: one for each family that it has."""
    subnet = view.get(SUBNETS, pool.spec.subnet)
    if subnet is None:
        return _not_ready("SubnetNotFound", f"there is no subnet {pool.spec.subnet!r}")
    try:
        ranges = effective(pool, networks_of(subnet))
    except InvalidAddress as error:
        return _not_ready("InvalidAddress", f"spec.ips: {error}")
    if not ranges:
        return _not_ready("OutOfSubnet", f"spec.ips: none of it is in {subnet.spec.cidr_block}")
    served = serving(subnet, view.all(IPPOOLS))
    if pool.name not in served:
        for name, others in served.items():
            if (address := common(ranges, others)) is not None:
                return _not_ready("Overlap", f"spec.ips: IPPool {name} has {address} already")
    if not pool.spec.enable_address_set:
        return Fragment(conditions=(READY,))
    rows: list[Row] = []
    members: list[Member] = []
    versions = sorted({part.version for part in ranges})
    for version in versions:
        key = RowKey("Address_Set", pool_set(pool.name, version if len(versions) > 1 else None))
        rows.append(Row(key, {}))
        members += [Member(shared(key), network) for network in _networks(ranges, version)]
    return Fragment(rows=tuple(rows), members=tuple(members), conditions=(READY,))


@reconciler("ippool-usage", IPPOOLS)
def usage(pool: IPPool, view: View) -> Fragment:
    """How many addresses are free and taken, and which; told apart, since it changes with every pod."""
    used = view.pool_usage(pool.name)
    if used is None:
        return NOTHING
    return Fragment(
        status={
            "v4AvailableIPs": float(used.v4_available),
            "v4AvailableIPRange": used.v4_available_ranges,
            "v4UsingIPs": float(used.v4_used),
            "v4UsingIPRange": used.v4_used_ranges,
            "v6AvailableIPs": float(used.v6_available),
            "v6AvailableIPRange": used.v6_available_ranges,
            "v6UsingIPs": float(used.v6_used),
            "v6UsingIPRange": used.v6_used_ranges,
        },
        conditions=(exhaustion(used),),
    )


def _not_ready(reason: str, message: str) -> Fragment:
    return Fragment(conditions=(Condition(type="Ready", status="False", reason=reason, message=message),))


def _networks(ranges: Iterable[Range], version: int) -> Iterator[str]:
    """The ranges of one family as the fewest networks, single addresses without a prefix length."""
    for part in ranges:
        if part.version == version:
            ends = (ipaddress.ip_address(str(Address(version, value))) for value in (part.first, part.last))
            for network in ipaddress.summarize_address_range(*ends):
                single = network.prefixlen == network.max_prefixlen
                yield str(network.network_address if single else network)
