from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import pytest
from pandas import DataFrame, concat

from testbed.results import Sample, frame_of, text_of_labels
from testbed.results.records import Label


class Samples(Protocol):
    """Makes a table of attempts at one metric; None is an attempt that failed."""

    def __call__(
        self,
        values: Iterable[float | None],
        *,
        metric: str = ...,
        mode: str = ...,
        instance: int = ...,
        labels: Mapping[str, Label] | None = ...,
    ) -> DataFrame: ...


@pytest.fixture
def a_table() -> Samples:
    def make(
        values: Iterable[float | None],
        *,
        metric: str = "ready_ms",
        mode: str = "full",
        instance: int = 1,
        labels: Mapping[str, Label] | None = None,
    ) -> DataFrame:
        rows = [
            Sample(
                metric=metric,
                mode=mode,
                instance=instance,
                trial=trial,
                labels=text_of_labels(labels),
                value=value,
                outcome="ok" if value is not None else "failed",
            )
            for trial, value in enumerate(values)
        ]
        return frame_of(rows, Sample)

    return make


@pytest.fixture
def together() -> Callable[..., DataFrame]:
    """Several tables as one."""
    return lambda *tables: concat(tables, ignore_index=True)
