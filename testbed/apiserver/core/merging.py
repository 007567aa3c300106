"""How lists of core objects are merged, which the table's carrier leaves out: keyed by model and field.

A strategic merge patch finds an element of a list by its merge key; ``kubectl apply`` computes such patches from the
same facts. The keys of a ``map`` are those by which server-side apply tells elements apart.

Source: the extensions ``x-kubernetes-patch-merge-key``, ``x-kubernetes-patch-strategy``, ``x-kubernetes-list-type`` and
``x-kubernetes-list-map-keys`` of Kubernetes' published OpenAPI document (``api/openapi-spec/swagger.json``).
"""

from __future__ import annotations

from typing import Any


def _by(key: str, *more: str, strategy: str = "merge") -> dict[str, Any]:
    return {
        "x-kubernetes-patch-merge-key": key,
        "x-kubernetes-patch-strategy": strategy,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": [key, *more],
    }


_SET = {"x-kubernetes-patch-strategy": "merge", "x-kubernetes-list-type": "set"}
_ATOMIC = {"x-kubernetes-list-type": "atomic"}
_RETAIN = {"x-kubernetes-patch-strategy": "retainKeys"}
_CONDITIONS = _by("type")

MERGING: dict[tuple[str, str], dict[str, Any]] = {
    ("V1ObjectMeta", "finalizers"): _SET,
    ("V1ObjectMeta", "ownerReferences"): _by("uid"),
    ("V1PodSpec", "containers"): _by("name"),
    ("V1PodSpec", "initContainers"): _by("name"),
    ("V1PodSpec", "ephemeralContainers"): _by("name"),
    ("V1PodSpec", "volumes"): _by("name", strategy="merge,retainKeys"),
    ("V1PodSpec", "imagePullSecrets"): _by("name"),
    ("V1PodSpec", "hostAliases"): _by("ip"),
    ("V1PodSpec", "topologySpreadConstraints"): _by("topologyKey", "whenUnsatisfiable"),
    ("V1PodSpec", "resourceClaims"): _by("name", strategy="merge,retainKeys"),
    ("V1PodSpec", "schedulingGates"): _by("name"),
    ("V1PodSpec", "tolerations"): _ATOMIC,
    ("V1PodSpec", "readinessGates"): _ATOMIC,
    ("V1Container", "ports"): _by("containerPort", "protocol"),
    ("V1Container", "env"): _by("name"),
    ("V1Container", "volumeMounts"): _by("mountPath"),
    ("V1Container", "volumeDevices"): _by("devicePath"),
    ("V1Container", "command"): _ATOMIC,
    ("V1Container", "args"): _ATOMIC,
    ("V1Container", "envFrom"): _ATOMIC,
    ("V1EphemeralContainer", "ports"): _by("containerPort", "protocol"),
    ("V1EphemeralContainer", "env"): _by("name"),
    ("V1EphemeralContainer", "volumeMounts"): _by("mountPath"),
    ("V1EphemeralContainer", "volumeDevices"): _by("devicePath"),
    ("V1PodStatus", "conditions"): _CONDITIONS,
    ("V1PodStatus", "podIPs"): _by("ip"),
    ("V1PodStatus", "hostIPs"): _by("ip") | _ATOMIC,
    ("V1NodeSpec", "podCIDRs"): _SET,
    ("V1NodeSpec", "taints"): _ATOMIC,
    ("V1NodeStatus", "addresses"): _by("type"),
    ("V1NodeStatus", "conditions"): _CONDITIONS,
    ("V1NamespaceStatus", "conditions"): _CONDITIONS,
    ("V1ServiceSpec", "ports"): _by("port", "protocol"),
    ("V1ServiceStatus", "conditions"): _CONDITIONS,
    ("V1ServiceAccount", "secrets"): _by("name"),
    ("V1ServiceAccount", "imagePullSecrets"): _ATOMIC,
    ("V1DeploymentSpec", "strategy"): _RETAIN,
    ("V1DeploymentStatus", "conditions"): _CONDITIONS,
    ("V1ReplicaSetStatus", "conditions"): _CONDITIONS,
    ("V1StatefulSetStatus", "conditions"): _CONDITIONS,
    ("V1DaemonSetStatus", "conditions"): _CONDITIONS,
    ("V1JobStatus", "conditions"): _CONDITIONS | _ATOMIC,
    ("V1CronJobStatus", "active"): _ATOMIC,
    ("V1EndpointSlice", "endpoints"): _ATOMIC,
    ("V1EndpointSlice", "ports"): _ATOMIC,
    ("V1Endpoints", "subsets"): _ATOMIC,
    ("V1NetworkPolicySpec", "ingress"): _ATOMIC,
    ("V1NetworkPolicySpec", "egress"): _ATOMIC,
    ("V1NetworkPolicySpec", "policyTypes"): _ATOMIC,
    ("V1CustomResourceDefinitionStatus", "conditions"): {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    },
}
"""Model and field: the extensions of that field's schema."""

ATOMIC_MODELS = ("V1LabelSelector", "V1NodeSelector", "V1ObjectReference", "V1LocalObjectReference")
"""Models that are replaced as a whole (``x-kubernetes-map-type: atomic``)."""
