"""``testbed list``: the scenarios there are, what each asks, with which profiles and params."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from testbed.cli import exits
from testbed.cli.console import err, out, print_json
from testbed.experiment import registry
from testbed.experiment.params import parameters
from testbed.experiment.scenario import Scenario


def list_scenarios(
    scenario: Annotated[str | None, typer.Argument(help="Show this one with all its params.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Show the scenarios that can be run.

    Every Python file of the folder scenarios/ (or of $TESTBED_SCENARIOS) with a subclass of Scenario is one.
    A file that cannot be loaded is named with the reason and hides nothing else.

    Examples:
      testbed list

      testbed list incremental        its profiles and params, with what each may be

      testbed list --json | jq -r '.scenarios[].name'
    """
    found = registry.load()
    chosen = {scenario: found.find(scenario)} if scenario else found.scenarios
    if json:
        print_json(
            {
                "scenarios": [_document(entry) for entry in chosen.values()],
                "broken": [{"path": str(entry.path), "reason": entry.reason} for entry in found.broken],
            }
        )
        return exits.GOOD
    if scenario:
        _show_one(chosen[scenario])
    else:
        table = Table("scenario", "what it asks", "profiles", box=None, pad_edge=False)
        for entry in chosen.values():
            table.add_row(entry.name(), entry.title(), ", ".join(entry.profiles))
        out.print(table)
    for fault in found.broken:
        err.print(f"broken: {fault.path}: {fault.reason}", markup=False)
    return exits.GOOD


def _document(scenario: type[Scenario]) -> dict[str, Any]:
    return {
        "name": scenario.name(),
        "title": scenario.title(),
        "profiles": {name: msgspec.to_builtins(params) for name, params in scenario.profiles.items()},
        "params": [msgspec.to_builtins(entry) for entry in parameters(scenario.Params)],
        "expectations": [str(entry) for entry in scenario.expectations],
    }


def _show_one(scenario: type[Scenario]) -> None:
    out.print(scenario.name(), style="bold")
    out.print((scenario.__doc__ or "").strip() + "\n", markup=False)
    table = Table("param", "allowed", *scenario.profiles, "meaning", box=None, pad_edge=False)
    for entry in parameters(scenario.Params):
        values = [_shown(getattr(params, entry.name)) for params in scenario.profiles.values()]
        table.add_row(entry.name, entry.allowed, *values, entry.description)
    out.print(table)
    for expectation in scenario.expectations:
        out.print(
            f"expects {expectation}" + (f"  ({expectation.why})" if expectation.why else ""), markup=False
        )


def _shown(value: Any) -> str:
    return ",".join(str(entry) for entry in value) if isinstance(value, tuple) else str(value)
