"""The scenario of lost gateways on real daemons: each way is carried out, and packets were counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root"), pytest.mark.timeout(300)]


def carried_out(runs: Path, *settings: str) -> dict[str, dict[str, Any]]:
    """The headlines of a run with a trial of each way; a loaded machine must not lose gateways by itself."""
    settings = ("nodes=3", "trials=1", "load_s=1", "bfd_interval_ms=200", *settings)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "testbed.cli", "run", "gateway-failover", "--json"),
            *("--runs-dir", str(runs), *(f"--set={text}" for text in settings)),
        ],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        timeout=280,
    )
    run = json.loads(done.stdout)
    assert run["status"] == "complete", done.stderr
    return {metric["name"]: metric for metric in run["metrics"] if not metric["labels"]}


def test_each_way_of_losing_a_gateway_is_measured_and_overcome(tmp_path: Path) -> None:
    found = carried_out(tmp_path, "rest_s=0")
    for way in ("node_killed", "link_cut", "planned_move", "drain"):
        outage = found[f"{way}_outage_max_ms"]
        assert (outage["n"], outage["failed"]) == (1, 0), way
    assert found["node_killed_lost_packets"]["value"] > 0
    assert found["link_cut_lost_packets"]["value"] > 0
    assert (found["planned_move_lost_packets"]["n"], found["planned_move_lost_packets"]["failed"]) == (4, 0)
    for name in ("node_killed_detected_p50_ms", "link_cut_claimed_p50_ms", "load_cpu_share"):
        assert found[name]["value"] > 0, name
    assert found["false_failovers"]["n"] == 1


@pytest.mark.slow
def test_what_bfd_takes_of_the_processors_is_measured_on_each_node(tmp_path: Path) -> None:
    assert carried_out(tmp_path, "rest_s=0.5", "rest_rounds=1")["bfd_cpu_ms_per_s"]["n"] == 3
