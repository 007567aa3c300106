"""Namespaces carry their name as a label, so that selectors can mean one, and have a phase."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def complete(document: Document) -> None:
    """The label and the phase."""
    meta = document["metadata"]
    meta["labels"] = (meta.get("labels") or {}) | {"kubernetes.io/metadata.name": meta.get("name", "")}
    document.setdefault("status", {}).setdefault("phase", "Active")
