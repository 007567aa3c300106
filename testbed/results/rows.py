"""The rows that a run keeps by the thousand, and the tables that they become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from testbed.results.names import unit_of
from testbed.results.records import Label

if TYPE_CHECKING:
    import pyarrow as pa


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to measure ``metric``: its ``value``, or None and the ``reason`` why it failed.

    The stages of one change share ``instance``, ``block`` and ``trial``. ``start_ns`` is CLOCK_MONOTONIC. ``labels`` is
    a JSON object with sorted keys, so that equal labels are equal text (``text_of_labels``).
    """

    instance: int = 0
    block: int = 0
    trial: int = 0
    mode: str = ""
    metric: str
    labels: str = "{}"
    start_ns: int = 0
    value: float | None
    outcome: str = "ok"
    reason: str = ""

    def __post_init__(self) -> None:
        unit_of(self.metric)
        if (self.value is None) == (self.outcome == "ok"):
            raise ValueError(
                f"sample of {self.metric}: found value {self.value} with outcome {self.outcome!r}, "
                "allowed a value with 'ok', or none with what went wrong"
            )


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened when: CLOCK_MONOTONIC and wall-clock nanoseconds, what it was (``kind``), to which ``object``."""

    monotonic_ns: int
    wall_ns: int
    kind: str
    object: str = ""
    node: str = ""
    instance: int = 0
    detail: str = ""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """What one daemon held at one moment. None where a figure does not apply (flows of a database, say)."""

    monotonic_ns: int
    node: str
    daemon: str
    instance: int = 0
    pss_mib: float | None = None
    processor_ns: int | None = None
    wait_ns: int | None = None
    database_bytes: int | None = None
    flows: int | None = None


def text_of_labels(labels: Mapping[str, Label] | None) -> str:
    """Labels as a table keeps them: a JSON object with sorted keys."""
    return msgspec.json.encode(dict(labels or {}), order="sorted").decode()


def arrow_schema(kind: type[msgspec.Struct]) -> pa.Schema:
    """The columns of a table of ``kind``, in the order of its fields, so that an empty table has them too."""
    import pyarrow as pa

    columns = {"str": pa.string(), "int": pa.int64(), "float": pa.float64()}
    return pa.schema([(field.name, columns[field.type.partition(" |")[0]]) for field in _annotations(kind)])


class _Column(msgspec.Struct, frozen=True):
    name: str
    type: str


def _annotations(kind: type[msgspec.Struct]) -> list[_Column]:
    return [_Column(name, kind.__annotations__[name]) for name in kind.__struct_fields__]
