"""The rows of nodes, namespaces, events, and of what merely holds data."""

from __future__ import annotations

from typing import Any

from testbed.apiserver.tables import ages
from testbed.apiserver.tables.printer import (
    AGE,
    NAME,
    NONE,
    UNKNOWN,
    Cells,
    Column,
    Document,
    Printer,
    listed,
    member,
    number,
    wide,
)

_ROLE = "node-role.kubernetes.io/"


def _node(node: Document, now: float) -> Cells:
    info = member(node, "status", "nodeInfo") or {}
    addresses = {each.get("type"): each.get("address") for each in listed(node, "status", "addresses")}
    return [
        node["metadata"]["name"],
        _node_state(node),
        _roles(node["metadata"].get("labels") or {}),
        ages.age(node, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP") or NONE,
        addresses.get("ExternalIP") or NONE,
        info.get("osImage") or UNKNOWN,
        info.get("kernelVersion") or UNKNOWN,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _node_state(node: Document) -> str:
    ready = next((each for each in listed(node, "status", "conditions") if each.get("type") == "Ready"), None)
    word = "Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"
    return f"{word},SchedulingDisabled" if member(node, "spec", "unschedulable") else word


def _roles(labels: dict[str, str]) -> str:
    roles = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE) and key != _ROLE}
    if labels.get("kubernetes.io/role"):
        roles.add(labels["kubernetes.io/role"])
    return ",".join(sorted(roles)) or NONE


def _namespace(found: Document, now: float) -> Cells:
    return [found["metadata"]["name"], member(found, "status", "phase") or "", ages.age(found, now)]


def _event(event: Document, now: float) -> Cells:
    about = event.get("involvedObject") or {}
    series = event.get("series") or {}
    first = event.get("firstTimestamp") or event.get("eventTime")
    last = series.get("lastObservedTime") or event.get("lastTimestamp") or first
    return [
        ages.since(last, now),
        event.get("type", ""),
        event.get("reason", ""),
        f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}",
        about.get("fieldPath", ""),
        _source(event),
        str(event.get("message", "")).strip(),
        ages.since(first, now),
        series.get("count") or event.get("count") or 1,
        event["metadata"]["name"],
    ]


def _source(event: Document) -> str:
    source = event.get("source") or {}
    named = (source.get("component") or event.get("reportingComponent"), source.get("host"))
    return ", ".join(str(each) for each in named if each)


def _lease(found: Document, now: float) -> Cells:
    return [found["metadata"]["name"], member(found, "spec", "holderIdentity") or "", ages.age(found, now)]


def _config_map(found: Document, now: float) -> Cells:
    count = len(found.get("data") or ()) + len(found.get("binaryData") or ())
    return [found["metadata"]["name"], count, ages.age(found, now)]


def _secret(found: Document, now: float) -> Cells:
    count = len(found.get("data") or ())
    return [found["metadata"]["name"], found.get("type") or "Opaque", count, ages.age(found, now)]


def _service_account(found: Document, now: float) -> Cells:
    return [found["metadata"]["name"], len(listed(found, "secrets")), ages.age(found, now)]


def _definition(found: Document, now: float) -> Cells:
    return [found["metadata"]["name"], found["metadata"].get("creationTimestamp", "")]


def _plain(found: Document, now: float) -> list[Any]:
    return [found["metadata"]["name"], ages.age(found, now)]


PLAIN = Printer((NAME, AGE), _plain)
"""What is shown of a kind that nobody has said more about."""

PRINTERS = {
    "Node": Printer(
        (
            NAME,
            Column("Status", "Whether the node is ready, and whether pods may be scheduled to it"),
            Column("Roles", "What the node is there for"),
            AGE,
            Column("Version", "Version of its kubelet"),
            wide("Internal-IP", "Its address within the cluster"),
            wide("External-IP", "Its address for those outside"),
            wide("OS-Image", "Its operating system"),
            wide("Kernel-Version", "Its kernel"),
            wide("Container-Runtime", "What runs its containers"),
        ),
        _node,
    ),
    "Namespace": Printer((NAME, Column("Status", "Active or Terminating"), AGE), _namespace),
    "Event": Printer(
        (
            Column("Last Seen", "Time since it happened last"),
            Column("Type", "Normal or Warning"),
            Column("Reason", "What happened, in one word"),
            Column("Object", "What it happened to"),
            wide("Subobject", "The part that it happened to"),
            wide("Source", "Who reports it"),
            Column("Message", "What happened, in a sentence"),
            wide("First Seen", "Time since it happened first"),
            Column("Count", "How often it happened", "integer", 1),
            wide("Name", "Name of the event"),
        ),
        _event,
    ),
    "Lease": Printer((NAME, Column("Holder", "Who holds it"), AGE), _lease),
    "ConfigMap": Printer((NAME, number("Data", "How many entries it has"), AGE), _config_map),
    "Secret": Printer(
        (NAME, Column("Type", "What it is for"), number("Data", "How many entries it has"), AGE), _secret
    ),
    "ServiceAccount": Printer((NAME, number("Secrets", "How many secrets it has"), AGE), _service_account),
    "CustomResourceDefinition": Printer(
        (NAME, Column("Created At", "When the definition was made", "dateTime")), _definition
    ),
}
