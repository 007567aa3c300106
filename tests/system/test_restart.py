"""The scenario of restarts on real daemons: a restart with nothing changed writes nothing and nobody notices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root"), pytest.mark.timeout(300)]


def test_restarts_unchanged_changed_and_with_nb_lost_are_measured(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "testbed.cli", "run", "restart", "--set", "pods=100", "--set", "nodes=2"),
            *("--runs-dir", str(tmp_path), "--json"),
        ],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        timeout=280,
    )
    run = json.loads(done.stdout)
    assert run["status"] == "complete", done.stderr
    found = {metric["name"]: metric["value"] for metric in run["metrics"] if not metric["labels"]}
    quiet = ("rows_written", "bytes_written", "objects_written", "flow_modifications")
    assert {name: found[f"restart_unchanged_{name}"] for name in quiet} == dict.fromkeys(quiet, 0)
    assert found["restart_one_percent_rows_written"] >= 2
    assert found["restart_one_percent_flow_modifications"] > 0
    assert found["restart_rebuild_rows_written"] > 2 * found["pods"]
    assert found["restart_rebuild_lost_packets"] > 0
    amiss = [found[f"restart_{way}_flows_amiss"] for way in ("unchanged", "one_percent", "rebuild")]
    assert amiss == [0, 0, 0]
