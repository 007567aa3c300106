"""The virtual machine of the Vagrantfile is set up by the command of the README, in the clone that it is given."""

import re
import shlex
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]
VAGRANTFILE = (CHECKOUT / "Vagrantfile").read_text()


def commands() -> list[list[str]]:
    (script,) = re.findall(r'config\.vm\.provision "shell", inline: "([^"\\#]*)"', VAGRANTFILE)
    return [shlex.split(command) for command in script.split(";")]


def test_it_is_set_up_as_the_readme_says() -> None:
    (clone,) = re.findall(r'config\.vm\.synced_folder "\.", "([^"]+)"', VAGRANTFILE)
    (set_up,) = [command for command in commands() if command[0] == "make"]
    assert set_up == ["make", "-C", clone, "setup"]
    assert "`make setup`" in (CHECKOUT / "README.md").read_text()
    assert re.search(r"^setup:.*\n\t@sh setup/setup\.sh$", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)


def test_a_command_that_fails_fails_the_machine_and_doctor_has_the_last_word() -> None:
    first, *_, last = commands()
    assert first == ["set", "-eu"]
    assert last == ["/vagrant/.venv/bin/testbed", "doctor"]


def test_the_box_is_a_debian_that_set_up_is_tried_on() -> None:
    (box,) = re.findall(r'config\.vm\.box = "debian/(\w+)64"', VAGRANTFILE)
    assert box in {"bookworm", "trixie"}
    tried = (CHECKOUT / "tests/system/test_fresh_machine.py").read_text()
    assert f'"{box}"' in tried
