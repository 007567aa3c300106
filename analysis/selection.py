"""Picking from a run's samples, failed attempts included, so that what is counted is decided in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from testbed.results import Source
from testbed.results.records import Label

Floats = NDArray[np.float64]


def select(
    samples: DataFrame, metric: str, *, mode: str | None = None, labels: Mapping[str, Label] | None = None
) -> DataFrame:
    """The attempts at ``metric``, of one ``mode`` (None: of all) that carry at least these ``labels``.

    Failed attempts are part of the answer. An empty table stays a table with the same columns.
    """
    chosen = samples[samples["metric"] == metric]
    if mode is not None:
        chosen = chosen[chosen["mode"] == mode]
    for key, wanted in (labels or {}).items():
        chosen = chosen[np.array([_same(found, wanted) for found in label(chosen, key)], dtype=bool)]
    return chosen


def label(samples: DataFrame, key: str) -> list[Label | None]:
    """The value of one label for each sample, in order; None for a sample that does not carry it."""
    parsed = {text: msgspec.json.decode(text).get(key) for text in samples["labels"].unique()}
    return [parsed[text] for text in samples["labels"]]


def grouped(samples: DataFrame, key: str) -> dict[Label, DataFrame]:
    """The samples by the value of one label; those that do not carry it are left out."""
    found = label(samples, key)
    return {
        value: samples[[entry == value for entry in found]]
        for value in dict.fromkeys(found)
        if value is not None
    }


def _same(found: Label | None, wanted: Label) -> bool:
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


@dataclass(frozen=True)
class Attempts:
    """What became of a selection: the values by instance (equal length lists are not needed), and the counts."""

    by_instance: tuple[Floats, ...]
    attempts: int
    failed: int

    @classmethod
    def of(cls, selected: DataFrame, instances: tuple[int, ...] | None = None) -> Attempts:
        """Group ``selected`` by instance; ``instances`` fixes which, and their order (default: those it has)."""
        good = selected[selected["value"].notna()]
        known = instances if instances is not None else instances_of(selected)
        groups = tuple(good.loc[good["instance"] == key, "value"].to_numpy(dtype=float) for key in known)
        return cls(groups, len(selected), len(selected) - len(good))

    @property
    def values(self) -> Floats:
        """All values that were measured, in ascending order."""
        return np.sort(np.concatenate(self.by_instance)) if self.by_instance else np.empty(0)

    @property
    def n(self) -> int:
        """How many attempts gave a value."""
        return self.attempts - self.failed

    @property
    def instances(self) -> int:
        """How many instances were tried."""
        return len(self.by_instance)


def instances_of(*selections: DataFrame) -> tuple[int, ...]:
    """The instances that occur in any of these selections, in order."""
    return tuple(sorted({int(key) for selected in selections for key in selected["instance"].unique()}))


def source_of(selected: DataFrame) -> Source | None:
    """How to find the samples of ``selected`` again; None if it holds none, or those of several metrics or modes."""
    metrics, modes = selected["metric"].unique(), selected["mode"].unique()
    if len(metrics) != 1 or len(modes) != 1:
        return None
    first, *others = (
        msgspec.json.decode(text, type=dict[str, Label]) for text in selected["labels"].unique()
    )
    common = {
        key: value for key, value in first.items() if all(_same(other.get(key), value) for other in others)
    }
    return Source(
        metric=str(metrics[0]),
        mode=str(modes[0]),
        labels=common,
        first_block=int(selected["block"].min()),
    )
