"""The tutorial is carried out as it is written: its own commands, in their order, in one shell."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.transcript import carry_out, steps

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


@pytest.mark.timeout(180)
def test_two_pods_ping_over_geneve_and_are_captured(environment: dict[str, str]) -> None:
    cluster = steps(BEFORE)
    assert len([step for step in cluster if step.output]) >= 6
    carry_out(cluster, ROOT, environment, timeout_s=170)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_two_releases_are_compared(environment: dict[str, str]) -> None:
    compared = steps(HEADING + COMPARISON)
    assert "--release suite:" in "".join(step.commands for step in compared)
    carry_out([*SETUP, *compared], ROOT, environment, timeout_s=1400)
    (report,) = Path(environment["TESTBED_RUNS"]).glob("incremental/*/report.html")
    assert "Side by side" in report.read_text()
