"""A request taken apart: which object or collection its path names, and its parameters, each known or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from testbed.apiserver.kinds import Kind, Registry
from testbed.apiserver.status import ApiError, bad_request

_EVERYWHERE = {"timeout", "pretty"}
PARAMETERS: Mapping[str, frozenset[str]] = {
    "get": frozenset(_EVERYWHERE | {"resourceVersion", "includeObject"}),
    "list": frozenset(
        _EVERYWHERE
        | {
            "labelSelector",
            "fieldSelector",
            "limit",
            "continue",
            "resourceVersion",
            "resourceVersionMatch",
            "watch",
        }
        | {"allowWatchBookmarks", "timeoutSeconds", "sendInitialEvents", "includeObject"}
    ),
    "write": frozenset(_EVERYWHERE | {"dryRun", "fieldManager", "fieldValidation"}),
    "delete": frozenset(
        _EVERYWHERE
        | {
            "dryRun",
            "gracePeriodSeconds",
            "propagationPolicy",
            "orphanDependents",
            "labelSelector",
            "fieldSelector",
        }
        | {"resourceVersion", "resourceVersionMatch"}
    ),
}
"""Parameters understood, by what is done. Any other is refused: one that is ignored would seem to have worked."""


MISSED = {
    "pods/attach": "attach is not here: `kubectl logs -f` shows what a pod writes, `kubectl exec` runs a program in it",
    "pods/portforward": "port-forward is not here: `testbed exec node/NAME` and `kubectl exec` reach a pod's ports",
    "pods/ephemeralcontainers": "debug containers are not here: `kubectl exec` runs any program of this machine",
}
"""What kubectl asks for and this server lacks, with what serves instead."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names: a collection (``name`` empty), an object, or a subresource of one.

    ``namespace`` is None for a namespaced collection across all namespaces, ``""`` for cluster-wide kinds.
    """

    kind: Kind
    namespace: str | None
    name: str
    subresource: str


def target(registry: Registry, path: str) -> Target:
    """What the path names. Raises ``ApiError`` 404 for one that names nothing."""
    parts = [unquote(part) if "%" in part else part for part in path.strip("/").split("/")]
    if len(parts) >= 3 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise unknown_path(path)
    namespace: str | None = None
    if len(rest) >= 3 and rest[0] == "namespaces":
        inner = registry.at(group, version, rest[2])
        if inner is not None and inner.namespaced:
            namespace, rest = rest[1], rest[2:]
    kind = registry.at(group, version, rest[0])
    if kind is None or len(rest) > 3 or not all(rest):
        raise unknown_path(path)
    if not kind.namespaced:
        namespace = ""
    elif len(rest) > 1 and namespace is None:
        raise unknown_path(path)
    subresource = rest[2] if len(rest) == 3 else ""
    if subresource and subresource not in kind.subresources:
        raise unknown_path(path, MISSED.get(f"{kind.plural}/{subresource}", ""))
    return Target(kind, namespace, rest[1] if len(rest) > 1 else "", subresource)


def unknown_path(path: str, instead: str = "") -> ApiError:
    """404: nothing is served there; ``instead`` tells what people can do."""
    message = instead or f"the server could not find the requested resource: {path[:200]}"
    return ApiError(404, "NotFound", message)


def parameters(query: str, action: str) -> dict[str, str]:
    """The parameters of a query. Raises ``ApiError`` 400 for one that ``action`` does not know or that comes twice."""
    if not query:
        return {}
    found: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in PARAMETERS[action]:
            raise bad_request(
                f"query parameter: found {key!r}, allowed {', '.join(sorted(PARAMETERS[action]))}"
            )
        if found.get(key, value) != value:
            raise bad_request(f"query parameter {key!r}: found two values, allowed one")
        found[key] = value
    return found


def flag(found: Mapping[str, str], key: str) -> bool:
    """A parameter that is true or false; absent is false."""
    value = found.get(key, "false").lower()
    if value in ("true", "1", ""):
        return key in found
    if value in ("false", "0"):
        return False
    raise bad_request(f"{key}: found {value!r}, allowed true, false")


def number(found: Mapping[str, str], key: str) -> int | None:
    """A parameter that is a count; None if absent or empty."""
    value = found.get(key, "")
    if not value:
        return None
    if not value.isdecimal() or len(value) > 18:
        raise bad_request(f"{key}: found {value[:40]!r}, allowed a number from 0")
    return int(value)


def check_field_validation(found: Mapping[str, str]) -> None:
    """Whatever is asked for, unknown fields are refused; what nobody could ask for is refused itself."""
    value = found.get("fieldValidation", "")
    if value not in ("", "Strict", "Warn", "Ignore"):
        raise bad_request(f"fieldValidation: found {value!r}, allowed Strict, Warn, Ignore")


def dry_run(values: list[str]) -> bool:
    """Whether a write is only to be tried."""
    for value in values:
        if value not in ("All", ""):
            raise bad_request(f"dryRun: found {value!r}, allowed All")
    return "All" in values
