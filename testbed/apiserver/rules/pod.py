"""What a pod's specification says where its author did not: in pods and in the templates that pods are made of."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

GRACE_SECONDS = 30
"""Seconds between asking a pod to end and ending it, unless it says otherwise."""

_SPEC = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": GRACE_SECONDS,
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
}
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}


def complete(document: Document) -> None:
    """A pod."""
    if "spec" in document:
        complete_spec(document["spec"])
    document.setdefault("status", {}).setdefault("phase", "Pending")


def complete_template(template: Document) -> None:
    """A template of pods."""
    complete_spec(template.setdefault("spec", {}))


def complete_spec(spec: Document) -> None:
    """The specification, its containers, their ports and probes."""
    for key, value in _SPEC.items():
        if key not in spec:
            spec[key] = value
    for container in spec.get("containers", ()):
        _complete_container(container)
    for container in spec.get("initContainers", ()):
        _complete_container(container)


def _complete_container(container: Document) -> None:
    if "imagePullPolicy" not in container:
        container["imagePullPolicy"] = _pull_policy(container.get("image", ""))
    for port in container.get("ports", ()):
        if "protocol" not in port:
            port["protocol"] = "TCP"
    for name in _PROBES:
        if name in container:
            _complete_probe(container[name])


def _complete_probe(probe: Document) -> None:
    for key, value in _PROBE.items():
        probe.setdefault(key, value)
    get = probe.get("httpGet")
    if get is not None:
        get.setdefault("path", "/")
        get.setdefault("scheme", "HTTP")


def _pull_policy(image: str) -> str:
    """An image that may be another tomorrow is pulled always."""
    if "@" in image:
        return "IfNotPresent"
    tag = image.rpartition("/")[2].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"
