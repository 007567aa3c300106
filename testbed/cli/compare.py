"""``testbed compare``: what became better or worse from one run, or one release, to the other."""

from __future__ import annotations

from typing import Annotated

import typer

from testbed.cli import exits
from testbed.cli.console import out, print_json
from testbed.cli.places import DEFAULT_RUNS, RunsDirectory
from testbed.experiment.errors import Unfit
from testbed.results import find


def compare(
    baseline: Annotated[str, typer.Argument(metavar="BASELINE", help="The older run.")],
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="The newer run; without it, the releases of BASELINE."),
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Compare runs of different machines, parameters or validity.")
    ] = False,
    least: Annotated[
        float, typer.Option(min=0.0, max=10.0, help="The smallest relative change that is an alarm.")
    ] = 0.05,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print it as Markdown.")] = False,
    runs: RunsDirectory = DEFAULT_RUNS,
    json: Annotated[bool, typer.Option("--json", help="Print the comparisons as JSON.")] = False,
) -> int:
    """Compare two runs, or the releases of one.

    Times are judged when both sides built several clusters (--repeat), counters always.

    Examples:
      testbed compare 20260101T0300 latest

      testbed compare latest                          releases of a run made with several --release

      testbed compare ID1 ID2 --json | jq '.[].metrics[] | select(.verdict == "worse")'

    Exit status: 0 nothing became worse, 1 something did, 2 the runs do not compare.
    """
    found = [find(runs, name) for name in (baseline, run) if name is not None]
    from analysis.comparison import compare as judge
    from analysis.comparison_obstacles import obstacles
    from analysis.comparison_sides import paired, within
    from reports import comparison_markdown, print_comparison

    if len(found) == 1:
        pairs = within(found[0])
        if not pairs:
            raise Unfit(f"{found[0].id} has one release: name a second run to compare it with")
    else:
        before, after = (entry.run() for entry in found)
        if before.scenario != after.scenario:
            raise Unfit(f"{before.id} is of {before.scenario}, {after.id} of {after.scenario}")
        differ = obstacles(before, after)
        if differ and not anyway:
            raise Unfit(f"not comparable: {'; '.join(differ)} (--anyway compares nevertheless)")
        try:
            pairs = paired(found[0], found[1])
        except ValueError as error:
            raise Unfit(str(error)) from None
    comparisons = [judge(older, newer, least=least) for older, newer in pairs]
    if json:
        print_json(comparisons)
    for comparison in comparisons if not json else ():
        if markdown:
            out.print(comparison_markdown(comparison), markup=False)
        else:
            print_comparison(comparison, out)
    return exits.JUDGED_BAD if any(entry.regressions for entry in comparisons) else exits.GOOD
