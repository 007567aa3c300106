"""The sentences of a report, once for all its forms."""

from __future__ import annotations

import shlex

from reports.numbers import quantity, span
from testbed.results import Metric, Run

NOT = (
    "These figures come from a cluster emulated on one machine. Every node has its own databases, switch and "
    "ovn-controller, all of them the real programs, but they share this machine's processor cores, memory and "
    "clock. So a time until the last of several nodes contains their waiting for one another, which nodes with cores "
    "of their own do not know: what carries over to other machines are the counters and the processor time, and "
    "ratios of the latter; times in milliseconds compare with runs on this machine alone. Pods of kind stub answer "
    "no traffic; links have no length, and the userspace datapath is not the kernel's. Nothing here predicts what a "
    "packet will see in a production cluster, nor is it a ranking of products."
)
"""What the figures are not: the same in every report."""

STATISTICS = (
    "A median has its 95 % interval from a nested bootstrap over instances and samples (2,000 draws, seeded); where "
    "one cluster was built it covers that cluster alone and is marked within-run only. p99 is given from 100 samples "
    "on, below that only the maximum, and is a value that was seen, not one between two. Attempts that failed are "
    "counted beside each figure and keep a curve of the distribution below 100 %. Counters are exact amounts a "
    "change; where changes differed, the median stands with the smallest and greatest amount."
)
"""How figures are made from samples: the same in every report."""

CARRIES_OVER = (
    "Processor time is what the daemons ran, whatever else ran beside them: it carries over to machines where each "
    "node has cores of its own, a time to the last node does not."
)

REFERENCED = (
    "Dotted lines in the plots are figures that others have published, of other machines and often of a slightly "
    "different thing. They are there for orientation and are no part of any run."
)

NO_END = (
    "No end was recorded: the run is still going on, or it was killed. Figures are those that it had so far."
)

_STATUS = {"complete": "complete", "failed": "failed", "interrupted": "interrupted", "timed-out": "timed out"}


def answer(run: Run) -> str:
    """The answer in a sentence: the scenario's own, else its first headlines."""
    if run.answer:
        return run.answer
    told = [_tell(metric) for metric in _foremost(run)[:3] if metric.value is not None]
    return f"Measured: {'; '.join(told)}." if told else "Nothing was measured."


def status(run: Run) -> str:
    """How the run ended, with the reason."""
    if run.status == "running":
        return NO_END
    reason = f": {run.reason}" if run.reason else ""
    return f"{_STATUS[run.status].capitalize()}{reason}"


def verdict(run: Run) -> str:
    """How the expectations fared, in a few words."""
    if not run.expectations:
        return "no expectations"
    met = sum(entry.passed for entry in run.expectations)
    return f"{met} of {len(run.expectations)} expectations met"


def again(run: Run) -> str:
    """The command that makes the run again, with every param, so that it holds when a profile has changed since."""
    parts = ["testbed", "run", run.scenario]
    if run.profile:
        parts += ["--profile", run.profile]
    for key, value in run.params.items():
        parts += ["--set", f"{key}={_typed(value)}"]
    for release in run.releases:
        parts += ["--release", release.name]
    repeat = run.instances // max(len(run.releases), 1)
    if repeat > 1:
        parts += ["--repeat", str(repeat)]
    return shlex.join([*parts, "--seed", str(run.seed)])


def _typed(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(_typed(entry) for entry in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def tiles(run: Run) -> tuple[tuple[str, str, str], ...]:
    """Up to four figures to be seen first: value, name in words, interval. Those that an expectation bounds lead."""
    chosen = [metric for metric in _foremost(run) if metric.value is not None][:4]
    return tuple(
        (quantity(entry.value, entry.unit), plain(entry.name), span(entry.ci95, entry.unit))
        for entry in chosen
    )


def plain(name: str) -> str:
    """A metric's name in words, without its unit: ``full_all_nodes_p50_ms`` is ``full, all nodes, median``."""
    words = name.split("_")
    unit = Metric(name=name, value=None).unit
    if unit and unit != "/s":
        words = words[:-1]
    text = " ".join(words)
    for short, long in ((" p50", ", median"), (" p99", ", p99"), (" max", ", maximum")):
        text = text.removesuffix(short) + long if text.endswith(short) else text
    return text


def _foremost(run: Run) -> list[Metric]:
    bounded = [entry.metric for entry in run.expectations if not set(entry.labels) - {"release"}]
    heads = [metric for metric in run.metrics if metric.is_headline]
    return sorted(heads, key=lambda metric: (metric.name not in bounded, metric.ci95 is None))


def _tell(metric: Metric) -> str:
    interval = f" ({span(metric.ci95, metric.unit)})" if metric.ci95 else ""
    return f"{plain(metric.name)} {quantity(metric.value, metric.unit)}{interval}"
