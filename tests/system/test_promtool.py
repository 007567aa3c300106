"""A history read by Prometheus' own promtool, taken from Debian's package; no Prometheus is installed or started."""

import subprocess
from pathlib import Path

import msgspec
import pytest

from reports.export import FORMATS
from testbed.results import Metric, Run, RunDirectory
from tests.debian import unpacked
from tests.unit.reports.conftest import invented

__all__ = ["invented"]

pytestmark = pytest.mark.timeout(300)


def nights(run: Run, values: list[float | None]) -> list[Run]:
    return [
        msgspec.structs.replace(
            run,
            id=f"night-{night}",
            finished=f"2026-01-{night:02}T03:00:00+00:00",
            metrics=(Metric(name="full_all_nodes_p50_ms", value=value, better="lower"),),
            counters=(),
        )
        for night, value in enumerate(values, 1)
    ]


@pytest.fixture(scope="module")
def promtool() -> Path:
    return unpacked("bookworm", "prometheus", "prometheus") / "usr/bin/promtool"


def test_promtool_takes_every_line_and_backfills_the_history(
    promtool: Path, invented: RunDirectory, tmp_path: Path
) -> None:
    text = FORMATS["openmetrics"].render([invented.run()])
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    exposition = tmp_path / "history.om"
    exposition.write_text(FORMATS["openmetrics"].render(nights(invented.run(), [100.0, 101.0])))
    made = subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", str(exposition), str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    listed = subprocess.run(
        [promtool, "tsdb", "list", str(tmp_path / "data")], capture_output=True, text=True, check=True
    )
    assert len(listed.stdout.splitlines()) == 3, "a header, and a block for each night"
