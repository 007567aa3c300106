"""What tests of real clusters have in common."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

LONGEST_TMPDIR = 30
"""Characters: the path of a Unix socket may have 107, and pytest adds about 60 to a test's own directory."""


def pytest_configure() -> None:
    """Tests have sockets in their temporary directories: one that is too long for these is not used.

    What hypothesis makes up is the same at every run and never too slow: a test that fails fails again. Searches that
    go on are tests of their own, marked slow.
    """
    settings.register_profile("the same at every run", derandomize=True, database=None, deadline=None)
    settings.load_profile("the same at every run")
    if len(tempfile.gettempdir()) > LONGEST_TMPDIR:
        os.environ["TMPDIR"] = tempfile.tempdir = "/tmp"  # noqa: S108 - pytest makes directories of its own there


@pytest.fixture
def state_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """State directories under /run: they hold Unix sockets, and a release in a chroot has its own /run in memory."""
    root = tempfile.mkdtemp(prefix="ovn-testbed-", dir="/run")
    monkeypatch.setenv("TESTBED_STATE", root)
    yield Path(root)
    shutil.rmtree(root)
