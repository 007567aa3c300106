"""One fault of an object, told as Kubernetes tells it: where, what sort, what was found and what is allowed.

The reasons are Kubernetes' CauseTypes (k8s.io/apimachinery, pkg/apis/meta/v1/types.go).
"""

import json
from typing import Literal

import msgspec

LONGEST = 200
"""Characters of a found value that a message shows."""

Reason = Literal[
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueInvalid",
    "FieldValueNotFound",
    "FieldValueNotSupported",
    "FieldValueRequired",
]


class Cause(msgspec.Struct, frozen=True):
    """A fault: the path of the field, the sort of fault, and a sentence for whoever wrote the object."""

    field: str
    reason: Reason
    message: str


def invalid(field: str, found: object, allowed: str) -> Cause:
    """The value can never be right there."""
    return Cause(field, "FieldValueInvalid", _sentence(found, allowed))


def unsupported(field: str, found: object, allowed: tuple[str, ...]) -> Cause:
    """The value is none of those that exist."""
    return Cause(field, "FieldValueNotSupported", _sentence(found, ", ".join(map(_quoted, allowed))))


def required(field: str, allowed: str) -> Cause:
    """A value is missing."""
    return Cause(field, "FieldValueRequired", f"found nothing, allowed {allowed}")


def duplicate(field: str, found: object, owner: str) -> Cause:
    """The value is another's, or stands there twice."""
    return Cause(
        field, "FieldValueDuplicate", _sentence(found, f"a value that is not in use: {owner} has it")
    )


def not_found(field: str, found: object, allowed: str) -> Cause:
    """The value names an object that does not exist."""
    return Cause(field, "FieldValueNotFound", _sentence(found, allowed))


def forbidden(field: str, message: str) -> Cause:
    """The change is not possible in the present state of the others."""
    return Cause(field, "FieldValueForbidden", message)


def _sentence(found: object, allowed: str) -> str:
    return f"found {_quoted(found)}, allowed {allowed}"


def _quoted(value: object) -> str:
    """The value on one line, and never a whole book of it."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if not text.isprintable():
        text = json.dumps(value, default=str)
    return text if len(text) <= LONGEST else f'{text[: LONGEST - 4]}..."'
