"""``testbed nbctl, sbctl, trace, vsctl, ofctl, appctl``: the release's own tools against the cluster's own sockets.

They run inside the enclosure, where a release that lies in a root file system of its own sees the sockets, and where
the machine's own Open vSwitch cannot be reached by mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from testbed import releases
from testbed.cli import clusters
from testbed.cluster import entering
from testbed.cluster.control import Control
from testbed.cluster.daemon import run_directory
from testbed.experiment.errors import Unfit

SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}
"""Everything from the tool's own command on is the tool's."""

CENTRAL = "central"

Arguments = Annotated[list[str], typer.Argument(metavar="ARGUMENTS", help="What the tool itself takes.")]
NodeName = Annotated[
    str | None,
    typer.Option(
        "--node", metavar="NODE", help="The node whose switch is meant; may be left out if there is one."
    ),
]


def nbctl(arguments: Arguments, name: clusters.Name = None) -> int:
    """Run ovn-nbctl of the central's release on the cluster's Northbound database.

    Examples:
      sudo testbed nbctl show

      sudo testbed nbctl --name demo -- --columns=name,addresses list Logical_Switch_Port
    """
    return _on_central(name, "ovn-nbctl", "nb.sock", arguments)


def sbctl(arguments: Arguments, name: clusters.Name = None) -> int:
    """Run ovn-sbctl of the central's release on the cluster's Southbound database.

    Examples:
      sudo testbed sbctl show

      sudo testbed sbctl lflow-list ovn-default
    """
    return _on_central(name, "ovn-sbctl", "sb.sock", arguments)


def trace(arguments: Arguments, name: clusters.Name = None) -> int:
    """Run ovn-trace of the central's release: what becomes of a packet in the logical pipelines, and why.

    Nothing is sent. `testbed appctl --node NODE ofproto/trace` tells the same of a switch's OpenFlow tables.

    Examples:
      sudo testbed trace --minimal ovn-default 'inport == "web.default" && icmp && eth.src == 0a:58:00:00:00:01'

      sudo testbed trace --name demo -- --ct new ovn-default 'inport == "web.default" && tcp'
    """
    return _on_central(name, "ovn-trace", "sb.sock", arguments)


def vsctl(arguments: Arguments, name: clusters.Name = None, node: NodeName = None) -> int:
    """Run ovs-vsctl of the nodes' release on a node's database.

    Examples:
      sudo testbed vsctl --node node1 show

      sudo testbed vsctl --node node1 get Open_vSwitch . external_ids
    """
    control = clusters.find(name)
    status = control.ask("/status")
    place = _machine(control, status, node)
    return _run(
        control,
        status["release"],
        place,
        "ovs-vsctl",
        [f"--db=unix:{place['directory']}/db.sock", *arguments],
    )


def ofctl(arguments: Arguments, name: clusters.Name = None, node: NodeName = None) -> int:
    """Run ovs-ofctl of the nodes' release on a node's bridges.

    Examples:
      sudo testbed ofctl --node node1 dump-flows br-int table=0

      sudo testbed ofctl --node node1 dump-ports-desc br-int
    """
    control = clusters.find(name)
    status = control.ask("/status")
    return _run(control, status["release"], _machine(control, status, node), "ovs-ofctl", arguments)


def appctl(
    arguments: Arguments,
    name: clusters.Name = None,
    node: Annotated[str, typer.Option("--node", metavar="NODE", help="A node, or central.")] = CENTRAL,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="DAEMON",
            help="ovn-controller, ovs-vswitchd, ovsdb-server; of central ovn-northd, nb, sb.",
            show_default="ovs-vswitchd; of central ovn-northd",
        ),
    ] = None,
) -> int:
    """Send a command to a daemon, as ovs-appctl and ovn-appctl do.

    Examples:
      sudo testbed appctl inc-engine/show-stats                                  of ovn-northd

      sudo testbed appctl --node node1 -t ovn-controller inc-engine/show-stats

      sudo testbed appctl --node node1 dpctl/dump-flows                          of ovs-vswitchd
    """
    control = clusters.find(name)
    status = control.ask("/status")
    here = {entry["process"].partition(" ")[2]: entry for entry in status["daemons"] if entry["node"] == node}
    here |= {entry["name"]: entry for entry in here.values() if entry["name"] == "ovn-northd"}
    if not here:
        raise Unfit(f"--node {node}: allowed is {CENTRAL} or node1 to node{status['nodes']}")
    wanted = target or ("ovn-northd" if node == CENTRAL else "ovs-vswitchd")
    if wanted not in here:
        raise Unfit(f"--target {wanted}: on {node} there are {', '.join(here)}")
    release = status["central_release" if node == CENTRAL else "release"]
    tool = "ovn-appctl" if here[wanted]["name"].startswith("ovn-") else "ovs-appctl"
    place = control.ask("/machines", node)
    return _run(control, release, place, tool, ["-t", here[wanted]["control"], *arguments])


def _on_central(name: str | None, tool: str, socket: str, arguments: Sequence[str]) -> int:
    control = clusters.find(name)
    place = control.ask("/machines", CENTRAL)
    given = arguments[1:] if arguments[:1] == ["--"] else arguments
    argv = [f"--db=unix:{place['directory']}/{socket}", *given]
    return _run(control, control.ask("/status")["central_release"], place, tool, argv)


def _machine(control: Control, status: Mapping[str, Any], node: str | None) -> Any:
    if node is None and status["nodes"] > 1:
        raise Unfit(f"say which node with --node: node1 to node{status['nodes']}")
    try:
        return control.ask("/machines", node or "node1")
    except LookupError as error:
        raise Unfit(str(error)) from error


def _run(
    control: Control, release_name: str, place: Mapping[str, Any], tool: str, arguments: Sequence[str]
) -> int:
    release = releases.resolve(release_name)
    environment = release.environment() | run_directory(place["directory"])
    return entering.run(control.supervisor(), int(place["pid"]), release.argv(tool, *arguments), environment)
