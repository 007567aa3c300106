"""Which cluster a command means, and what every command of a running cluster begins with."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from testbed.cluster import NoCluster, state
from testbed.cluster.control import SOCKET, Control
from testbed.experiment import preflight

VARIABLE = "TESTBED_CLUSTER"
DEFAULT = "testbed"

Name = Annotated[
    str | None,
    typer.Option(
        "--name", metavar="N", envvar=VARIABLE, help="The cluster; may be left out when only one is running."
    ),
]


def find(name: str | None) -> Control:
    """The cluster of that name, or the only one that runs.

    Raises:
        Unfit: no root.
        NoCluster: it does not run; without a name: none does, or several do.
    """
    preflight.require_privilege()
    if name is not None:
        if not name or name in (".", "..") or os.sep in name:
            raise NoCluster(f"no cluster can be named {name!r}")
        return Control(state.root() / name)
    running = running_names()
    if not running:
        raise NoCluster("no cluster is running: `testbed up` starts one")
    if len(running) > 1:
        raise NoCluster(f"several clusters are running ({', '.join(running)}): say which with --name")
    return Control(state.root() / running[0])


def running_names() -> list[str]:
    """The names of the clusters that `testbed up` keeps; those that runs build for themselves are not among them."""
    return [
        found
        for found in state.names()
        if state.is_held(state.root() / found) and (state.root() / found / SOCKET).exists()
    ]
