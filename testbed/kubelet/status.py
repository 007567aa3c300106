"""What a kubelet reports, as documents: pure, so that they can be held against what Kubernetes documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from controller.api.core import Pod

Document = dict[str, Any]

_ORDER = ("PodScheduled", "Initialized", "ContainersReady", "Ready")


def moment() -> str:
    """Now, as Kubernetes writes times: RFC 3339 in whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def running(pod: Pod, host_ip: str, ips: str, started: str, now: str) -> Document:
    """The merge patch that reports a pod as running and ready, of this pod alone and no later one of its name.

    Args:
        pod: as it was seen.
        host_ip: its node's address.
        ips: its own, joined by a comma when it has two.
        started: when its kubelet first took it up.
        now: when it became ready.
    """
    addresses = [{"ip": ip} for ip in ips.split(",") if ip]
    status: Document = {
        "phase": "Running",
        "hostIP": host_ip,
        "podIP": addresses[0]["ip"] if addresses else None,
        "podIPs": addresses,
        "startTime": started,
        "conditions": [_condition(kind, pod, started, now) for kind in _ORDER],
        "containerStatuses": [
            {
                "name": container.name,
                "image": container.image,
                "imageID": "",
                "containerID": f"testbed://{pod.metadata.uid}/{container.name}",
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": now}},
            }
            for container in pod.spec.containers
        ],
    }
    return {"metadata": {"uid": pod.metadata.uid}, "status": status}


def _condition(kind: str, pod: Pod, started: str, now: str) -> Document:
    since = now
    if kind == "Initialized":
        since = started
    elif kind == "PodScheduled":
        known = [entry.last_transition_time for entry in pod.status.conditions if entry.type == kind]
        since = (known and known[0]) or pod.metadata.creation_timestamp or started
    return {"type": kind, "status": "True", "lastTransitionTime": since}


@dataclass(frozen=True)
class Moments:
    """When a pod was taken up, when its init containers were done, since when it is ready, and now."""

    started: str
    initialized: str | None
    ready: str | None
    now: str


def observed(
    pod: Pod,
    host_ip: str,
    ips: str,
    moments: Moments,
    phase: str,
    containers: Sequence[Document],
    init_containers: Sequence[Document],
) -> Document:
    """The merge patch that reports a pod as its containers are; as `running` where all of them run and are ready.

    Args:
        pod: as it was seen; conditions that others wrote are kept.
        host_ip: its node's address.
        ips: its own, joined by a comma when it has two.
        moments: of its conditions.
        phase: Pending, Running, Succeeded or Failed.
        containers: what is reported of each container.
        init_containers: the same of each init container.
    """
    patch = running(pod, host_ip, ips, moments.started, moments.now)
    is_ready = moments.ready is not None
    ended = "PodCompleted" if phase in ("Succeeded", "Failed") else "ContainersNotReady"
    conditions = [
        _condition("PodScheduled", pod, moments.started, moments.now),
        _judged("Initialized", moments.initialized, "ContainersNotInitialized", moments.started),
        _judged("ContainersReady", moments.ready, ended, moments.now),
        _judged("Ready", moments.ready, ended, moments.now),
    ]
    others = [
        {"type": entry.type, "status": entry.status, "reason": entry.reason, "message": entry.message}
        | ({"lastTransitionTime": entry.last_transition_time} if entry.last_transition_time else {})
        for entry in pod.status.conditions
        if entry.type not in _ORDER
    ]
    patch["status"] |= {
        "phase": phase,
        "conditions": [*conditions, *others],
        "containerStatuses": list(containers),
    }
    if init_containers:
        patch["status"]["initContainerStatuses"] = list(init_containers)
    if phase == "Running" and not is_ready:
        waiting = [entry["name"] for entry in containers if not entry["ready"]]
        for condition in conditions[2:]:
            condition["message"] = f"containers with unready status: [{' '.join(waiting)}]"
    return patch


def _judged(kind: str, since: str | None, reason: str, now: str) -> Document:
    if since is not None:
        return {"type": kind, "status": "True", "lastTransitionTime": since}
    return {"type": kind, "status": "False", "reason": reason, "lastTransitionTime": now}


def not_plugged(pod: Pod, node: str, reason: str, now: str) -> Document:
    """The Event that tells people why a pod has no sandbox, in Kubernetes' words."""
    message = f"Failed to create pod sandbox: {reason}"
    return event(pod, node, "FailedCreatePodSandBox", message, now)


def event(pod: Pod, node: str, reason: str, message: str, now: str) -> Document:
    """An Event that warns people about a pod."""
    return {
        "metadata": {"generateName": f"{pod.name[:200]}.", "namespace": pod.namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": pod.namespace,
            "name": pod.name,
            "uid": pod.metadata.uid,
        },
        "type": "Warning",
        "reason": reason,
        "message": message[:1024],
        "source": {"component": "kubelet", "host": node},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
