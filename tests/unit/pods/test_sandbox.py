"""Sandboxes are found again after a restart, under the names that they had."""

from __future__ import annotations

import subprocess

from testbed.pods import live
from testbed.pods.sandbox import Identity, Sandbox, interface_name


def test_the_name_is_the_same_after_a_restart() -> None:
    assert interface_name("u1") == "pbb82030dbc2b"


def test_the_name_fits_the_kernel_and_differs_between_pods() -> None:
    names = {interface_name(f"uid-{number}") for number in range(1_000)}
    assert len(names) == 1_000
    assert all(len(name) <= 15 for name in names)


def test_a_pause_process_is_found_by_its_environment() -> None:
    environment = {
        "TESTBED_POD_NODE": "some-node",
        "TESTBED_POD_NAMESPACE": "default",
        "TESTBED_POD_NAME": "web-0",
        "TESTBED_POD_UID": "u1",
        "TESTBED_POD_INTERFACE": "p1",
    }
    with subprocess.Popen(["sleep", "60"], env=environment) as child:
        try:
            found = live.KIND.find(["some-node"])
            identity = Identity("some-node", "default", "web-0", "u1")
            assert found == {"u1": Sandbox(identity, "p1", child.pid)}
            assert not live.KIND.find(["another-node"])
        finally:
            child.kill()
