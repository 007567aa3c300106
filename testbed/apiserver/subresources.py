"""Subresources besides ``status``: a workload's scale, a pod's binding to a node, a pod's eviction.

Each is a small object of its own kind that is no object of the store: reading one is made from the object it belongs
to, writing one changes that object.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from testbed.apiserver import metadata, structure
from testbed.apiserver.kinds import Kind
from testbed.apiserver.revision import Entry
from testbed.apiserver.status import ApiError, Cause, bad_request, invalid
from testbed.apiserver.writing import DeleteOptions, Outcome, Writer

Document = dict[str, Any]

DISRUPTED = "DisruptionTarget"
SCALE_VERSION = "autoscaling/v1"
SUCCESS = orjson.dumps(
    {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
)
_SHARED = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale(kind: Kind, entry: Entry) -> Document:
    """The ``Scale`` of a workload."""
    assert kind.scale is not None
    document = entry.document()
    meta = document["metadata"]
    status: Document = {"replicas": _at(document, kind.scale.observed) or 0}
    selector = _at(document, kind.scale.selector)
    if selector:
        status["selector"] = selector if isinstance(selector, str) else _selector_text(selector)
    return {
        "kind": "Scale",
        "apiVersion": SCALE_VERSION,
        "metadata": {key: meta[key] for key in _SHARED if key in meta},
        "spec": {"replicas": _at(document, kind.scale.replicas) or 0},
        "status": status,
    }


def rescale(
    writer: Writer, kind: Kind, namespace: str, name: str, wanted: Document, *, dry_run: bool
) -> Outcome:
    """Writes the replicas that a ``Scale`` asks for into its workload; answers with the new ``Scale``."""
    assert kind.scale is not None
    _check(writer, "Scale", SCALE_VERSION, name, wanted)
    old = writer.existing(kind, namespace, name)
    meta = wanted.get("metadata", {})
    replicas = wanted.get("spec", {}).get("replicas", 0)
    if replicas < 0:
        cause = Cause("spec.replicas", "FieldValueInvalid", f"found {replicas}, allowed at least 0")
        raise invalid("Scale", "autoscaling", name, [cause])
    patch: Document = {"metadata": {key: meta[key] for key in ("uid", "resourceVersion") if meta.get(key)}}
    inner = patch
    *parents, last = kind.scale.replicas.split(".")
    for key in parents:
        inner = inner.setdefault(key, {})
    inner[last] = replicas
    outcome = writer.patch(kind, namespace, name, patch, "", dry_run=dry_run)
    changed = orjson.loads(outcome.body)
    answer = scale(kind, old) | {"spec": {"replicas": replicas}}
    answer["metadata"]["resourceVersion"] = changed["metadata"]["resourceVersion"]
    return Outcome(orjson.dumps(answer), outcome.accepted_ns)


def bind(
    writer: Writer, kind: Kind, namespace: str, name: str, binding: Document, *, dry_run: bool
) -> Outcome:
    """Gives a pod to a node, as a scheduler does."""
    _check(writer, "Binding", "v1", name, binding)
    node = binding["target"].get("name", "")
    if binding["target"].get("kind", "Node") != "Node" or not node:
        cause = Cause("target", "FieldValueInvalid", "allowed a Node by its name")
        raise invalid("Binding", "", name, [cause])
    old = writer.existing(kind, namespace, name)
    document = old.document()
    meta = document["metadata"]
    if meta.get("deletionTimestamp"):
        raise _refused(name, f"pod {name} is being deleted, cannot be assigned to a host")
    if document["spec"].get("nodeName"):
        raise _refused(name, f"pod {name} is already assigned to node {quoted_node(document)}")
    document["spec"]["nodeName"] = node
    for member in ("annotations", "labels"):
        added = binding.get("metadata", {}).get(member)
        if added:
            meta[member] = {**(meta.get(member) or {}), **added}
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": metadata.now()}
    others = [entry for entry in document["status"].get("conditions", ()) if entry["type"] != "PodScheduled"]
    document["status"]["conditions"] = [*others, scheduled]
    return Outcome(SUCCESS, writer.amend(kind, old, document, dry_run=dry_run).accepted_ns)


def evict(
    writer: Writer, kind: Kind, namespace: str, name: str, eviction: Document, options: DeleteOptions
) -> Outcome:
    """Asks a pod to end, and says in it why. No budget stands in the way: there are no PodDisruptionBudgets here.

    The former version of the request says the same. Sources:
    https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ and
    https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
    """
    if eviction.get("apiVersion") == "policy/v1beta1":
        eviction["apiVersion"] = "policy/v1"
    _check(writer, "Eviction", "policy/v1", name, eviction)
    writer.delete(kind, namespace, name, replace(options, dry_run=True))  # what forbids it is told first
    old = writer.existing(kind, namespace, name)
    document = old.document()
    if document["status"].get("phase") == "Running" and not document["metadata"].get("deletionTimestamp"):
        reported = document["status"].get("conditions", ())
        why = {"reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting"}
        condition = {"type": DISRUPTED, "status": "True", **why, "lastTransitionTime": metadata.now()}
        others = [entry for entry in reported if entry["type"] != DISRUPTED]
        document["status"]["conditions"] = [*others, condition]
        writer.amend(kind, old, document, dry_run=options.dry_run)
    deleted = writer.delete(kind, namespace, name, replace(options, resource_version=None))
    return Outcome(SUCCESS, deleted.accepted_ns)


def quoted_node(document: Document) -> str:
    """The node that a pod is on, for a message."""
    return structure.quoted(document["spec"]["nodeName"])


def _check(writer: Writer, part: str, version: str, name: str, document: Document) -> None:
    for key, expected in (("kind", part), ("apiVersion", version)):
        if document.setdefault(key, expected) != expected:
            found = structure.quoted(document[key])
            raise bad_request(f"{key}: found {found}, allowed {structure.quoted(expected)}")
    causes = structure.faults(writer.store.registry.parts[part], document)
    named = document.get("metadata", {}).get("name", name) if not causes else name
    if named != name:
        causes.append(Cause("metadata.name", "FieldValueInvalid", f"found {named}, allowed {name}"))
    if causes:
        raise invalid(part, version.rpartition("/")[0], name, causes)


def _refused(name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on pods/binding "{name}": {why}'
    return ApiError(409, "Conflict", message, kind="pods/binding", name=name)


def _at(document: Document, path: str) -> Any:
    value: Any = document
    for key in path.split(".") if path else ("",):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _selector_text(selector: Document) -> str:
    """A LabelSelector as the text that lists take."""
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for rule in selector.get("matchExpressions") or ():
        key, values = rule["key"], ",".join(sorted(rule.get("values") or ()))
        match rule["operator"]:
            case "In":
                parts.append(f"{key} in ({values})")
            case "NotIn":
                parts.append(f"{key} notin ({values})")
            case "Exists":
                parts.append(key)
            case "DoesNotExist":
                parts.append(f"!{key}")
    return ",".join(parts)
