"""What a selector by labels may not be: a rule that no labels could ever be held against."""

import re
from collections.abc import Iterator, Sequence

from controller.admission.cause import Cause, forbidden, invalid, required, unsupported
from controller.admission.labels import is_name
from controller.api.scheduling import LabelSelector
from controller.api.selectors import OPERATORS

_KEY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
KEYS = 'a label: an optional domain and "/", then at most 63 letters, digits, "-", "_" and "."'
VALUES = 'at most 63 letters, digits, "-", "_" and "."'


def selectors(field: str, found: Sequence[LabelSelector]) -> Iterator[Cause]:
    """What speaks against several selectors."""
    for position, selector in enumerate(found):
        yield from rules(f"{field}[{position}]", selector)


def rules(field: str, selector: LabelSelector) -> Iterator[Cause]:
    """Each rule of a selector has an operator that there is, the values that it needs, and labels that there can be."""
    for key, value in selector.match_labels.items():
        at = f"{field}.matchLabels[{key}]"
        yield from _key(at, key)
        yield from _value(at, value)
    for number, rule in enumerate(selector.match_expressions):
        at = f"{field}.matchExpressions[{number}]"
        yield from _key(f"{at}.key", rule.key)
        for position, value in enumerate(rule.values):
            yield from _value(f"{at}.values[{position}]", value)
        if rule.operator not in OPERATORS:
            yield unsupported(f"{at}.operator", rule.operator, OPERATORS)
        elif rule.operator in ("In", "NotIn") and not rule.values:
            yield required(f"{at}.values", f"at least one value for {rule.operator}")
        elif rule.operator in ("Exists", "DoesNotExist") and rule.values:
            yield forbidden(
                f"{at}.values", f"found {len(rule.values)}, allowed none: {rule.operator} has none"
            )


def _key(field: str, key: str) -> Iterator[Cause]:
    domain, slash, name = key.rpartition("/")
    if not _KEY.fullmatch(name) or (slash and not is_name(domain)):
        yield invalid(field, key, KEYS)


def _value(field: str, value: str) -> Iterator[Cause]:
    if not _VALUE.fullmatch(value):
        yield invalid(field, value, VALUES)
