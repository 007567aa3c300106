"""``testbed up``: a cluster that stays up when the command has returned."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from testbed.cli import blueprint, clusters, exits
from testbed.cli.console import err, out, print_json
from testbed.cluster import keeper, state
from testbed.cluster.control import Control
from testbed.experiment import preflight
from testbed.experiment.errors import Fault, Unfit
from testbed.experiment.memory import Demand

LOOPBACK = "127.0.0.1"


def up(
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="N", help="What the cluster is called.", show_default="testbed"),
    ] = None,
    nodes: Annotated[int | None, typer.Option(metavar="K", help="How many nodes.", show_default="3")] = None,
    release: Annotated[
        str | None,
        typer.Option(help="OVN build: system, suite:NAME or prefix:/path.", show_default="system"),
    ] = None,
    central_release: Annotated[
        str | None, typer.Option(help="OVN build of the databases and northd.")
    ] = None,
    node_release: Annotated[str | None, typer.Option(help="OVN build of the nodes.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="The cluster as YAML; options given here win over it.")
    ] = None,
    kubeconfig: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write the kubeconfig here too.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="Port of the API on 127.0.0.1.", show_default="a free one", min=0, max=65535),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the cluster's status as JSON.")] = False,
) -> int:
    """Start a cluster and return when it is ready; it runs until `testbed down`.

    Several clusters run side by side under different names. OVN supports nodes that are newer than central (that is
    how it is upgraded); other mixtures start too, at your own risk. `testbed status` says which processes are started
    again when they die.

    Examples:
      sudo testbed up --nodes 3      then: eval "$(sudo testbed env)"; kubectl get nodes

      sudo testbed up --name new --release suite:sid

      sudo testbed up --central-release system --node-release suite:sid

      sudo testbed up -f cluster.yaml --kubeconfig ./kubeconfig

    A cluster.yaml has the fields name, nodes, release, central_release, node_release, encapsulation, datapath, pod_kind
    (live or stub), nodes_per_kubelet, port and options (of NB_Global), all optional.

    Exit status: 0 ready, 2 refused and nothing started, 3 it did not come up, 130 Ctrl-C.
    """
    preflight.require_privilege()
    preflight.require_tools()
    given = {
        "name": name,
        "nodes": nodes,
        "release": release,
        "central_release": central_release,
        "node_release": node_release,
        "port": port,
    }
    fields: dict[str, Any] = {"name": clusters.DEFAULT, "nodes": 3}
    fields |= blueprint.read(file) if file is not None else {}
    fields |= {key: value for key, value in given.items() if value is not None}
    spec = blueprint.spec(fields)
    preflight.require_short_paths(state.root() / spec.name)
    preflight.require_room_for_state(state.root() / spec.name)
    preflight.require_memory(Demand(spec.nodes, 0))
    if kubeconfig is not None:
        _require_ours(kubeconfig)
    began = time.monotonic()
    with _listening(fields.get("port", 0)) as https, _progress(spec.name) as on_phase:
        try:
            directory = keeper.start(spec, https, on_phase)
        except keeper.Refused as error:
            raise Unfit(str(error)) from error
        except keeper.Failed as error:
            raise Fault(str(error), error.logs) from error
    took = time.monotonic() - began
    status = Control(directory).ask("/status")
    if kubeconfig is not None:
        _write_kubeconfig(Path(status["kubeconfig"]), kubeconfig)
    if json:
        print_json(status)
        return exits.GOOD
    out.print(f"{spec.name}: {spec.nodes} nodes ready after {took:.1f} s", markup=False)
    where = f"export KUBECONFIG={kubeconfig}" if kubeconfig else f'eval "$(testbed env --name {spec.name})"'
    err.print(f"speak with it:  {where}; kubectl get nodes", markup=False)
    err.print(f"end it:         testbed down --name {spec.name}", markup=False)
    return exits.GOOD


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Any]:
    """A line that changes on a terminal, a line a phase elsewhere."""
    if not err.is_terminal:
        yield lambda phase: err.print(f"{name}: {phase}", markup=False)
        return
    with err.status(f"{name}: starting") as status:
        yield lambda phase: status.update(f"{name}: {phase}")


def _listening(port: int) -> socket.socket:
    """A listening socket in the host's network, before the enclosure with its own is entered."""
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise Unfit(f"port {port} of {LOOPBACK}: {error.strerror}: choose another with --port") from error


def _require_ours(path: Path) -> None:
    """A kubeconfig of somebody's own clusters is not written over."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise Unfit(f"--kubeconfig {path}: allowed is a file in a directory that exists")
    if not path.exists():
        return
    try:
        found = yaml.safe_load(path.read_text())
        names = {entry["name"] for entry in found["clusters"]}
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
        names = set()
    if names != {"testbed"}:
        raise Unfit(
            f"--kubeconfig {path}: holds something else than a testbed's cluster; choose another path"
        )


def _write_kubeconfig(source: Path, target: Path) -> None:
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(source.read_bytes())
    partial.replace(target)
