"""What Kubernetes fills in where a client says nothing, for the kinds whose readers rely on it.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

from typing import Any

from testbed.apiserver.kinds import Kind

Document = dict[str, Any]

GRACE_SECONDS = 30
"""Seconds between asking a pod to end and ending it, unless it says otherwise."""

_POD_SPEC = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": GRACE_SECONDS,
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
}


def complete(kind: Kind, document: Document) -> None:
    """Fills in the defaults of a kind; does nothing to an object that has them."""
    if kind.name == "Pod":
        spec = document.get("spec")
        if isinstance(spec, dict):
            document["spec"] = _POD_SPEC | {key: value for key, value in spec.items() if value is not None}
        _phase(document, "Pending")
    elif kind.name == "Namespace":
        name = document["metadata"].get("name")
        labels = document["metadata"].get("labels") or {}
        if isinstance(labels, dict):
            document["metadata"]["labels"] = labels | {"kubernetes.io/metadata.name": name}
        _phase(document, "Active")


def _phase(document: Document, initial: str) -> None:
    status = document.setdefault("status", {})
    if isinstance(status, dict):
        status.setdefault("phase", initial)
