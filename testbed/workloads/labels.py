"""Selectors as workloads have them: one may be missing, and those of nodes compare numbers too.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.api import selectors
from testbed.workloads.constraints import LabelSelector, LabelSelectorRequirement


def matches(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Whether all of a selector holds; no selector matches nothing, an empty one everything."""
    return selector is not None and selectors.matches(selector, labels)


def holds(rule: LabelSelectorRequirement, labels: Mapping[str, str]) -> bool:
    """Whether one expression holds; Gt and Lt, of a node selector, want a number as the label."""
    if rule.operator in ("Gt", "Lt"):
        return _compares(rule, labels.get(rule.key))
    return selectors.holds(rule, labels)


def _compares(rule: LabelSelectorRequirement, found: str | None) -> bool:
    try:
        value, bound = int(found or ""), int(rule.values[0])
    except (ValueError, IndexError):
        return False
    return value > bound if rule.operator == "Gt" else value < bound
