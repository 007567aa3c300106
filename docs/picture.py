"""The picture of a result that README and the first page show, drawn from a run by the reports' own drawing.

python -m docs.picture latest        (or any other run; writes docs/images/report.svg)
"""

from __future__ import annotations

import re
import sys
from importlib.resources import files
from pathlib import Path
from xml.sax.saxutils import escape

from reports.page import plots
from testbed.results import Ecdf, Growth, Run, find, write_whole

TARGET = Path(__file__).parent / "images" / "report.svg"
WIDTH, MARGIN, TITLE = 760.0, 16.0, 26.0
_VARIABLE = re.compile(r"var\((--[a-z0-9-]+)\)")
_VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def picture(run: Run) -> str:
    """One SVG of the run's distribution and growth, one below the other, in the colours of a light page."""
    height = MARGIN
    parts: list[str] = []
    for plot in plots(run):
        if not isinstance(plot.figure, Ecdf | Growth):
            continue
        found = _VIEW_BOX.search(plot.drawing.svg)
        assert found is not None
        tall = WIDTH * float(found[2]) / float(found[1])
        parts.append(_line(height + 14, plot.figure.title, 15, "--ink"))
        place = f'<svg y="{height + TITLE:.0f}" width="{WIDTH:.0f}" height="{tall:.0f}" '
        parts.append(plot.drawing.svg.replace("<svg ", place, 1))
        height += TITLE + tall + MARGIN
    parts.append(_line(height, _source(run), 11, "--muted"))
    size = f'viewBox="-{MARGIN:.0f} 0 {WIDTH + 2 * MARGIN:.0f} {height + MARGIN:.0f}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size} '
    paper = f'<rect x="-{MARGIN:.0f}" width="100%" height="100%" fill="var(--paper)"/>'
    text = f'{head}font-family="sans-serif">\n{paper}\n' + "\n".join(parts) + "\n</svg>\n"
    colours = _colours()
    return _VARIABLE.sub(lambda name: colours[name[1]], text)


def _line(y: float, text: str, size: int, colour: str) -> str:
    return f'<text x="0" y="{y:.0f}" font-size="{size}" fill="var({colour})">{escape(text)}</text>'


def _source(run: Run) -> str:
    releases = ", ".join(f"OVN {release.ovn}, OVS {release.ovs}" for release in run.releases)
    machine = f"{run.params.get('nodes')} nodes on {run.host.cores} cores"
    return " · ".join((f"run {run.id}", releases, machine, f"validity: {run.validity.verdict}"))


def _colours() -> dict[str, str]:
    """The variables of a report's page, as they are in light: the first that the style sheet gives."""
    css = (files("reports") / "templates" / "page.css").read_text()
    found: dict[str, str] = {}
    for name, colour in re.findall(r"(--[a-z0-9-]+):\s*(#[0-9a-f]+)", css):
        found.setdefault(name, colour)
    return found


if __name__ == "__main__":
    write_whole(TARGET, picture(find(Path("runs"), sys.argv[1]).run()).encode())
