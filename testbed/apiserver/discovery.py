"""Discovery: what a client asks first, to learn which groups, versions and kinds are served.

Older clients ask group by group, newer ones for everything at once; both are made from one list of resources:
https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from testbed.apiserver import reviews
from testbed.apiserver.kinds import Kind, Registry

Document = dict[str, Any]

VERSION = {"major": "1", "minor": "32", "gitVersion": "v1.32.0+ovn-testbed", "platform": "linux/amd64"}
"""The release of Kubernetes whose REST format is followed."""
JSON = "application/json"
AGGREGATED = "as=APIGroupDiscoveryList"
_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_STATUS_VERBS = ["get", "patch", "update"]
_EVICTION = ("policy", "v1")
"""A group of which there is nothing but what a pod's eviction is; ``kubectl drain`` evicts only where it is served."""
_PARTS: dict[str, tuple[Document, list[str]]] = {
    "binding": ({"kind": "Binding"}, ["create"]),
    "eviction": ({"kind": "Eviction", "group": _EVICTION[0], "version": _EVICTION[1]}, ["create"]),
    "log": ({"kind": "Pod"}, ["get"]),
    "exec": ({"kind": "PodExecOptions"}, ["create", "get"]),
}
"""What is read or written at the subresources that are no part of an object, and how."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A document and its media type."""

    body: bytes
    content_type: str = JSON


def answer(registry: Registry, path: str, accepted: str = "") -> Answer | None:
    """The document (or the plain text) at a path of discovery or health, None if the path is no such."""
    parts = path.strip("/").split("/")
    if parts in (["api"], ["apis"]) and AGGREGATED in accepted:
        return _aggregated(registry, parts[0], accepted)
    match parts:
        case ["healthz" | "readyz" | "livez"]:
            return Answer(b"ok", "text/plain; charset=utf-8")
        case ["version"]:
            found: Document | None = dict(VERSION)
        case ["api"]:
            found = {"kind": "APIVersions", "versions": ["v1"]}
        case ["apis"]:
            found = {"kind": "APIGroupList", "apiVersion": "v1", "groups": _groups(registry)}
        case ["apis", group]:
            named = next((entry for entry in _groups(registry) if entry["name"] == group), None)
            found = {"kind": "APIGroup", "apiVersion": "v1"} | named if named else None
        case ["api", version]:
            found = _resource_list(registry, "", version)
        case ["apis", group, version]:
            found = _resource_list(registry, group, version)
        case _:
            return None
    return Answer(orjson.dumps(found)) if found is not None else None


def _versions(registry: Registry) -> dict[str, list[str]]:
    found = {group: list(versions) for group, versions in registry.groups().items()}
    for group in reviews.KINDS:
        found.setdefault(group, [reviews.VERSION])
    found.setdefault(_EVICTION[0], [_EVICTION[1]])
    return found


def _groups(registry: Registry) -> list[Document]:
    found = []
    for group, versions in _versions(registry).items():
        if group:
            entries = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
            found.append({"name": group, "versions": entries, "preferredVersion": entries[0]})
    return found


def _resource_list(registry: Registry, group: str, version: str) -> Document | None:
    resources = _resources(registry, group, version)
    if not resources and (group, version) != _EVICTION:
        return None
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": resources,
    }


def _resources(registry: Registry, group: str, version: str) -> list[Document]:
    resources: list[Document] = []
    for kind in registry.kinds:
        if (kind.group, kind.version) != (group, version):
            continue
        resources.append(_resource(kind, kind.plural, _VERBS) | _names(kind))
        for name in kind.subresources:
            resources.append(_subresource(kind, name))
    if version == reviews.VERSION:
        resources += [
            {
                "name": plural,
                "singularName": name.lower(),
                "namespaced": False,
                "kind": name,
                "verbs": ["create"],
            }
            for plural, (name, _) in reviews.KINDS.get(group, {}).items()
        ]
    return resources


def _subresource(kind: Kind, name: str) -> Document:
    path = f"{kind.plural}/{name}"
    if name == "status":
        return _resource(kind, path, _STATUS_VERBS)
    if name == "scale":
        scale = {"kind": "Scale", "group": "autoscaling", "version": "v1"}
        return _resource(kind, path, _STATUS_VERBS) | scale
    about, verbs = _PARTS.get(name, ({}, ["get"]))
    return _resource(kind, path, verbs) | about


def _resource(kind: Kind, name: str, verbs: list[str]) -> Document:
    return {
        "name": name,
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": kind.name,
        "verbs": verbs,
    }


def _names(kind: Kind) -> Document:
    names: Document = {"singularName": kind.singular or kind.name.lower()}
    if kind.short_names:
        names["shortNames"] = list(kind.short_names)
    if kind.categories:
        names["categories"] = list(kind.categories)
    return names


def _aggregated(registry: Registry, root: str, accepted: str) -> Answer:
    """Everything below ``/api`` or ``/apis`` in one document, in the first version that the client takes."""
    clause = next(part.replace(" ", "") for part in accepted.split(",") if AGGREGATED in part)
    version = "v2beta1" if "v=v2beta1" in clause else "v2"
    groups = [
        {
            "metadata": {"name": group} if group else {},
            "versions": [
                {
                    "version": each,
                    "freshness": "Current",
                    "resources": _nested(_resources(registry, group, each), group, each),
                }
                for each in versions
            ],
        }
        for group, versions in _versions(registry).items()
        if bool(group) == (root == "apis")
    ]
    document = {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": groups,
    }
    return Answer(orjson.dumps(document), f"{JSON};g=apidiscovery.k8s.io;v={version};{AGGREGATED}")


def _nested(resources: list[Document], group: str, version: str) -> list[Document]:
    """Resources as the aggregated document has them: subresources within what they belong to."""
    found: dict[str, Document] = {}
    for each in resources:
        plural, _, part = each["name"].partition("/")
        kind = {
            "group": each.get("group", group),
            "version": each.get("version", version),
            "kind": each["kind"],
        }
        if part:
            entry = {"subresource": part, "responseKind": kind, "verbs": each["verbs"]}
            found[plural].setdefault("subresources", []).append(entry)
            continue
        found[plural] = {
            "resource": plural,
            "responseKind": kind,
            "scope": "Namespaced" if each["namespaced"] else "Cluster",
            "singularResource": each["singularName"],
            "verbs": each["verbs"],
        } | {key: each[key] for key in ("shortNames", "categories") if key in each}
    return list(found.values())
