"""ConfigMaps and Secrets: keys that can be file names, values that are what they claim, and both fixed if asked for."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from testbed.apiserver.rules.causes import forbidden, invalid, unchanged
from testbed.apiserver.status import Cause

Document = dict[str, Any]

LARGEST = 2**20
"""Bytes of all values together."""

_KEY = re.compile(r"[-._a-zA-Z0-9]+")


def complete_secret(document: Document) -> None:
    """Text that a client sends readable is kept as all values are."""
    document.setdefault("type", "Opaque")
    for key, text in (document.pop("stringData", None) or {}).items():
        document.setdefault("data", {})[key] = base64.b64encode(text.encode()).decode()


def judge(new: Document, old: Document | None) -> Iterator[Cause]:
    """A ConfigMap; the values of ``binaryData`` are base64."""
    yield from _keys(new, "data", "binaryData")
    yield from _base64(new, "binaryData")
    twice = set(new.get("data") or ()) & set(new.get("binaryData") or ())
    if twice:
        yield invalid("binaryData", ", ".join(sorted(twice)), "keys that data does not have")
    yield from _fixed(new, old, "data", "binaryData")


def judge_secret(new: Document, old: Document | None) -> Iterator[Cause]:
    """A Secret; its values are base64."""
    yield from _keys(new, "data")
    yield from _base64(new, "data")
    if old is not None:
        yield from unchanged("type", new["type"], old["type"])
    yield from _fixed(new, old, "data")


def _keys(document: Document, *members: str) -> Iterator[Cause]:
    size = 0
    for member in members:
        for key, value in (document.get(member) or {}).items():
            size += len(value)
            if len(key) > 253 or not _KEY.fullmatch(key) or key in (".", ".."):
                allowed = 'at most 253 letters, digits, "-", "_" and "."'
                yield invalid(f"{member}[{key[:80]}]", key, allowed)
    if size > LARGEST:
        yield Cause("", "FieldValueTooLong", f"found {size} bytes in all, allowed {LARGEST}")


def _base64(document: Document, member: str) -> Iterator[Cause]:
    for key, value in (document.get(member) or {}).items():
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            yield invalid(f"{member}[{key}]", value, "base64")


def _fixed(new: Document, old: Document | None, *members: str) -> Iterator[Cause]:
    if old is None or not old.get("immutable"):
        return
    for member in members:
        if new.get(member) != old.get(member):
            yield forbidden(member, "found another value, allowed no change: the object is immutable")
    if not new.get("immutable"):
        yield forbidden("immutable", "found false, allowed true, as it was before")
