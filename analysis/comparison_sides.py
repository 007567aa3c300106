"""One side of a comparison: the records of one release of one run, and the samples that they were made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec
import numpy as np
from pandas import DataFrame

from analysis.selection import Floats
from testbed.results import Counter, Metric, Run, RunDirectory, Source
from testbed.results.records import Label

RELEASE = "release"
"""The label that tells the releases of one run apart."""

Key = tuple[str, str]
"""Name and labels (as sorted text) of a record, without the release."""

R = TypeVar("R", Metric, Counter)


class Records(dict[Key, R], Generic[R]):
    """Records by what they are, whatever the release."""


@dataclass
class Samples:
    """A run's samples, found by ``Source``."""

    table: DataFrame
    _groups: list[tuple[str, str, Mapping[str, Label], DataFrame]] | None = field(default=None, init=False)

    def of(self, source: Source) -> dict[int, Floats]:
        """The measured values by instance; instances in which all attempts failed have none."""
        chosen = [
            rows
            for metric, mode, labels, rows in self._grouped()
            if metric == source.metric
            and mode == source.mode
            and all(key in labels and labels[key] == wanted for key, wanted in source.labels.items())
        ]
        found: dict[int, list[Floats]] = {}
        for rows in chosen:
            kept = rows[rows["block"] >= source.first_block]
            for instance, group in kept.groupby("instance"):
                values = group["value"].dropna().to_numpy(dtype=float)
                found.setdefault(int(str(instance)), []).append(values)
        return {instance: np.concatenate(found[instance]) for instance in sorted(found)}

    def _grouped(self) -> list[tuple[str, str, Mapping[str, Label], DataFrame]]:
        if self._groups is None:
            parts = self.table.groupby(["metric", "mode", "labels"], sort=False)
            self._groups = [
                (str(metric), str(mode), msgspec.json.decode(str(labels)), rows)
                for (metric, mode, labels), rows in parts
            ]
        return self._groups


@dataclass(frozen=True)
class Side:
    """One release of one run."""

    run: Run
    release: str
    samples: Samples

    @property
    def several(self) -> bool:
        """Whether the run has other releases too, so that its records carry the label."""
        return len(self.run.releases) > 1

    @property
    def version(self) -> str:
        """OVN's; empty if it was not recorded."""
        return next((entry.ovn for entry in self.run.releases if entry.name == self.release), "")

    def metrics(self) -> Records[Metric]:
        """The metrics of this release, without its label."""
        return self._own(self.run.metrics)

    def counters(self) -> Records[Counter]:
        """The counters of this release, without its label."""
        return self._own(self.run.counters)

    def _own(self, records: tuple[R, ...]) -> Records[R]:
        found: Records[R] = Records()
        for record in records:
            labels = dict(record.labels)
            if self.several and labels.pop(RELEASE, None) != self.release:
                continue
            bare = msgspec.structs.replace(record, labels=labels)
            found[record.name, msgspec.json.encode(labels, order="sorted").decode()] = bare
        return found


def sides_of(directory: RunDirectory) -> tuple[Side, ...]:
    """One side for each release of the run, in the order in which they were named. Raises ``UnreadableRun``."""
    run, samples = directory.run(), Samples(directory.samples())
    names = [release.name for release in run.releases] or [""]
    return tuple(Side(run, name, samples) for name in names)


def paired(baseline: RunDirectory, newer: RunDirectory) -> tuple[tuple[Side, Side], ...]:
    """Which release of one run stands against which of the other.

    Runs of one release each are compared whatever it is (that may be the question); of others, those of equal name.
    Raises ``ValueError`` if there is none.
    """
    before, after = sides_of(baseline), sides_of(newer)
    return tuple((before[one], after[other]) for one, other in pairs_of(before[0].run, after[0].run))


def pairs_of(before: Run, after: Run) -> tuple[tuple[int, int], ...]:
    """``paired`` by the places of the releases in their runs, which may still be planned. Raises ``ValueError``."""
    older, newer = ([release.name for release in run.releases] or [""] for run in (before, after))
    if len(older) == len(newer) == 1:
        return ((0, 0),)
    pairs = tuple((older.index(name), place) for place, name in enumerate(newer) if name in older)
    if not pairs:
        raise ValueError(
            f"no release in common: {before.id} has {', '.join(older)}, {after.id} has {', '.join(newer)}"
        )
    return pairs


def within(directory: RunDirectory) -> tuple[tuple[Side, Side], ...]:
    """The releases of one run: the first named against each other one."""
    first, *others = sides_of(directory)
    return tuple((first, other) for other in others)
