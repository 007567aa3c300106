"""What a lost gateway costs: how long nothing leaves the cluster from a centralised subnet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from controller.api.core import Pod
from controller.api.kinds import NAMESPACES, SUBNETS
from controller.api.kubeovn import Subnet, SubnetSpec
from controller.api.meta import ObjectMeta
from scenarios._gateway_failover_load import watch_under_load
from scenarios._gateway_failover_rest import rest
from scenarios._gateway_failover_summary import LOSSES, summarise
from scenarios._gateway_failover_trial import CALM_S, STEADY, STEADY_TIMEOUT_S, SUBNET, WAYS, How, Trial
from testbed.experiment.bfd import set_pace, until_in_step
from testbed.experiment.expectation import Expectation
from testbed.experiment.gatewaywatch import GatewayWatch
from testbed.experiment.params import ScenarioParams
from testbed.experiment.provision import create_pods, create_tenants, pod, settle, spread, tenants
from testbed.experiment.scenario import Scenario, Summary
from testbed.pods import live
from testbed.probes.echo import Echo

if TYPE_CHECKING:
    from pandas import DataFrame

    from testbed.experiment.bed import Bed

PODS_PER_SUBNET = 200
CIDR, POD = "10.127.0.0/24", "probe"


class Params(ScenarioParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often each way of losing a gateway is tried, and how closely OVN and the probe look."""

    nodes: Annotated[int, Meta(ge=3, description="two gateways, and others that the pods are on")] = 4
    pods: Annotated[int, Meta(ge=0, description="stub pods that the cluster holds besides")] = 0
    beyond: Annotated[
        tuple[Annotated[int, Meta(ge=1)], ...],
        Meta(description="larger sizes (pods) at which gateways are lost too, to see how an outage grows"),
    ] = ()
    trials: Annotated[int, Meta(ge=1, description="trials of each way, at each size")] = 3
    probe_ms: Annotated[float, Meta(ge=1, description="from one datagram of the probe to the next (ms)")] = 10
    bfd_interval_ms: Annotated[int, Meta(ge=10, description="OVN's bfd-min-rx and bfd-min-tx (ms)")] = 50
    bfd_multiplier: Annotated[int, Meta(ge=1, le=255, description="OVN's bfd-mult")] = 3
    load_s: Annotated[
        float, Meta(ge=0, description="how long gateways are watched at full load (s); 0: not at all")
    ] = 5.0
    rest_s: Annotated[
        float, Meta(ge=0, description="how long each look at BFD's processor time takes (s); 0: none")
    ] = 2.0
    rest_rounds: Annotated[int, Meta(ge=1, description="looks with BFD, and as many without it")] = 3

    def __post_init__(self) -> None:
        if self.beyond and min(self.beyond) <= self.pods:
            raise ValueError(f"beyond: found {min(self.beyond)}, allowed more than pods, {self.pods}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """In ascending order; the first is that of the headlines."""
        return (self.pods, *sorted(set(self.beyond)))


class GatewayFailover(Scenario):
    """How long nothing leaves the cluster when the gateway of a centralised subnet is lost, moved, or comes back.

    A pod on a node that is no gateway sends a datagram to a host beyond the cluster every few milliseconds, through
    the first of two gateway nodes. That node's daemons are killed, or its link is cut, or the subnet is told to prefer
    the other, or the node is cordoned; then all is put back. At last pods come and go as fast as they can for a while,
    and nobody may think that a gateway is lost.
    """

    Params = Params
    profiles: ClassVar[Mapping[str, ScenarioParams]] = {
        "quick": Params(),
        "nightly": Params(
            nodes=6, pods=500, beyond=(2_000,), trials=10, load_s=600, rest_s=10, rest_rounds=5
        ),
        "full": Params(nodes=10, pods=10_000, trials=20, load_s=600, rest_s=10, rest_rounds=10),
    }
    expectations: ClassVar[Sequence[Expectation]] = (
        Expectation(
            metric="node_killed_outage_p50_ms",
            at_most=300,
            why="three silences of BFD at 50 ms, and the flows of one node, while all nodes compute theirs anew on the "
            "processors of one machine; seen on two processors: 140 ms with no pods, 500 ms with 2,000 on 6 nodes",
        ),
        Expectation(
            metric="link_cut_outage_max_ms",
            at_most=1_000,
            why="as a killed node, but that the node lives on and still reaches SB; seen: 160 ms",
        ),
        Expectation(
            metric="planned_move_lost_packets",
            equals=0,
            why="both gateways are alive and pass on what they get until nobody sends to the old one any more",
        ),
        Expectation(
            metric="return_lost_packets",
            equals=0,
            why="the node that came back is sent nothing until it has been there for three seconds",
        ),
        Expectation(metric="false_failovers", equals=0, why="no gateway is lost while pods come and go"),
    )
    method: ClassVar[tuple[str, ...]] = (
        "An outage is counted from the last datagram that was answered to the next one that was, by when they were "
        "sent. It includes the way back, which the node that translates a connection is part of: the pod's new "
        "connection through the other gateway is a new one to the host beyond. Trials of the ways are shuffled. "
        "Nothing is broken until four seconds after the last news of any gateway: no loss is in the aftermath of "
        "another. A trial ends once a hundred datagrams in a row, sent after all was done, came back by the gateway "
        "that they ought to leave by, as the host beyond saw their source; what is not back within a second is lost. "
        "Lost packets of planned moves (another order, a cordoned node) are the sum over all of them, there and back, "
        "those of returns the sum over all returns of a node that was lost, those of other ways the most of any trial.",
        "What an outage is made of is told in milliseconds from the first datagram that was lost: when the database of "
        "the next gateway said that BFD does not hear the first one any more (that is what its ovn-controller acts "
        "on), and when SB said that the port is its own. Datagrams may come back before SB says so: OVN puts the flows "
        "in force as it writes the claim. How long its ovn-controller ran until then, and how long it was ready to "
        "run and had no processor, stands beside: at the news of a loss every ovn-controller computes all its flows "
        "anew, and here they share the processors of one machine. On a machine of its own a gateway does not wait.",
        "At full load, stub pods are created and deleted one after another, 32 at a time. Each move of a "
        "chassis-redirect port in SB and each BFD session that an end tells to be down counts as a false failover; "
        "a session that was down between two updates is found by its count of flaps.",
        "The processor time of BFD is the difference of what ovs-vswitchd used on the same node with BFD on and off, "
        "in turns, at rest; off means that the subnet has one gateway node. It contains the packets sent and received "
        "on all of the node's tunnels with BFD and the news of it in the node's database, and no other traffic.",
    )

    async def run(self, bed: Bed, params: ScenarioParams) -> None:
        """Lose the gateway in each way, some times; listen all the time."""
        assert isinstance(params, Params)
        await set_pace(bed.cluster, params.bfd_interval_ms, params.bfd_multiplier)
        nodes = bed.cluster.nodes
        towns = tenants(max(1, -(-params.sizes[-1] // PODS_PER_SUBNET)))
        await create_tenants(bed, towns)
        source = await _probe(bed, (nodes[0].name, nodes[1].name), nodes[2].name)
        there = 0
        for size in params.sizes:
            await _fill(bed, list(spread(towns, [node.name for node in nodes], there, size)), size)
            there = size
            is_headline = size == params.pods
            if is_headline and params.rest_s:
                await rest(bed, params.rest_s, params.rest_rounds, params.bfd_interval_ms)
            host = bed.cluster.external
            async with (
                Echo(source, host.pid, host.address, params.probe_ms) as echo,
                GatewayWatch(bed.cluster, lambda news: bed.event("gateway-news", str(news))) as watch,
            ):
                await _lose(bed, echo, watch, size, params)
                if is_headline and params.load_s:
                    await until_in_step(bed.cluster, params.bfd_interval_ms, STEADY_TIMEOUT_S)
                    await watch_under_load(bed, echo, watch, towns, params.load_s)

    def summarise(self, samples: DataFrame) -> Summary:
        """Outages by way, of the loss and of the return; false alarms; what BFD costs."""
        return summarise(samples)


async def _fill(bed: Bed, coming: Sequence[Pod], size: int) -> None:
    """Give the cluster something to hold, and say how much that is then."""
    await create_pods(bed, coming)
    flows = await settle(bed)
    labels = {"pods": size}
    bed.record("flows_per_node", min(flows.values()), labels=labels)
    bed.record("pods", bed.pods.ready, labels=labels)
    bed.record("nodes", len(bed.cluster.nodes), labels=labels)


async def _lose(bed: Bed, echo: Echo, watch: GatewayWatch, size: int, params: Params) -> None:
    """Carry out all trials, in an order drawn at random."""
    await echo.until_steady(STEADY, STEADY_TIMEOUT_S, seen_as=bed.cluster.nodes[0].tunnel_ip)
    ways: list[How] = list(WAYS) * params.trials
    bed.rng.shuffle(ways)
    for trial, how in enumerate(ways, 1):
        bed.progress(f"losing the gateway among {size} pods", trial - 1, len(ways))
        await until_in_step(bed.cluster, params.bfd_interval_ms, STEADY_TIMEOUT_S)
        if how in LOSSES:
            await watch.until_calm(CALM_S, STEADY_TIMEOUT_S)
        await Trial(bed, echo, watch, size, trial, how).carry_out()
    bed.progress(f"losing the gateway among {size} pods", len(ways), len(ways))


async def _probe(bed: Bed, gateways: Sequence[str], node: str) -> int:
    """A live pod of a centralised subnet; returns a process in its network namespace."""
    subnet = Subnet(
        metadata=ObjectMeta(name=SUBNET),
        spec=SubnetSpec(
            cidr_block=CIDR,
            namespaces=(SUBNET,),
            gateway_type="centralized",
            gateway_node=",".join(gateways),
            nat_outgoing=True,
        ),
    )
    await bed.api.create(SUBNETS, subnet)
    await bed.api.create(NAMESPACES, {"metadata": {"name": SUBNET}})
    one = pod(POD, SUBNET, node, "live")
    await create_pods(bed, [one])
    ready = bed.pods.get(one.path)
    assert ready is not None
    sandbox = live.KIND.find([node])[ready.uid]
    assert sandbox.pid is not None
    return sandbox.pid
