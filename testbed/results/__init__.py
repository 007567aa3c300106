"""Runs on disk: their schema, writing and reading. Knows nothing of how a run comes about or what is made of it."""

from testbed.results.directory import RunDirectory, RunWriter, write_whole
from testbed.results.figures import (
    Bar,
    Bars,
    BarSeries,
    Ecdf,
    EcdfSeries,
    Figure,
    Growth,
    GrowthPoint,
    GrowthSeries,
    Heatmap,
    PowerLaw,
    Stack,
    StackBar,
    StackPart,
)
from testbed.results.find import RunNotFound, find, runs_in
from testbed.results.host import fingerprint
from testbed.results.journal import frame_of
from testbed.results.names import unit_of
from testbed.results.records import Counter, Metric, Source, lookup
from testbed.results.rows import Event, Resource, Sample, text_of_labels
from testbed.results.run import SCHEMA, Host, ReleaseUnderTest, Run, Stamps, Status, System, Validity
from testbed.results.stamps import stamps
from testbed.results.verdicts import Verdict, judge
from testbed.results.versions import UnreadableRun, decode, encode

__all__ = [
    "SCHEMA",
    "Bar",
    "BarSeries",
    "Bars",
    "Counter",
    "Ecdf",
    "EcdfSeries",
    "Event",
    "Figure",
    "Growth",
    "GrowthPoint",
    "GrowthSeries",
    "Heatmap",
    "Host",
    "Metric",
    "PowerLaw",
    "ReleaseUnderTest",
    "Resource",
    "Run",
    "RunDirectory",
    "RunNotFound",
    "RunWriter",
    "Sample",
    "Source",
    "Stack",
    "StackBar",
    "StackPart",
    "Stamps",
    "Status",
    "System",
    "UnreadableRun",
    "Validity",
    "Verdict",
    "decode",
    "encode",
    "find",
    "fingerprint",
    "frame_of",
    "judge",
    "lookup",
    "runs_in",
    "stamps",
    "text_of_labels",
    "unit_of",
    "write_whole",
]
