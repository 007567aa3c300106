"""Statistics on runs: pure functions from samples to figures, with no opinion about OVN.

Samples are tables with the columns of ``testbed.results.Sample``. Attempts that failed stay in every count: a summary
says how many there were and how many gave no value, and never just leaves them out.
"""

from analysis.counting import count, counts_by
from analysis.growth import growth, power_law, rungs
from analysis.ratios import ratio_of_medians
from analysis.selection import select
from analysis.stages import StageShare, stack_bar, stages
from analysis.summaries import ecdf_series, latency, maximum, median, minimum, tail, total

__all__ = [
    "StageShare",
    "count",
    "counts_by",
    "ecdf_series",
    "growth",
    "latency",
    "maximum",
    "median",
    "minimum",
    "power_law",
    "ratio_of_medians",
    "rungs",
    "select",
    "stack_bar",
    "stages",
    "tail",
    "total",
]
