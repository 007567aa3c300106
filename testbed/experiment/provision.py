"""Filling a cluster with tenants and pods through the API, as a user would, and waiting until it has settled.

Every scenario begins from a cluster that holds something, and "settled" has one meaning for all of them: every pod
Ready, every node's flows counted and none of them still on its way.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from controller.api.annotations import POD_KIND
from controller.api.core import Container, Namespace, Pod, PodSpec
from controller.api.kinds import NAMESPACES, PODS, SUBNETS
from controller.api.kubeovn import Subnet, SubnetSpec
from controller.api.meta import ObjectMeta
from testbed.experiment.bed import Bed
from testbed.experiment.channel import Message
from testbed.measure import resources
from testbed.measure.flows import Share, quiet
from testbed.measure.processor import DaemonRole
from testbed.pods import live
from testbed.probes import ping

TENANT_RANGE = ipaddress.IPv4Network("10.128.0.0/9")
"""Where tenants' subnets are taken from; clear of the default subnet, the join network and the services."""
TENANT_PREFIX = 22
"""A tenant's subnet: room for 1,000 pods."""
CREATES_IN_FLIGHT = 64
PING_TIMEOUT_S = 20.0
QUIET_TIMEOUT_S = 600.0
"""At 10,000 pods the last flows arrive more than a minute after the last pod is Ready."""
PATIENCE_S = 120.0
"""How long provisioning may stand still before it is given up: OVN under load pauses for tens of seconds."""


@dataclass(frozen=True)
class Tenant:
    """A namespace with a subnet of its own."""

    name: str
    cidr: str


def tenants(count: int) -> tuple[Tenant, ...]:
    """``count`` tenants with subnets side by side. Raises ``ValueError`` for more than the range has room for."""
    room = 2 ** (TENANT_PREFIX - TENANT_RANGE.prefixlen)
    if count > room:
        raise ValueError(f"tenants: found {count}, allowed at most {room}")
    subnets = TENANT_RANGE.subnets(new_prefix=TENANT_PREFIX)
    return tuple(Tenant(f"tenant-{number}", str(next(subnets))) for number in range(1, count + 1))


def pod(name: str, namespace: str, node: str, kind: str = "stub") -> Pod:
    """A pod of the given kind (live, stub), already scheduled to ``node``."""
    return Pod(
        metadata=ObjectMeta(name=name, namespace=namespace, annotations={POD_KIND: kind}),
        spec=PodSpec(node_name=node, containers=(Container(name="main", image="pause"),)),
    )


def spread(
    tenants: Sequence[Tenant], nodes: Sequence[str], first: int, last: int, kind: str = "stub"
) -> Iterator[Pod]:
    """Pods number ``first`` to ``last`` (exclusive), dealt to tenants and nodes so that both fill evenly."""
    for number in range(first, last):
        tenant = tenants[number % len(tenants)]
        node = nodes[(number // len(tenants)) % len(nodes)]
        yield pod(f"pod-{number}", tenant.name, node, kind)


async def create_tenants(bed: Bed, wanted: Sequence[Tenant]) -> None:
    """Create each tenant's subnet and namespace."""
    for done, tenant in enumerate(wanted):
        bed.progress("creating subnets", done, len(wanted))
        await bed.api.create(
            SUBNETS,
            Subnet(
                metadata=ObjectMeta(name=tenant.name),
                spec=SubnetSpec(cidr_block=tenant.cidr, namespaces=(tenant.name,)),
            ),
        )
        await bed.api.create(NAMESPACES, Namespace(metadata=ObjectMeta(name=tenant.name)))
    bed.event("tenants-created", f"{len(wanted)} subnets")


async def create_pods(bed: Bed, wanted: Sequence[Pod]) -> None:
    """Create pods, many at once, and wait until every one is Ready. Raises ``TimeoutError`` if they stand still."""
    queue = iter(wanted)
    created = 0

    async def create() -> None:
        nonlocal created
        for entry in queue:
            await bed.api.create(PODS, entry)
            created += 1
            if created % 100 == 0:
                bed.progress("creating pods", created, len(wanted))

    async with asyncio.TaskGroup() as group:
        for _ in range(min(CREATES_IN_FLIGHT, len(wanted))):
            group.create_task(create())
    bed.event("pods-created", f"{len(wanted)} pods")
    await bed.pods.until_all_ready(
        (entry.path for entry in wanted),
        PATIENCE_S,
        lambda done, total: bed.progress("pods ready", done, total),
    )
    bed.event("pods-ready", f"{len(wanted)} pods")


async def settle(bed: Bed, background: Mapping[DaemonRole, Share] | None = None) -> dict[str, int]:
    """Wait until the nodes are quiet and tell their flows. Raises ``NotQuiet`` naming who still works.

    ``background`` is what traffic that goes on costs each daemon.
    """
    bed.progress("waiting until the nodes are quiet")
    async with bed.window():
        flows = await quiet(
            bed.cluster.nodes, bed.cluster.daemons(), timeout=QUIET_TIMEOUT_S, background=background
        )
        for daemon in bed.cluster.daemons():
            if daemon.role == "switch":
                held = resources.sample(daemon, instance=bed.instance, flows=flows[daemon.node])
                bed.sender.send(Message(resource=held))
    bed.event("quiet", f"at least {min(flows.values())} flows a node")
    return flows


async def prove_datapath(bed: Bed, tenant: Tenant, nodes: Sequence[str]) -> None:
    """Two live pods, on the first and the last node, and a ping from one to the other: packets do get there.

    The pods stay. Raises ``Unanswered`` if no answer comes back.
    """
    pair = [
        pod(f"live-{place}", tenant.name, node, "live") for place, node in enumerate((nodes[0], nodes[-1]), 1)
    ]
    await create_pods(bed, pair)
    first, second = (bed.pods.get(entry.path) for entry in pair)
    assert first is not None
    assert second is not None
    sandbox = live.KIND.find([nodes[0]])[first.uid]
    assert sandbox.pid is not None
    answered = await ping.until_answered(sandbox.pid, second.address, PING_TIMEOUT_S)
    bed.record("datapath_round_trip_ms", answered.round_trip_ms)
    bed.event("ping-answered", f"{pair[0].path} to {pair[1].path}", nodes[0])
