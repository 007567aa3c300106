"""Scenarios, their params and bounds, and how metrics are named, from the code that measures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docs.reference.markdown import code, table
from testbed.experiment import registry
from testbed.experiment.params import parameters
from testbed.experiment.scenario import Scenario
from testbed.measure.ends import ENDS_OF
from testbed.results.names import UNITS

_ENDS = {
    "nb": "the row is in the Northbound database",
    "sb": "the row that northd made of it is in the Southbound database",
    "plugged": "the interface is in the database of the pod's node",
    "claimed": "the pod's node has claimed the port",
    "up": "the Southbound database calls the port up",
    "installed": "the pod's node calls the port installed",
    "all_nodes": "the last node has (or has lost) both flows that a packet to the pod needs",
}
_STATISTICS = (
    ("_p50", "median"),
    ("_p99", "a value that 99 of 100 stayed below; given from 100 samples on"),
    ("_max", "the greatest value that was seen"),
    ("_over_", "a ratio of medians; no unit"),
    ("_per_change", "an exact amount of work of one change"),
)


def page() -> str:
    """The page of scenarios and metrics."""
    units = ((code(f"_{suffix}"), unit) for suffix, unit in UNITS.items())
    return (
        "\n\n".join(
            [
                "# Metrics",
                "A metric is a name, labels and a value. Its name says its unit and statistic; without labels it is a "
                "headline of the run. `testbed show --json` has them all, with attempts, failures and intervals.",
                "## Names",
                table(("ends in", "unit"), (*units, ("anything else", "none: a count or a ratio"))),
                table(("has in it", "statistic"), ((code(part), told) for part, told in _STATISTICS)),
                "## Ends of a change",
                "What label `end` and the names of stages (`nb_to_sb`) mean; times run from the moment at which the "
                "API accepted the change.",
                table(("end", "when", "seen of"), (_end(end) for end in ENDS_OF["added"])),
                *(_section(scenario) for scenario in registry.load().scenarios.values()),
            ]
        )
        + "\n"
    )


def _end(end: str) -> tuple[str, str, str]:
    return code(end), _ENDS[end], ", ".join(change for change, ends in ENDS_OF.items() if end in ends)


def _section(scenario: type[Scenario]) -> str:
    return "\n\n".join(_blocks(scenario))


def _blocks(scenario: type[Scenario]) -> Iterator[str]:
    yield f"## Scenario {scenario.name()}"
    yield "\n\n".join(" ".join(block.split()) for block in (scenario.__doc__ or "").split("\n\n"))
    profiles = scenario.profiles
    rows = [
        (code(entry.name), *(_shown(getattr(params, entry.name)) for params in profiles.values()), entry.allowed,
         entry.description)
        for entry in parameters(scenario.Params)
    ]  # fmt: skip
    yield table(("param", *profiles, "allowed", "meaning"), rows)
    if scenario.expectations:
        yield table(("expected", "why"), ((code(str(entry)), entry.why) for entry in scenario.expectations))


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
