"""Label and field selectors: parsed once a request into predicates over what the store keeps beside an object's bytes.

Syntax: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors and
https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from testbed.apiserver.status import bad_request

Texts = Mapping[str, str]
Predicate = Callable[[Texts], bool]

_KEY = r"(?:[a-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?"
_EQUALITY = re.compile(rf"({_KEY})\s*(==|=|!=)\s*({_VALUE})")
_SET = re.compile(rf"({_KEY})\s+(in|notin)\s*\(([^()]*)\)")
_EXISTENCE = re.compile(rf"(!?)\s*({_KEY})")
_ORDER = re.compile(rf"({_KEY})\s*([<>])\s*(-?\d+)")
_SPLIT = re.compile(r",(?![^(]*\))")
_FIELD = re.compile(r"([A-Za-z.]+)(==|=|!=)((?:[^,=\\]|\\.)*)")
_FIELD_SPLIT = re.compile(r"(?<!\\),")


@dataclass(frozen=True, slots=True)
class Selector:
    """Which objects of a collection are meant: every label rule and every field rule must hold.

    ``name`` and ``namespace`` are set where the field rules fix them, so that a reader can go there at once; ``route``
    is one field and the value that a rule fixes it to, so that a watcher is told of nothing else.
    """

    labels: tuple[Predicate, ...] = ()
    fields: tuple[Predicate, ...] = ()
    name: str | None = None
    namespace: str | None = None
    route: tuple[str, str] | None = None

    @property
    def is_everything(self) -> bool:
        """Whether no rule was given."""
        return not self.labels and not self.fields

    def matches(self, labels: Texts, fields: Texts) -> bool:
        """Whether an object with these labels and selectable fields is meant."""
        for rule in self.fields:
            if not rule(fields):
                return False
        return all(rule(labels) for rule in self.labels)


EVERYTHING = Selector()


def parse(label_selector: str, field_selector: str, selectable: Collection[str]) -> Selector:
    """The selector of a request. Raises ``ApiError`` 400 naming what cannot be understood or is not supported."""
    labels = tuple(_label_rule(part.strip()) for part in _parts(_SPLIT, label_selector))
    rules: list[Predicate] = []
    fixed: dict[str, str] = {}
    for part in _parts(_FIELD_SPLIT, field_selector):
        found = _FIELD.fullmatch(part.strip())
        if not found:
            raise bad_request(
                f"unable to parse field selector: found {part!r}, allowed FIELD=VALUE or FIELD!=VALUE"
            )
        field, operator, value = found[1], found[2], re.sub(r"\\(.)", r"\1", found[3])
        if field not in selectable:
            allowed = ", ".join(sorted(selectable))
            raise bad_request(f"field label not supported: found {field!r}, allowed {allowed}")
        if operator == "!=":
            rules.append(partial(_field_differs, field, value))
        else:
            rules.append(partial(_field_is, field, value))
            fixed[field] = value
    route = next(iter(fixed.items()), None)
    return Selector(labels, tuple(rules), fixed.get("metadata.name"), fixed.get("metadata.namespace"), route)


def _parts(separator: re.Pattern[str], text: str) -> list[str]:
    return separator.split(text) if text.strip() else []


def _label_rule(part: str) -> Predicate:
    if found := _EQUALITY.fullmatch(part):
        return partial(_label_differs if found[2] == "!=" else _label_is, found[1], found[3])
    if found := _SET.fullmatch(part):
        values = frozenset(value.strip() for value in found[3].split(","))
        for value in values:
            if not re.fullmatch(_VALUE, value):
                raise _not_understood(part)
        return partial(_in if found[2] == "in" else _not_in, found[1], values)
    if found := _EXISTENCE.fullmatch(part):
        return partial(_lacks if found[1] else _exists, found[2])
    if found := _ORDER.fullmatch(part):
        return partial(_above if found[2] == ">" else _below, found[1], int(found[3]))
    raise _not_understood(part)


def _not_understood(part: str) -> Exception:
    allowed = "KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY, !KEY, KEY>N, KEY<N"
    return bad_request(f"unable to parse label selector: found {part!r}, allowed {allowed}")


def _field_is(key: str, value: str, texts: Texts) -> bool:
    return texts.get(key, "") == value


def _field_differs(key: str, value: str, texts: Texts) -> bool:
    return texts.get(key, "") != value


def _label_is(key: str, value: str, texts: Texts) -> bool:
    return texts.get(key) == value


def _label_differs(key: str, value: str, texts: Texts) -> bool:
    return texts.get(key) != value


def _in(key: str, values: frozenset[str], texts: Texts) -> bool:
    return texts.get(key) in values


def _not_in(key: str, values: frozenset[str], texts: Texts) -> bool:
    return texts.get(key) not in values


def _exists(key: str, texts: Texts) -> bool:
    return key in texts


def _lacks(key: str, texts: Texts) -> bool:
    return key not in texts


def _number(key: str, texts: Texts) -> int | None:
    value = texts.get(key, "")
    return int(value) if value.removeprefix("-").isdecimal() else None


def _above(key: str, bound: int, texts: Texts) -> bool:
    number = _number(key, texts)
    return number is not None and number > bound


def _below(key: str, bound: int, texts: Texts) -> bool:
    number = _number(key, texts)
    return number is not None and number < bound
