"""``testbed run``: carry out a scenario and leave a run."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from testbed.cli import exits
from testbed.cli.compare import among, between, require_will_compare
from testbed.cli.console import complain, out, print_json
from testbed.cli.places import DEFAULT_RUNS, RunsDirectory
from testbed.experiment import registry
from testbed.experiment.errors import Fault, Unfit
from testbed.experiment.params import override
from testbed.results import ReleaseUnderTest, Run, find, fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from testbed.experiment.run import Order
    from testbed.releases import Release
    from testbed.results import RunWriter

DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|)")
SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def run(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A name that `testbed list` shows.")],
    profile: Annotated[
        str, typer.Option(help="A named set of params of the scenario.")
    ] = registry.DEFAULT_PROFILE,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Put a param in place; may be repeated."),
    ] = None,
    release: Annotated[
        list[str] | None,
        typer.Option(
            help="OVN build under test: system (default), suite:NAME or prefix:/path; several stand side by side."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all random choices; drawn if not given.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Build the cluster so many times, of each release.")] = 1,
    max_time: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Stop after this long (90s, 30m, 2h); keeps what it had."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the last cluster up until Ctrl-C.")] = False,
    keep_databases: Annotated[
        bool, typer.Option("--keep-databases", help="Keep NB, SB and the nodes' databases in the run.")
    ] = False,
    against: Annotated[
        str | None, typer.Option(metavar="RUN", help="Compare with this run; a regression is status 1.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Compare with a run of another machine, parameters or validity.")
    ] = False,
    runs: RunsDirectory = DEFAULT_RUNS,
    json: Annotated[bool, typer.Option("--json", help="Print run.json instead of the table.")] = False,
) -> int:
    """Run a scenario on an emulated cluster, then print its table and the path of its report.

    What does not fit (an unknown name, too little memory, no privilege) is refused before anything is started. A run
    that is stopped (Ctrl-C, --max-time, a daemon that dies) keeps the results it had.

    Examples:
      sudo testbed run incremental

      sudo testbed run incremental --profile nightly --release suite:sid

      sudo testbed run incremental --set pods=3000 --set nodes=5 --repeat 3

      sudo testbed run incremental --release system --release suite:sid --repeat 3

      sudo testbed run incremental --repeat 3 --against ID

      sudo testbed run incremental --keep        then look at the cluster with kubectl

    Exit status: 0 good, 1 an expectation failed or something became worse, 2 unfit request or machine (or not
    comparable), 3 a fault of the testbed, 130 Ctrl-C.
    """
    chosen = registry.load().find(scenario)
    if profile not in chosen.profiles:
        raise Unfit(
            f"unknown profile {profile!r} of {scenario}; allowed: {', '.join(chosen.profiles)} "
            f"(`testbed list {scenario}` shows them)"
        )
    params = override(chosen.profiles[profile], settings or ())
    limit = _seconds(max_time) if max_time is not None else None

    from reports import print_comparison
    from testbed.cli.watching import Watcher
    from testbed.experiment.run import Order, check, execute

    order = Order(
        scenario=chosen,
        profile=profile,
        params=params,
        releases=tuple(release or ["system"]),
        seed=secrets.randbits(32) if seed is None else seed,
        runs=runs,
        repeat=repeat,
        max_time_s=limit,
        keep=keep,
        keep_databases=keep_databases,
    )
    builds = check(order)
    baseline = find(runs, against) if against else None
    if baseline is not None:
        require_will_compare(baseline, _planned(order, builds), anyway)
    done, writer = execute(order, builds, Watcher())
    _show(done, writer, order, json)
    if done.status == "interrupted":
        complain(f"interrupted; the results so far are in {writer.path}")
        return exits.INTERRUPTED
    if done.status == "timed-out":
        complain(f"{done.reason}; the results so far are in {writer.path}")
    releases = among(writer)
    since = between(baseline, writer, anyway) if baseline else []
    for comparison in (*releases, *since) if not json else ():
        print_comparison(comparison, out)
    worse = any(entry.regressions for entry in since)
    return exits.GOOD if done.passed and not worse else exits.JUDGED_BAD


def _show(done: Run, writer: RunWriter, order: Order, json: bool) -> None:
    """The run as people, or as programs, read it; a report in any case. Raises ``Fault`` where it failed."""
    from testbed.cli.presenting import present, write_report

    if json:
        write_report(writer)
        print_json(done)
    elif done.status == "failed" and not done.metrics:
        write_report(writer)  # the fault says all there is
    elif not order.keep:
        present(done, writer.path)
    if done.status == "failed":
        raise Fault(done.reason, writer.logs)


def _planned(order: Order, builds: Sequence[Release]) -> Run:
    """What is known of the run before it begins."""
    return Run(
        id="this run",
        scenario=order.scenario.name(),
        params=msgspec.to_builtins(order.params),
        host=fingerprint(),
        releases=tuple(ReleaseUnderTest(name=build.name) for build in builds),
    )


def _seconds(text: str) -> float:
    found = DURATION.fullmatch(text)
    if found is None or float(found.group(1)) <= 0:
        raise Unfit(f"--max-time: found {text!r}, allowed a time such as 90s, 30m or 2h")
    return float(found.group(1)) * SECONDS[found.group(2)]
