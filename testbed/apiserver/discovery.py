"""Discovery: what a client asks first, to learn which groups, versions and kinds are served."""

from __future__ import annotations

from typing import Any

from testbed.apiserver.kinds import Kind, Registry

VERSION = {"major": "1", "minor": "32", "gitVersion": "v1.32.0+ovn-testbed", "platform": "linux/amd64"}
"""The release of Kubernetes whose REST format is followed."""
OPENAPI = "/openapi/v2"
OPENAPI_MEDIA = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
"""The document is empty, which is a valid one: kubectl, which insists on having it, then leaves validation to us."""
_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_STATUS_VERBS = ["patch", "update"]
_PARTS = {
    "binding": {"kind": "Binding"},
    "eviction": {"kind": "Eviction", "group": "policy", "version": "v1"},
}
"""What is written to the subresources that are objects of their own."""


def answer(registry: Registry, path: str) -> dict[str, Any] | str | None:
    """The document (or the plain text) at a path of discovery or health, None if the path is no such."""
    parts = path.strip("/").split("/")
    match parts:
        case ["healthz" | "readyz" | "livez"]:
            return "ok"
        case ["version"]:
            return dict(VERSION)
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        case ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": _groups(registry)}
        case ["apis", group]:
            found = next((entry for entry in _groups(registry) if entry["name"] == group), None)
            return {"kind": "APIGroup", "apiVersion": "v1"} | found if found else None
        case ["api", version]:
            return _resources(registry, "", version)
        case ["apis", group, version]:
            return _resources(registry, group, version)
    return None


def _groups(registry: Registry) -> list[dict[str, Any]]:
    found = []
    for group, versions in registry.groups().items():
        if group:
            entries = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
            found.append({"name": group, "versions": entries, "preferredVersion": entries[0]})
    return found


def _resources(registry: Registry, group: str, version: str) -> dict[str, Any] | None:
    kinds = [kind for kind in registry.kinds if (kind.group, kind.version) == (group, version)]
    if not kinds:
        return None
    resources = []
    for kind in kinds:
        resources.append(_resource(kind, kind.plural, _VERBS) | _names(kind))
        if kind.has_status:
            resources.append(_resource(kind, f"{kind.plural}/status", _STATUS_VERBS))
        if kind.scale is not None:
            resources.append(
                _resource(kind, f"{kind.plural}/scale", ["get", *_STATUS_VERBS])
                | {"kind": "Scale", "group": "autoscaling", "version": "v1"}
            )
        for name in kind.others:
            resources.append(_resource(kind, f"{kind.plural}/{name}", ["create"]) | _PARTS[name])
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": kinds[0].api_version,
        "resources": resources,
    }


def _resource(kind: Kind, name: str, verbs: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": kind.name,
        "verbs": verbs,
    }


def _names(kind: Kind) -> dict[str, Any]:
    names: dict[str, Any] = {"singularName": kind.singular or kind.name.lower()}
    if kind.short_names:
        names["shortNames"] = list(kind.short_names)
    if kind.categories:
        names["categories"] = list(kind.categories)
    return names
