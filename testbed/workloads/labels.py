"""Whether labels match a selector.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from __future__ import annotations

from collections.abc import Mapping

from testbed.workloads.constraints import LabelSelector, Requirement


def matches(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Whether all of a selector holds; no selector matches nothing, an empty one everything."""
    if selector is None:
        return False
    return all(labels.get(key) == value for key, value in selector.match_labels.items()) and all(
        holds(rule, labels) for rule in selector.match_expressions
    )


def holds(rule: Requirement, labels: Mapping[str, str]) -> bool:
    """Whether one expression holds; In and Gt want the label to be there, NotIn holds without it."""
    found = labels.get(rule.key)
    match rule.operator:
        case "In":
            return found in rule.values
        case "NotIn":
            return found not in rule.values
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case "Gt" | "Lt":
            return _compares(rule, found)
    return False


def _compares(rule: Requirement, found: str | None) -> bool:
    try:
        value, bound = int(found or ""), int(rule.values[0])
    except (ValueError, IndexError):
        return False
    return value > bound if rule.operator == "Gt" else value < bound
