"""What a kubelet reports, as documents: pure, so that they can be held against what Kubernetes documents."""

from __future__ import annotations

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


def not_plugged(pod: Pod, node: str, reason: str, now: str) -> Document:
    """The Event that tells people why a pod has no sandbox, in Kubernetes' words."""
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
        "reason": "FailedCreatePodSandBox",
        "message": f"Failed to create pod sandbox: {reason}"[:1024],
        "source": {"component": "kubelet", "host": node},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
