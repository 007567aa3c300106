"""The tutorial, and the page that looks into its cluster, are carried out as they are written: commands in order."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.transcript import Step, carry_out, steps

ROOT = Path(__file__).resolve().parents[2]
BEFORE, HEADING, COMPARISON = (
    (ROOT / "docs/tutorial.md").read_text().partition("\n## Two releases compared\n")
)
SETUP = steps(BEFORE)[:1]

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]


@pytest.fixture
def environment(state_root: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Of somebody whose clusters and runs are nobody else's."""
    mine = {**os.environ, "TESTBED_STATE": str(state_root), "TESTBED_RUNS": str(tmp_path / "runs")}
    mine.pop("TESTBED_CLUSTER", None)
    yield mine
    subprocess.run([ROOT / ".venv/bin/testbed", "down", "--all"], env=mine, check=False, capture_output=True)


@pytest.mark.timeout(300)
def test_two_pods_ping_over_geneve_and_are_looked_into(environment: dict[str, str], tmp_path: Path) -> None:
    *tutorial, end = steps(BEFORE)
    look = steps((ROOT / "docs/howto/look-inside.md").read_text())
    assert end.commands == "testbed down\n"
    assert len([step for step in (*tutorial, *look) if step.output]) >= 8
    carry_out([*tutorial, Step(f"cd {tmp_path}", ()), *look, end], ROOT, environment, timeout_s=290)
    assert (tmp_path / "overlay.pcap").stat().st_size > 4 * 98, "four echoes, each in its Geneve packet"


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_two_releases_are_compared(environment: dict[str, str]) -> None:
    compared = steps(HEADING + COMPARISON)
    assert "--release suite:" in "".join(step.commands for step in compared)
    carry_out([*SETUP, *compared], ROOT, environment, timeout_s=1400)
    (report,) = Path(environment["TESTBED_RUNS"]).glob("incremental/*/report.html")
    assert "Side by side" in report.read_text()
