"""Labels and selectors as one cell shows them."""

from __future__ import annotations

from typing import Any

from testbed.apiserver.tables.printer import NONE, listed, member


def plain_labels(labels: Any) -> str:
    """``a=b,c=d`` in the order of the keys."""
    if not isinstance(labels, dict) or not labels:
        return NONE
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels))


def label_selector(selector: Any) -> str:
    """A LabelSelector as ``kubectl -l`` takes it."""
    rules = [f"{key}={value}" for key, value in sorted((member(selector, "matchLabels") or {}).items())]
    for each in sorted(listed(selector, "matchExpressions"), key=lambda found: str(found.get("key"))):
        key, values = each.get("key", ""), ",".join(sorted(each.get("values") or ()))
        match each.get("operator"):
            case "In":
                rules.append(f"{key} in ({values})")
            case "NotIn":
                rules.append(f"{key} notin ({values})")
            case "Exists":
                rules.append(key)
            case _:
                rules.append(f"!{key}")
    return ",".join(rules) or NONE


def some(texts: list[str], most: int = 3) -> str:
    """The first few of many, and how many more there are."""
    shown = ",".join(texts[:most])
    return f"{shown} + {len(texts) - most} more..." if len(texts) > most else shown
