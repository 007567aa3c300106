"""Label selectors within objects: whether they can be understood, and whether labels are meant by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from testbed.apiserver.rules.causes import forbidden, required, unsupported
from testbed.apiserver.status import Cause

Selector = Mapping[str, Any]

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def judge(path: str, selector: Selector) -> Iterator[Cause]:
    """What is wrong with a selector."""
    for position, rule in enumerate(selector.get("matchExpressions") or ()):
        field = f"{path}.matchExpressions[{position}]"
        operator, values = rule["operator"], rule.get("values") or ()
        if operator not in OPERATORS:
            yield unsupported(f"{field}.operator", operator, OPERATORS)
        elif operator in ("In", "NotIn") and not values:
            yield required(f"{field}.values", f"at least one value with {operator}")
        elif operator in ("Exists", "DoesNotExist") and values:
            yield forbidden(f"{field}.values", f"found values, allowed none with {operator}")


def is_empty(selector: Selector) -> bool:
    """Whether it means everything."""
    return not selector.get("matchLabels") and not selector.get("matchExpressions")


def means(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Whether an object with these labels is meant."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions") or ():
        found, values = labels.get(rule["key"]), rule.get("values") or ()
        match rule["operator"]:
            case "In":
                holds = found in values
            case "NotIn":
                holds = found not in values
            case "Exists":
                holds = found is not None
            case _:
                holds = found is None
        if not holds:
            return False
    return True
