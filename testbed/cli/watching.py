"""Progress of a run: a bar on a terminal, plain lines where a program or a log reads."""

from __future__ import annotations

import time
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from testbed.cli.console import err
from testbed.cli.presenting import present
from testbed.experiment.channel import Progress
from testbed.results import Run

LINE_INTERVAL_S = 5.0
"""Without a terminal: the least time between two lines of the same text."""


class Watcher:
    """Shows what a run tells of itself."""

    def __init__(self) -> None:
        self._bar: RichProgress | None = None
        self._said = ("", 0.0)

    def progress(self, instance: int, of: int, progress: Progress) -> None:
        """Draw the bar, or write a line when the text changed or a while has passed."""
        text = progress.text if of == 1 else f"instance {instance}/{of}: {progress.text}"
        if err.is_terminal:
            self._draw(text, progress)
            return
        before, when = self._said
        finished = progress.total is not None and progress.done == progress.total
        if text == before and not finished and time.monotonic() - when < LINE_INTERVAL_S:
            return
        self._said = (text, time.monotonic())
        count = f" {progress.done}/{progress.total}" if progress.total else ""
        err.print(f"{text}{count}", markup=False)

    def pause(self) -> None:
        """Stop drawing."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def kept(self, run: Run, directory: Path, look: tuple[str, ...]) -> None:
        """Show the results and how to look at the cluster that is kept up."""
        present(run, directory)
        err.print("\nThe cluster stays up until Ctrl-C. Look at it with:", markup=False)
        for line in look:
            err.print(f"  {line}", markup=False)

    def _draw(self, text: str, progress: Progress) -> None:
        if self._bar is None:
            self._bar = RichProgress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=err,
                transient=True,
                refresh_per_second=4,
            )
            self._bar.add_task(text)
            self._bar.start()
        task = self._bar.task_ids[0]
        if self._bar.tasks[0].description != text:
            self._bar.reset(task, description=text)
        self._bar.update(task, completed=progress.done or 0, total=progress.total)
