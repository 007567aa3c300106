"""Set-up decides what is missing and says what it needs; here with stand-ins for the tools that it asks."""

from __future__ import annotations

import resource
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
PLAIN_TOOLS = (
    "sh",
    "awk",
    "grep",
    "mktemp",
    "rm",
    "cat",
    "sha256sum",
    "dirname",
    "xargs",
    "cp",
    "tail",
    "touch",
    "echo",
)


def packages() -> list[tuple[str, str]]:
    lines = (CHECKOUT / "setup/packages.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return [(package, program) for package, program in rows]


class Machine:
    """A copy of the checkout's set-up, and a PATH that holds only what the test puts there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bin = root / "bin"
        self.bin.mkdir()
        shutil.copytree(CHECKOUT / "setup", root / "checkout/setup")
        (root / "checkout/requirements.lock").write_text("")
        (root / "checkout/pyproject.toml").write_text("")
        for tool in PLAIN_TOOLS:
            found = shutil.which(tool)
            assert found, tool
            (self.bin / tool).symlink_to(found)

    def tool(self, name: str, script: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def installed(self, *absent: str) -> None:
        there = "\\n".join(f"{package} installed" for package, _ in packages() if package not in absent)
        self.tool("dpkg-query", f"printf '{there}\\n'")
        self.tool("apt-get", "exit 0")

    def set_up(self) -> subprocess.CompletedProcess[str]:
        # The machine's own /usr/sbin is appended by the script: only names that no test takes away may lie there.
        script = (self.root / "checkout/setup/setup.sh").read_text().replace(":/usr/sbin:/sbin", "")
        (self.root / "checkout/setup/setup.sh").write_text(script)
        return subprocess.run(
            ["/bin/sh", str(self.root / "checkout/setup/setup.sh")],
            env={"PATH": str(self.bin)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def python_is_ready(self) -> None:
        binaries = self.root / "checkout/.venv/bin"
        binaries.mkdir(parents=True)
        (binaries / "testbed").touch(mode=0o755)
        told = subprocess.run(
            ["/bin/sh", "-c", "{ cat requirements.lock pyproject.toml && pwd; } | sha256sum"],
            cwd=self.root / "checkout",
            capture_output=True,
            text=True,
            check=True,
        )
        (self.root / "checkout/.venv/installed").write_text(told.stdout)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def processor_s_of_children() -> float:
    """What it costs, whoever else is at work on the machine."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if "is untried" not in line]


def test_the_list_names_each_package_once_with_a_program() -> None:
    names = [package for package, _ in packages()]
    assert names == sorted(names)
    assert len(names) == len(set(names))
    assert {"ovn-central", "ovn-host", "openvswitch-switch", "mininet", "debootstrap"} <= set(names)


def test_with_nothing_missing_it_is_silent_and_quick(machine: Machine) -> None:
    machine.installed()
    machine.python_is_ready()
    before = processor_s_of_children()
    done = machine.set_up()
    assert (done.returncode, done.stdout, lines(done)) == (0, "", [])
    assert processor_s_of_children() - before < 0.5


@pytest.mark.parametrize("sudo", ["exit 1", None], ids=["sudo refuses", "no sudo"])
def test_a_missing_package_without_privilege_is_one_line_and_2(machine: Machine, sudo: str | None) -> None:
    machine.installed("ethtool", "mininet")
    machine.tool("id", "echo 1000")
    if sudo:
        machine.tool("sudo", sudo)
    done = machine.set_up()
    assert done.returncode == 2
    assert lines(done) == ["setup: needs root once, to install ethtool mininet; run 'sudo make setup'"]


def test_root_is_asked_for_the_missing_packages_alone(machine: Machine) -> None:
    machine.installed("ethtool")
    machine.python_is_ready()
    machine.tool("id", "echo 1000")
    machine.tool("sudo", '[ "$1" = -n ] || echo "as root: $*"')
    done = machine.set_up()
    assert done.returncode == 0
    assert done.stdout == "as root: sh setup/install-packages.sh ethtool\n"


def test_without_apt_the_missing_programs_are_named(machine: Machine) -> None:
    for _, program in packages():
        if program not in ("-", "nft", "mnexec"):
            machine.tool(program, "")
    done = machine.set_up()
    assert done.returncode == 2
    assert lines(done) == [
        "setup: cannot install packages here without apt-get; install what brings mnexec nft"
    ]


def test_without_apt_and_with_every_program_it_goes_on(machine: Machine) -> None:
    for _, program in packages():
        if program != "-":
            machine.tool(program, "")
    machine.python_is_ready()
    assert machine.set_up().returncode == 0


@pytest.fixture
def outdated(machine: Machine) -> Machine:
    """A machine whose .venv is that of another lock file."""
    machine.installed()
    machine.python_is_ready()
    (machine.root / "checkout/requirements.lock").write_text("changed==1")
    return machine


def a_python(machine: Machine, script: str) -> None:
    python = machine.root / "checkout/.venv/bin/python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def test_a_changed_lock_file_is_installed_by_its_hashes_and_once(outdated: Machine) -> None:
    asked = outdated.root / "asked"
    a_python(outdated, f'[ "$1" = -c ] || echo "$*" >>{asked}')
    assert outdated.set_up().returncode == 0
    assert outdated.set_up().returncode == 0
    first, second = asked.read_text().splitlines()
    assert first.endswith("install --quiet --require-hashes --requirement requirements.lock")
    assert second.endswith("--editable .")


def test_a_failing_index_is_one_line_and_the_next_run_starts_anew(outdated: Machine) -> None:
    a_python(
        outdated, '[ "$1" = -c ] || { echo "noise"; echo "ERROR: no route"; echo "more noise"; exit 1; }'
    )
    done = outdated.set_up()
    assert done.returncode == 2
    assert lines(done)[1:] == [
        "setup: pip failed: ERROR: no route (is the package index reachable? all that pip said is in .venv/pip.log)"
    ]
    assert (outdated.root / "checkout/.venv/installing").exists()
