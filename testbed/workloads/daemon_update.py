"""How a DaemonSet's pods of an old template give way to those of the new one, node by node.

Without a surge an old pod goes first and its node has none for a while, on at most ``maxUnavailable`` nodes. With one,
the new pod comes first, on at most ``maxSurge`` nodes at once, and the old one goes when the new one is available.

Source: https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from testbed.workloads.amounts import amount
from testbed.workloads.objects import DaemonSet, Pod, RollingUpdate
from testbed.workloads.revisions import LABEL


@dataclass(slots=True)
class Update:
    """The pods to end, and the nodes that get a pod of the new template beside the old one."""

    ended: list[Pod] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Daemons:
    """The living pods on a node: the best of the new template and the best of older ones."""

    new: Pod | None
    old: Pod | None


def pair(pods: Sequence[Pod], hashed: str) -> tuple[Daemons, list[Pod]]:
    """A node's pods by template, and those that are too many."""
    ordered = sorted(pods, key=lambda pod: not pod.is_ready)
    new = [pod for pod in ordered if pod.metadata.labels.get(LABEL) == hashed]
    old = [pod for pod in ordered if pod.metadata.labels.get(LABEL) != hashed]
    chosen = Daemons(new[0] if new else None, old[0] if old else None)
    return chosen, [*new[1:], *old[1:]]


def bounds(owner: DaemonSet, wanted: int) -> tuple[int, int]:
    """How many nodes may have two pods, and how many none, of so many that should have one."""
    rolling = owner.spec.update_strategy.rolling_update or RollingUpdate()
    surge = amount(rolling.max_surge or 0, wanted, up=True)
    unavailable = amount(1 if rolling.max_unavailable is None else rolling.max_unavailable, wanted, up=True)
    return surge, unavailable if surge else max(unavailable, 1)


def surges(owner: DaemonSet) -> bool:
    """Whether two pods may be on a node during an update."""
    return owner.spec.update_strategy.type == "RollingUpdate" and bounds(owner, 100)[0] > 0


def step(owner: DaemonSet, nodes: Mapping[str, Daemons], is_available: Callable[[Pod], bool]) -> Update:
    """What an update may do now."""
    if owner.spec.update_strategy.type != "RollingUpdate":
        return Update()
    surge, unavailable = bounds(owner, len(nodes))
    if surge:
        return _new_first(nodes, surge, is_available)
    return _old_first(nodes, unavailable, is_available)


def _old_first(nodes: Mapping[str, Daemons], most: int, is_available: Callable[[Pod], bool]) -> Update:
    update, candidates, missing = Update(), [], 0
    for daemons in nodes.values():
        if daemons.old is None or daemons.new is not None:
            missing += daemons.old is not None or daemons.new is None or not is_available(daemons.new)
        elif is_available(daemons.old):
            candidates.append(daemons.old)
        else:
            update.ended.append(daemons.old)
    update.ended += candidates[: max(most - missing, 0)]
    return update


def _new_first(nodes: Mapping[str, Daemons], most: int, is_available: Callable[[Pod], bool]) -> Update:
    update, candidates, surged = Update(), [], 0
    for node, daemons in nodes.items():
        if daemons.old is None:
            continue
        if daemons.new is not None:
            if is_available(daemons.new):
                update.ended.append(daemons.old)
            else:
                surged += 1
        elif is_available(daemons.old):
            candidates.append(node)
        else:
            update.nodes.append(node)
    update.nodes += candidates[: max(most - surged, 0)]
    return update
