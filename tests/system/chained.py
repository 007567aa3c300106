"""What tests of a chain (API server, NB, controller) ask of it, and how they wait for it."""

from typing import Any

from controller import ovsdb
from controller.api.core import Pod, PodSpec
from controller.api.kinds import IPS, NAMESPACES, NODES, PODS, SUBNETS, VPCS, Kind
from controller.api.meta import ObjectMeta
from controller.kubernetes import Client
from controller.ovsdb import operations
from tests.system.chain import Chain
from tests.waiting import until


async def ports(nb: ovsdb.Client) -> dict[str, ovsdb.Row]:
    (result,) = await nb.transact(
        [operations.select("Logical_Switch_Port", [], ["name", "addresses", "external_ids", "_uuid"])]
    )
    return {str(row["name"]): row for row in result.rows}


def a_pod(name: str, namespace: str = "default", node: str = "node1", **annotations: str) -> Pod:
    return Pod(
        metadata=ObjectMeta(
            name=name,
            namespace=namespace,
            annotations={f"ovn.kubernetes.io/{key}": value for key, value in annotations.items()},
        ),
        spec=PodSpec(node_name=node),
    )


async def create(api: Client, pod: Pod) -> None:
    """The pod, in a container's clothes."""
    wire = {
        "metadata": {
            "name": pod.name,
            "namespace": pod.namespace,
            "annotations": dict(pod.annotations),
        },
        "spec": {"nodeName": pod.spec.node_name, "containers": [{"name": "main", "image": "any"}]},
    }
    await api.create(PODS, wire)


async def allocated(api: Client, name: str, namespace: str = "default") -> Pod:
    async def check() -> Pod | None:
        pod = await api.get(PODS, name, namespace)
        return pod if pod.annotations.get("ovn.kubernetes.io/allocated") == "true" else None

    return await until(check, f"pod {name} allocated")


async def revisions(api: Client) -> dict[str, list[str]]:
    """The revision of every object that the controller may write."""
    kinds: tuple[Kind[Any], ...] = (PODS, IPS, SUBNETS, NAMESPACES, NODES, VPCS)
    found = {}
    for kind in kinds:
        listing = await api.list(kind)
        found[kind.plural] = [entry.metadata.resource_version for entry in listing.items]
    return found


async def settled(chain: Chain) -> dict[str, dict[str, int]]:
    """The counters once nothing is due, in flight or about to be."""
    previous: list[dict[str, dict[str, int]]] = [{}]

    async def check() -> dict[str, dict[str, int]] | None:
        counters = await chain.counters()
        state = counters["state"]
        same, previous[0] = counters == previous[0], counters
        return counters if same and not state["due"] and not state["api_pending"] else None

    return await until(check, "the controller settles")
