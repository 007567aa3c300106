"""Whether labels match a selector.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.api.scheduling import LabelSelector, LabelSelectorRequirement

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def matches(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Whether all of a selector holds; an empty one holds of everything."""
    return all(labels.get(key) == value for key, value in selector.match_labels.items()) and all(
        holds(rule, labels) for rule in selector.match_expressions
    )


def any_matches(selectors: Iterable[LabelSelector], labels: Mapping[str, str]) -> bool:
    """Whether one of several selectors holds."""
    return any(matches(selector, labels) for selector in selectors)


def holds(rule: LabelSelectorRequirement, labels: Mapping[str, str]) -> bool:
    """Whether one expression holds: In wants the label to be there, NotIn holds without it."""
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
    return False
