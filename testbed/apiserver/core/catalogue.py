"""Kubernetes' own kinds that are served: where each is found, what it is called, which model describes it.

Source: https://kubernetes.io/docs/reference/kubernetes-api/ and the answer of ``kubectl api-resources``.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.api.kind import Scale

_WORKLOAD = Scale(selector="spec.selector")


@dataclass(frozen=True)
class CoreKind:
    """One kind of Kubernetes' own; ``model`` is its name in the table of schemas."""

    group: str
    version: str
    name: str
    plural: str
    model: str
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    has_status: bool = True
    in_all: bool = False
    scale: Scale | None = None
    subresources: tuple[str, ...] = ()


CORE_KINDS = (
    CoreKind("", "v1", "Namespace", "namespaces", "V1Namespace", ("ns",), namespaced=False),
    CoreKind("", "v1", "Node", "nodes", "V1Node", ("no",), namespaced=False),
    CoreKind(
        "",
        "v1",
        "Pod",
        "pods",
        "V1Pod",
        ("po",),
        in_all=True,
        subresources=("binding", "eviction", "log", "exec"),
    ),
    CoreKind("", "v1", "Event", "events", "CoreV1Event", ("ev",), has_status=False),
    CoreKind("", "v1", "Service", "services", "V1Service", ("svc",), in_all=True),
    CoreKind("", "v1", "Endpoints", "endpoints", "V1Endpoints", ("ep",), has_status=False),
    CoreKind("", "v1", "ConfigMap", "configmaps", "V1ConfigMap", ("cm",), has_status=False),
    CoreKind("", "v1", "Secret", "secrets", "V1Secret", has_status=False),
    CoreKind("", "v1", "ServiceAccount", "serviceaccounts", "V1ServiceAccount", ("sa",), has_status=False),
    CoreKind(
        "apps", "v1", "Deployment", "deployments", "V1Deployment", ("deploy",), in_all=True, scale=_WORKLOAD
    ),
    CoreKind(
        "apps", "v1", "ReplicaSet", "replicasets", "V1ReplicaSet", ("rs",), in_all=True, scale=_WORKLOAD
    ),
    CoreKind(
        "apps", "v1", "StatefulSet", "statefulsets", "V1StatefulSet", ("sts",), in_all=True, scale=_WORKLOAD
    ),
    CoreKind("apps", "v1", "DaemonSet", "daemonsets", "V1DaemonSet", ("ds",), in_all=True),
    CoreKind(
        "apps", "v1", "ControllerRevision", "controllerrevisions", "V1ControllerRevision", has_status=False
    ),
    CoreKind("batch", "v1", "Job", "jobs", "V1Job", in_all=True),
    CoreKind("batch", "v1", "CronJob", "cronjobs", "V1CronJob", ("cj",), in_all=True),
    CoreKind("coordination.k8s.io", "v1", "Lease", "leases", "V1Lease", has_status=False),
    CoreKind(
        "discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "V1EndpointSlice", has_status=False
    ),
    CoreKind(
        "networking.k8s.io",
        "v1",
        "NetworkPolicy",
        "networkpolicies",
        "V1NetworkPolicy",
        ("netpol",),
        has_status=False,
    ),
    CoreKind(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "V1CustomResourceDefinition",
        ("crd", "crds"),
        namespaced=False,
    ),
)
"""The kinds, in the order in which discovery shows their groups."""

PARTS = {
    "ObjectMeta": "V1ObjectMeta",
    "Scale": "V1Scale",
    "Binding": "V1Binding",
    "Eviction": "V1Eviction",
}
"""What is written besides whole objects: metadata, and the bodies of subresources."""
