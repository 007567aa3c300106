"""A history read by Apache Otava itself, in an environment of its own: it pins numpy to another version than ours."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from reports.export import FORMATS
from testbed.results import Metric, Run, RunDirectory
from tests.unit.reports.conftest import invented

__all__ = ["invented"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def night(run: Run, day: int, value: float | None) -> Run:
    return msgspec.structs.replace(
        run,
        id=f"night-{day}",
        finished=f"2026-01-{day:02}T03:00:00+00:00",
        metrics=(Metric(name="full_all_nodes_p50_ms", value=value, better="lower"),),
        counters=(),
    )


@pytest.fixture(scope="module")
def otava(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("otava")
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    subprocess.run([str(home / "bin" / "pip"), "install", "--quiet", "apache-otava==0.8.0"], check=True)
    return home / "bin" / "otava"


def test_otava_finds_the_night_on_which_a_figure_doubled(
    otava: Path, invented: RunDirectory, tmp_path: Path
) -> None:
    values: list[float | None] = [
        *(100 + day % 3 for day in range(10)),
        *(200 + day % 3 for day in range(10)),
    ]
    values[4] = None
    runs = [night(invented.run(), day, value) for day, value in enumerate(values, 1)]
    (tmp_path / "history.json").write_text(FORMATS["otava"].render(runs))
    (tmp_path / "otava.yaml").write_text("tests:\n  incremental:\n    type: json\n    file: history.json\n")
    done = subprocess.run(
        [otava, "analyze", "incremental", "--config-file", "otava.yaml", "--since", "2026-01-01"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    (change,) = [place for place, line in enumerate(lines) if line.strip().startswith("+")]
    assert "night-10" in "".join(lines[change - 2 : change])
    assert "night-11" in "".join(lines[change + 1 : change + 3])
