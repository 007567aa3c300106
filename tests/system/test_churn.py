"""Churn on real daemons: pods come and go in every way, and what is left behind is found, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root"), pytest.mark.timeout(300)]

REPOSITORY = Path(__file__).resolve().parents[2]

LEAKY = dedent('''
    """Churn that leaves something behind."""

    from controller import ovsdb
    from controller.ovsdb import operations
    from scenarios import churn
    from testbed.experiment import census


    class LeakyChurn(churn.Churn):
        """What is left of changes that forget two addresses of a set."""

        async def run(self, bed, params):
            count = census.until_as_before

            async def forget(bed, before, patience):
                client = await ovsdb.Client.connect(bed.cluster.central.northbound, "OVN_Northbound")
                leak = {"name": "forgotten", "addresses": frozenset({"10.0.0.1", "10.0.0.2"})}
                await client.transact([operations.insert("Address_Set", leak)])
                await client.close()
                census.until_as_before = count
                return await count(bed, before, 1.0)

            census.until_as_before, churn.PATIENCE_S = forget, 2.0
            await super().run(bed, params)
''')
SMALL = (
    *("nodes=2", "pods=40", "churning=30", "replicas=2", "first_per_s=4", "fastest_per_s=4", "step_s=3"),
    *("restart_every_s=999", "lasting_share=1", "lasting_changes=26", "lasting_s=200"),
)
"""Gently enough for a machine that has much else to do; of 20 changes one is an eviction, whatever the rate."""


def test_pods_come_and_go_in_every_way_and_only_what_was_forgotten_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "leaky.py").write_text(LEAKY)
    settings = [part for setting in SMALL for part in ("--set", setting)]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "testbed.cli", "run", "leaky-churn", *settings),
            *("--runs-dir", str(tmp_path / "runs"), "--json"),
        ],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "TESTBED_SCENARIOS": str(folder)},
        timeout=280,
    )
    run = json.loads(done.stdout)
    assert run["status"] == "complete", done.stderr

    def metric(name: str, **labels: str) -> dict[str, float]:
        found = [entry for entry in run["metrics"] if (entry["name"], entry["labels"]) == (name, labels)]
        assert found, name
        return dict(found[0])

    for kind in ("deleted", "evicted", "completed"):
        went = metric("released_max_ms", change=kind)
        assert went["n"] >= 1, kind
        assert went["failed"] == 0, kind
    assert metric("ready_max_ms")["failed"] == 0
    restarted = [entry for entry in run["metrics"] if entry["name"] == "rollout_max_ms"]
    assert sum(entry["n"] for entry in restarted) >= 2
    assert sum(entry["failed"] for entry in restarted) == 0
    assert metric("late_max_ms")["n"] >= metric("ready_max_ms")["n"]
    assert metric("missing_rows")["value"] == 0
    assert metric("leaked_flows")["value"] == 0
    leaked = {
        (entry["name"], entry["labels"]["where"], entry["labels"]["what"]): entry["value"]
        for entry in run["metrics"]
        if "what" in entry["labels"]
    }
    assert leaked == {
        ("leaked_rows", "nb", "Address_Set"): 1,
        ("leaked_rows", "sb", "Address_Set"): 1,
        ("leaked_addresses", "nb", "Address_Set.addresses"): 2,
        ("leaked_addresses", "sb", "Address_Set.addresses"): 2,
    }
    verdicts = {entry["metric"]: entry["outcome"] for entry in run["expectations"]}
    assert verdicts["leaked_rows"] == verdicts["leaked_addresses"] == "failed"
    assert verdicts["leaked_flows"] == verdicts["missing_rows"] == "met"
