"""A node in the API: registered, reported ready, and kept alive by its lease as Kubernetes' node controller wants it.

Labels, conditions and the lease follow https://kubernetes.io/docs/reference/node/node-status/ and
https://kubernetes.io/docs/concepts/architecture/leases/ (renewed every 10 s, good for 40 s).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from controller.api.annotations import KUBELET, POD_KIND
from controller.api.kinds import LEASES, NAMESPACES, NODES
from controller.kubernetes import ApiError, Backoff, Client, Unreachable
from testbed.kubelet.config import NodeConfig
from testbed.kubelet.status import moment

log = logging.getLogger(__name__)

LEASE_NAMESPACE = "kube-node-lease"
RENEW_S = 10.0
LEASE_S = 40


async def register(client: Client, nodes: Sequence[NodeConfig], socket: Path) -> None:
    """Make the nodes known and ready, as soon as there is an API; a known one is brought up to date.

    `socket` is where their kubelet answers.
    """
    backoff = Backoff()
    while True:
        try:
            await _ensure(client.create(NAMESPACES, {"metadata": {"name": LEASE_NAMESPACE}}))
            await asyncio.gather(*(_register(client, node, socket) for node in nodes))
        except (Unreachable, ApiError) as error:
            log.warning("registration: %s", error)
            await asyncio.sleep(backoff.failed())
        else:
            return


async def keep_alive(client: Client, nodes: Sequence[NodeConfig], renew_s: float = RENEW_S) -> None:
    """Renew the leases for ever, one node after the other, spread over the interval of ``renew_s`` seconds."""
    while True:
        for node in nodes:
            await asyncio.sleep(renew_s / len(nodes))
            try:
                await client.patch(
                    LEASES, node.node, {"spec": {"renewTime": _precise()}}, namespace=LEASE_NAMESPACE
                )
            except (ApiError, Unreachable) as error:
                log.warning("lease of %s: %s", node.node, error)


async def _register(client: Client, node: NodeConfig, socket: Path) -> None:
    metadata = _metadata(node, socket)
    if not await _ensure(client.create(NODES, {"metadata": metadata, "spec": {}})):
        known = {key: metadata[key] for key in ("labels", "annotations")}
        await client.patch(NODES, node.node, {"metadata": known})
    await client.patch(NODES, node.node, {"status": _status(node)}, subresource="status")
    now = _precise()
    spec = {
        "holderIdentity": node.node,
        "leaseDurationSeconds": LEASE_S,
        "acquireTime": now,
        "renewTime": now,
    }
    lease = {"metadata": {"name": node.node, "namespace": LEASE_NAMESPACE}, "spec": spec}
    await _ensure(client.create(LEASES, lease, namespace=LEASE_NAMESPACE))


async def _ensure(creation: Any) -> bool:
    """Whether it was created; False if it was there already."""
    try:
        await creation
    except ApiError as error:
        if not error.is_conflict:
            raise
        return False
    return True


def _metadata(node: NodeConfig, socket: Path) -> dict[str, Any]:
    labels = {"kubernetes.io/hostname": node.node, "kubernetes.io/os": "linux"}
    annotations = {POD_KIND: node.kind, KUBELET: str(socket.absolute())}
    return {"name": node.node, "labels": labels, "annotations": annotations}


def _status(node: NodeConfig) -> dict[str, Any]:
    amounts = {"cpu": "64", "memory": "256Gi", "pods": str(node.pods)}
    now = moment()
    pressure = [
        {
            "type": f"{what}Pressure",
            "status": "False",
            "reason": f"KubeletHasSufficient{what}",
            "message": f"kubelet has sufficient {what.lower()} available",
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }
        for what in ("Memory", "Disk", "PID")
    ]
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
    return {
        "addresses": [
            {"type": "InternalIP", "address": node.address},
            {"type": "Hostname", "address": node.node},
        ],
        "capacity": amounts,
        "allocatable": amounts,
        "conditions": [*pressure, ready],
    }


def _precise() -> str:
    """Now, as leases have it: RFC 3339 with microseconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
