"""Where runs are kept unless somebody says otherwise."""

from pathlib import Path
from typing import Annotated

import typer

RUNS_VARIABLE = "TESTBED_RUNS"

RunsDirectory = Annotated[
    Path,
    typer.Option(
        "--runs-dir", envvar=RUNS_VARIABLE, help="Directory that holds the runs.", show_default=True
    ),
]
DEFAULT_RUNS = Path("runs")

RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="A path, 'latest', or the beginning of a run's id.")
]
