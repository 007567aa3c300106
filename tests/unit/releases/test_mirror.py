from __future__ import annotations

from pathlib import Path

import pytest

from testbed.releases.mirror import DEFAULT, mirror


def a_machine(tmp_path: Path, name: str, text: str) -> Path:
    (tmp_path / "sources.list.d").mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    return tmp_path


DEB822 = """\
Types: deb
# commented: http://old.example/debian
URIs: http://first.example/debian/
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://first.example/debian-security
Suites: bookworm-security
Components: main
"""


def test_the_mirror_is_that_of_the_machines_sources(tmp_path: Path) -> None:
    assert (
        mirror(a_machine(tmp_path, "sources.list.d/debian.sources", DEB822)) == "http://first.example/debian"
    )


@pytest.mark.parametrize(
    "line",
    [
        "deb http://one.example/debian trixie main",
        "deb [signed-by=/k.gpg arch=amd64] http://one.example/debian trixie main",
        "# deb http://no.example/debian trixie main\ndeb http://one.example/debian trixie main",
        "deb http://no.example/debian-security trixie-security main\ndeb http://one.example/debian trixie main",
        "deb http://no.example/debian trixie-updates main\ndeb http://one.example/debian trixie main",
        "deb-src http://no.example/debian trixie main\ndeb http://one.example/debian trixie main",
        "deb https://no.example/nodistro x main\ndeb http://one.example/debian trixie main",
    ],
)
def test_archives_without_whole_suites_are_passed_over(tmp_path: Path, line: str) -> None:
    assert mirror(a_machine(tmp_path, "sources.list", line)) == "http://one.example/debian"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sources.list", ""),
        ("sources.list.d/off.sources", DEB822.replace("Types", "Enabled: no\nTypes")),
        ("sources.list.d/debian.sources.disabled", DEB822),
        ("sources.list", "deb file:///mnt/debian trixie main"),
    ],
)
def test_without_any_it_is_debians_own(tmp_path: Path, name: str, text: str) -> None:
    assert mirror(a_machine(tmp_path, name, text)) == DEFAULT
