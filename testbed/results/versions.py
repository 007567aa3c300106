"""Reading ``run.json`` of every schema version ever written.

A version keeps its reader for good: a run is evidence, and evidence that the tool can no longer read is lost. A change
of ``Run`` that old documents do not satisfy raises ``SCHEMA`` and adds an upgrade here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from testbed.results.run import SCHEMA, Run


class UnreadableRun(ValueError):
    """A document that is no run of a version known here; the message says in one line what was found."""


UPGRADES: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""For each version before ``SCHEMA``: its document made into one of the next version."""


def encode(run: Run) -> bytes:
    """``run`` as indented JSON that ends in a newline."""
    return msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n"


def decode(data: bytes, upgrades: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = UPGRADES) -> Run:
    """The run in ``data``, whatever version wrote it. Raises ``UnreadableRun``."""
    try:
        document = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise UnreadableRun(f"not JSON: {error}") from None
    version = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(version, int):
        raise UnreadableRun("found no schema version, allowed a run.json")
    if version > SCHEMA:
        raise UnreadableRun(
            f"found schema version {version}, allowed up to {SCHEMA}: it needs a newer testbed"
        )
    while version < SCHEMA:
        if version not in upgrades:
            raise UnreadableRun(f"found schema version {version}, which was never written")
        document = upgrades[version](document)
        version += 1
        document["schema"] = version
    try:
        return msgspec.convert(document, Run)
    except msgspec.ValidationError as error:
        raise UnreadableRun(str(error)) from None
