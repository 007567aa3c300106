"""Nodes that do not answer: told as such, tainted, and left by the pods that do not bear it any longer.

Sources: https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller and
https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from controller.api.core import Lease
from testbed.workloads import moments
from testbed.workloads.constraints import Taint, Toleration
from testbed.workloads.fitting import tolerates
from testbed.workloads.objects import NODES, PODS, Document, Node, Pod
from testbed.workloads.plan import Delete, Patch, Plan, Tell
from testbed.workloads.settings import Settings
from testbed.workloads.world import World

KIND = NODES
LEASE_NAMESPACE = "kube-node-lease"
GRACE_S = Settings().node_grace_s
NOT_READY, UNREACHABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"
TOLERATED_S = 300
"""Seconds that a pod bears either of them which says nothing of it (the admission plugin DefaultTolerationSeconds)."""


def reconcile(world: World, node: Node, now: float) -> Plan:
    """What a node needs now."""
    plan = Plan()
    if node.is_being_deleted:
        return plan
    lease = world.leases.get(node.name, LEASE_NAMESPACE)
    judge(node, lease, world.began, now, plan, world.settings.node_grace_s)
    if any(taint.effect == "NoExecute" for taint in node.spec.taints):
        evict(node, (pod for pod in world.pods.values() if pod.spec.node_name == node.name), now, plan)
    return plan


def judge(
    node: Node, lease: Lease | None, began: float, now: float, plan: Plan, grace_s: float = GRACE_S
) -> None:
    """Tells a node without heartbeat as unknown, one that is back as ready, and taints it by how it is.

    Time during which nobody could have seen a heartbeat, before ``began``, does not count.
    """
    ready = next((entry for entry in node.status.conditions if entry.type == "Ready"), None)
    if ready is None:
        return
    status = ready.status
    if lease is not None:
        left = max(moments.read(lease.spec.renew_time), began) + grace_s - now
        if left <= 0 and status != "Unknown":
            status = "Unknown"
            _report(node, status, "NodeStatusUnknown", "Kubelet stopped posting node status.", now, plan)
            plan.events.append(
                Tell("Normal", "NodeNotReady", f"Node {node.name} status is now: NodeNotReady")
            )
        elif left > 0 and status == "Unknown":
            status = "True"  # kubelets here post their status when they start; from then on the lease speaks for them
            _report(node, status, "KubeletReady", "kubelet is posting ready status", now, plan)
        if left > 0:
            plan.look_again(left)
    _taint(node, {"False": NOT_READY, "Unknown": UNREACHABLE}.get(status, ""), now, plan)


def evict(node: Node, pods: Iterable[Pod], now: float, plan: Plan) -> None:
    """Ends pods that do not bear a NoExecute taint of their node, or not for so long."""
    taints = [taint for taint in node.spec.taints if taint.effect == "NoExecute"]
    for pod in pods:
        left = bears_for(pod, taints, now) if pod.is_active else None
        if left is None:
            continue
        if left > 0:
            plan.look_again(left)
        else:
            plan.writes.append(Delete(PODS, pod))


def bears_for(pod: Pod, taints: Iterable[Taint], now: float) -> float | None:
    """Seconds that a pod still bears the taints; None for ever."""
    least: float | None = None
    for taint in taints:
        bearing = [entry for entry in tolerations(pod) if tolerates(entry, taint)]
        if not bearing:
            return 0.0
        spans = [entry.toleration_seconds for entry in bearing if entry.toleration_seconds is not None]
        if spans:
            left = moments.read(taint.time_added) + min(spans) - now
            least = left if least is None else min(least, left)
    return least


def tolerations(pod: Pod) -> tuple[Toleration, ...]:
    """A pod's tolerations, with those that every pod has that says nothing of a node in trouble."""
    found = pod.spec.tolerations
    for key in (NOT_READY, UNREACHABLE):
        taint = Taint(key=key, effect="NoExecute")
        if not any(tolerates(entry, taint) for entry in pod.spec.tolerations):
            span = Toleration(key=key, operator="Exists", effect="NoExecute", toleration_seconds=TOLERATED_S)
            found = (*found, span)
    return found


def _report(node: Node, status: str, reason: str, message: str, now: float, plan: Plan) -> None:
    others = [msgspec.to_builtins(entry) for entry in node.status.conditions if entry.type != "Ready"]
    moment = moments.written(now)
    ready: Document = {"type": "Ready", "status": status, "reason": reason, "message": message}
    ready |= {"lastTransitionTime": moment, "lastHeartbeatTime": moment}
    plan.writes.append(_of_this_revision(node, {"status": {"conditions": [*others, ready]}}, "status"))


def _taint(node: Node, key: str, now: float, plan: Plan) -> None:
    """Taints a node by one of the two keys, or takes them away; what others tainted it by stays."""
    ours = {(taint.key, taint.effect) for taint in node.spec.taints if taint.key in (NOT_READY, UNREACHABLE)}
    wanted = {(key, effect) for effect in ("NoSchedule", "NoExecute")} if key else set()
    if ours == wanted:
        return
    moment = moments.written(now)
    kept = [msgspec.to_builtins(t) for t in node.spec.taints if t.key not in (NOT_READY, UNREACHABLE)]
    added = [{"key": key, "effect": effect, "timeAdded": moment} for key, effect in sorted(wanted)]
    plan.writes.append(_of_this_revision(node, {"spec": {"taints": [*kept, *added]}}))


def _of_this_revision(node: Node, patch: Document, subresource: str | None = None) -> Patch:
    """A patch of a whole list: refused if somebody changed the node meanwhile, whose entry it would take away."""
    return Patch(
        NODES, node, {"metadata": {"resourceVersion": node.metadata.resource_version}, **patch}, subresource
    )
