"""The application: the commands put together, and their failures turned into a line and a status."""

from __future__ import annotations

import inspect
import os
import sys
import tempfile
import traceback
from pathlib import Path

import typer
from typer.exceptions import Abort, TyperException

from testbed.cli import (
    apply,
    clean,
    compare,
    delete,
    doctor,
    down,
    env,
    exec_,
    exits,
    export,
    get,
    listing,
    logs,
    releases,
    report,
    run,
    shell,
    show,
    status,
    tools,
    top,
    up,
    wait,
)
from testbed.cli.console import complain
from testbed.cli.objects import Refusal
from testbed.cli.paragraphs import flowing
from testbed.cluster import NoCluster, NotPrivileged, SpecError, StateInUse, StateUnusable
from testbed.experiment.errors import Fault, Unfit
from testbed.releases import ReleaseUnavailable
from testbed.results import RunNotFound, UnreadableRun

app = typer.Typer(
    name="testbed",
    help="Emulated clusters of real OVN daemons on one machine, driven and measured.",
    epilog="Begin with `testbed doctor`; then `testbed up` for a cluster to work with, or `testbed list` and "
    "`testbed run incremental` for a measurement. docs/tutorial.md does both in ten minutes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("doctor")(doctor.doctor)
app.command("up")(up.up)
app.command("status")(status.status)
app.command("env")(env.env)
app.command("exec", context_settings=exec_.SETTINGS)(exec_.exec_)
app.command("shell")(shell.shell)
app.command("apply")(apply.apply)
app.command("get")(get.get)
app.command("delete")(delete.delete)
app.command("wait")(wait.wait)
app.command("top")(top.top)
app.command("logs")(logs.logs)
for tool in (tools.nbctl, tools.sbctl, tools.trace, tools.vsctl, tools.ofctl, tools.appctl):
    app.command(tool.__name__, context_settings=tools.SETTINGS)(tool)
app.command("down")(down.down)
app.command("list")(listing.list_scenarios)
app.command("run")(run.run)
app.command("show")(show.show)
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("export")(export.export)
app.add_typer(releases.app, name="releases")
app.command("clean")(clean.clean)
for command in (*app.registered_commands, *releases.app.registered_commands):
    command.help = flowing(inspect.getdoc(command.callback) or "")


def main() -> None:
    """Run the command that ``sys.argv`` names and leave with its status."""
    sys.exit(status_of(sys.argv[1:]))


def status_of(arguments: list[str]) -> int:
    """Run one command; its failures are told on standard error. The status is one of ``exits``."""
    try:
        status = app(args=arguments, prog_name="testbed", standalone_mode=False)
        return status if isinstance(status, int) else exits.GOOD
    except TyperException as error:
        context = getattr(error, "ctx", None)
        complain(f"{error.format_message()} (see {context.command_path if context else 'testbed'} --help)")
        return exits.UNFIT
    except (
        Unfit,
        ReleaseUnavailable,
        RunNotFound,
        UnreadableRun,
        SpecError,
        NotPrivileged,
        StateInUse,
        StateUnusable,
        NoCluster,
        Refusal,
    ) as error:
        complain(str(error))
        return exits.UNFIT
    except (KeyboardInterrupt, Abort):
        complain("interrupted")
        return exits.INTERRUPTED
    except Fault as error:
        complain(f"{error}" + (f" (logs: {error.logs})" if error.logs else ""))
        return exits.FAULT
    except BrokenPipeError:  # a reader such as `head` went away: nothing is wrong with us
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.GOOD
    except Exception as error:
        complain(f"{type(error).__name__}: {error} (traceback: {_traceback_log()})")
        return exits.FAULT


def _traceback_log() -> Path:
    """The traceback of the exception in hand, in a file of its own: people see a line, developers all of it."""
    descriptor, name = tempfile.mkstemp(prefix="testbed-fault-", suffix=".log")
    with os.fdopen(descriptor, "w") as log:
        traceback.print_exc(file=log)
    return Path(name)
