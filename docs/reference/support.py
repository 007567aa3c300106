"""Every field of the kinds that the controller carries, and every annotation: what has its effect, and the proof."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from controller.api.annotations import HEEDED, HEEDED_ON_SERVICES
from controller.api.kinds import NOT_CARRIED, Kind
from controller.reconcilers.not_carried import CARRIED
from docs.reference.markdown import code, table
from docs.reference.proofs import proofs

FIRST = "0.1.0"
"""The version that everything here is supported since, unless ``SINCE`` says otherwise."""
SINCE: dict[str, str] = {}

ANNOTATIONS = sorted(HEEDED | HEEDED_ON_SERVICES)

HEADER = ("field", "supported", "since", "proved by")


def page() -> str:
    """The page."""
    kinds = sorted(CARRIED, key=lambda kind: kind.name)
    blocks = ["# What is supported", _OPENING]
    for kind in kinds:
        blocks += [f"## {kind.name}", table(HEADER, _fields(kind))]
    blocks += ["## Annotations", table(("annotation", *HEADER[1:]), map(_annotation, ANNOTATIONS))]
    names = ", ".join(code(kind.name) for kind in sorted(NOT_CARRIED, key=lambda kind: kind.name))
    blocks += ["## Kinds that are only kept", f"Nothing is made of these, and each object says so: {names}."]
    return "\n\n".join(blocks) + "\n"


_OPENING = (
    "Written from the code and the tests: a field is supported where a reconciler carries it, and a test of the "
    "project holds that it does. A field that is not carried can be set, has no effect, and a condition of the object "
    "(`Supported` where the kind has it) says so."
)


def supported() -> list[str]:
    """Everything that is said to be supported: `Subnet.spec.private`, and the names of annotations."""
    fields = [subject for kind in CARRIED for subject, carried, _ in _of(kind) if carried]
    return [*fields, *ANNOTATIONS]


def _of(kind: Kind[Any]) -> Iterator[tuple[str, bool, str]]:
    """Each field: its name, whether it is carried, and with which values alone."""
    specification = next(entry for entry in msgspec.structs.fields(kind.type) if entry.name == "spec").type
    carried = CARRIED[kind]
    for entry in msgspec.structs.fields(specification):
        values = carried.get(entry.name)
        only = ", ".join(code(str(value) or "(nothing)") for value in values) if values else ""
        yield f"{kind.name}.spec.{entry.encode_name}", entry.name in carried, only


def _fields(kind: Kind[Any]) -> Iterator[tuple[str, str, str, str]]:
    for subject, is_carried, only in _of(kind):
        field = code(subject.removeprefix(f"{kind.name}."))
        if is_carried:
            yield field, f"only {only}" if only else "yes", SINCE.get(subject, FIRST), _proved(subject)
        else:
            yield field, "no", "", ""


def _annotation(name: str) -> tuple[str, str, str, str]:
    return code(name), "yes", SINCE.get(name, FIRST), _proved(name)


def _proved(subject: str) -> str:
    return ", ".join(code(test.removeprefix("tests/")) for test in proofs().get(subject, ()))
