import subprocess
from pathlib import Path

import pytest

from testbed.results import Host, fingerprint, stamps


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    git("init", "--initial-branch=topic")
    (tmp_path / "file").write_text("a")
    git("add", "file")
    git("commit", "--message=first")
    return tmp_path


def test_git_tells_branch_and_commit_and_changes_that_were_not_committed(repository: Path) -> None:
    clean = stamps({}, repository)
    assert clean.branch == "topic"
    assert len(clean.commit) == 40
    (repository / "file").write_text("b")
    assert stamps({}, repository).commit == clean.commit + "-dirty"


def test_what_ci_says_comes_before_what_git_says(repository: Path) -> None:
    told = stamps(
        {"GITHUB_SHA": "abc", "GITHUB_REF_NAME": "main", "GITHUB_REF": "refs/pull/12/merge"}, repository
    )
    assert (told.commit, told.branch, told.pull_request) == ("abc", "main", "12")


def test_our_own_variables_win(tmp_path: Path) -> None:
    told = stamps({"GITHUB_SHA": "abc", "TESTBED_COMMIT": "def", "TESTBED_ENVIRONMENT": "lab"}, tmp_path)
    assert (told.commit, told.environment) == ("def", "lab")


def test_without_git_and_ci_stamps_are_empty(tmp_path: Path) -> None:
    told = stamps({}, tmp_path)
    assert (told.commit, told.branch, told.pull_request, told.environment) == ("", "", "", "")


def a_machine(tmp_path: Path, memory_kib: int) -> Host:
    (tmp_path / "cpuinfo").write_text("model name\t: Some Processor\nflags\t\t: fpu hypervisor\n")
    (tmp_path / "meminfo").write_text(f"MemTotal:       {memory_kib} kB\n")
    (tmp_path / "os-release").write_text('NAME="X"\nPRETTY_NAME="Some Linux 12"\n')
    return fingerprint(tmp_path, tmp_path)


def test_a_machine_is_described_by_what_changes_figures(tmp_path: Path) -> None:
    host = a_machine(tmp_path, 24_000_000)
    assert (host.cpu, host.memory_mib, host.distribution) == ("Some Processor", 23437, "Some Linux 12")
    assert host.hypervisor == "virtual machine"


def test_a_fingerprint_bears_with_a_few_pages_and_tells_another_size_of_memory(tmp_path: Path) -> None:
    first = a_machine(tmp_path, 24_000_000).fingerprint
    assert a_machine(tmp_path, 24_005_000).fingerprint == first
    assert a_machine(tmp_path, 32_000_000).fingerprint != first
