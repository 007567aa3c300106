from __future__ import annotations

from pathlib import Path

import pytest

from testbed.releases.distribution import Distribution, distribution


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n', True),
        ("PRETTY_NAME='Debian 13'\nID=debian\nVERSION_ID=13\n", True),
        ('PRETTY_NAME="Debian 11"\nID=debian\nVERSION_ID="11"\n', False),
        ('PRETTY_NAME="Debian sid"\nID=debian\n', False),
        ('PRETTY_NAME="Ubuntu 12"\nID=ubuntu\nVERSION_ID="12"\n', False),
    ],
)
def test_only_what_is_tested_counts_as_tried(tmp_path: Path, text: str, expected: bool) -> None:
    (tmp_path / "os-release").write_text(text)
    assert distribution(tmp_path / "os-release").tried is expected


def test_a_machine_that_does_not_say_is_unknown(tmp_path: Path) -> None:
    assert distribution(tmp_path / "none") == Distribution("unknown", False)
