"""The tutorial is carried out as it is written: its own commands, in their order, in one shell."""

import re
import subprocess
from pathlib import Path

import pytest

from docs.reference.commands import commands

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(900)]


def shell_blocks(page: str) -> list[str]:
    """What stands in the page's blocks of shell commands."""
    return re.findall(r"^```bash\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.skipif("testbed up" not in dict(commands()), reason="clusters to work with are not there yet")
def test_the_commands_of_the_tutorial_do_what_it_says(tmp_path: Path) -> None:
    blocks = shell_blocks(PAGE.read_text())
    assert len(blocks) >= 6
    script = "\n".join(["set -eu -o pipefail", f"export TESTBED_RUNS={tmp_path}/runs", *blocks])
    try:
        done = subprocess.run(
            ["bash", "-x", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=850, check=False
        )
        assert done.returncode == 0, done.stderr[-4000:]
        assert "3 packets transmitted, 3 received" in done.stdout
        assert "Geneve" in (ROOT / "capture.txt").read_text()
    finally:
        (ROOT / "capture.txt").unlink(missing_ok=True)
        subprocess.run([".venv/bin/testbed", "down", "--name", "tutorial"], cwd=ROOT, check=False)
