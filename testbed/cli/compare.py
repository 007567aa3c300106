"""``testbed compare``: what became better or worse from one run, or one release, to the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli import exits
from testbed.cli.console import out, print_json
from testbed.cli.places import DEFAULT_RUNS, RunsDirectory
from testbed.experiment.errors import Unfit
from testbed.results import Run, RunDirectory, find

if TYPE_CHECKING:
    from analysis.comparison import Comparison


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
    older = find(runs, baseline)
    comparisons = between(older, find(runs, run), anyway, least) if run else among(older, least)
    if not comparisons:
        raise Unfit(f"{older.id} has one release: name a second run to compare it with")
    from reports import comparison_markdown, print_comparison

    if json:
        print_json(comparisons)
    for comparison in comparisons if not json else ():
        if markdown:
            out.print(comparison_markdown(comparison), markup=False)
        else:
            print_comparison(comparison, out)
    return exits.JUDGED_BAD if any(entry.regressions for entry in comparisons) else exits.GOOD


def among(directory: RunDirectory, least: float = 0.05) -> list[Comparison]:
    """The releases of one run, each against the first; none if there is one."""
    from analysis.comparison import side_by_side

    return side_by_side(directory, least=least)


def between(older: RunDirectory, newer: RunDirectory, anyway: bool, least: float = 0.05) -> list[Comparison]:
    """Two runs, release by release. Raises ``Unfit`` if they do not compare, unless ``anyway``."""
    from analysis.comparison import compare as judge
    from analysis.comparison_obstacles import obstacles
    from analysis.comparison_sides import paired

    before, after = older.run(), newer.run()
    _require_comparable(before, after, () if anyway else obstacles(before, after))
    return [judge(one, other, least=least) for one, other in paired(older, newer)]


def require_will_compare(older: RunDirectory, planned: Run, anyway: bool) -> None:
    """Raises ``Unfit`` if it is known before the ``planned`` run begins that ``between`` would refuse it."""
    from analysis.comparison_obstacles import foreseen

    before = older.run()
    _require_comparable(before, planned, () if anyway else foreseen(before, planned))


def _require_comparable(before: Run, after: Run, differ: Sequence[str]) -> None:
    """Raises ``Unfit`` for runs of different scenarios or releases, or naming all in which they ``differ``."""
    from analysis.comparison_sides import pairs_of

    if before.scenario != after.scenario:
        raise Unfit(f"not comparable: {before.id} is of {before.scenario}, {after.id} of {after.scenario}")
    try:
        pairs_of(before, after)
    except ValueError as error:
        raise Unfit(f"not comparable: {error}") from None
    if differ:
        raise Unfit(f"not comparable: {'; '.join(differ)} (--anyway compares nevertheless)")
