"""``testbed exec``: a command in a pod, on a node or on the external host."""

from __future__ import annotations

from typing import Annotated

import typer

from testbed.cli import clusters
from testbed.cli.console import complain
from testbed.cluster import NoCluster, entering
from testbed.cluster.control import Control
from testbed.experiment.errors import Unfit

FORMS = "pod/NAME, node/NAME, external/NAME or central/NAME"
MACHINES = ("node", "external", "central")

SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}
"""Everything from the target on is the command's."""


def exec_(
    target: Annotated[str, typer.Argument(metavar="TARGET", help=FORMS)],
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND", help="Program and arguments.")],
    name: clusters.Name = None,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Of the pod.")] = "default",
) -> int:
    """Run a command in a live pod, on a node or on a host beyond the cluster, with your own terminal and streams.

    The exit status is the command's; 128 + N if signal N ended it, 127 if there is no such program, 125 if the
    command could not be run at all. It ends with the cluster. Pods and nodes see this machine's programs.

    Examples:
      sudo testbed exec pod/web-0 -- ping -c 1 10.16.0.7

      sudo testbed exec node/node1 -- ip address

      sudo testbed exec external/external -- bash

      tar c . | sudo testbed exec pod/web-0 -- tar x -C /tmp
    """
    argv = command[1:] if command[0] == "--" else command
    try:
        if not argv:
            raise Unfit("no command given after --")
        control = clusters.find(name)
        place = find(control, target, namespace)
        return entering.run(control.supervisor(), place, argv, {})
    except (Unfit, NoCluster, LookupError) as error:
        complain(str(error.args[0]))
    except OSError as error:
        complain(f"{target} cannot be entered: {error}")
    return entering.OWN_FAILURE


def find(control: Control, target: str, namespace: str) -> int:
    """A process in the namespaces of a target, numbered as the enclosure does.

    Raises:
        Unfit, NoCluster, LookupError: there is no such target; the message says what there is.
    """
    kind, _, what = target.partition("/")
    if kind in ("pod", "pods", "po") and what:
        return int(control.ask("/pods", namespace, what)["pid"])
    if kind in MACHINES and what:
        return int(control.ask("/machines", what)["pid"])
    raise Unfit(f"target {target!r}: allowed is {FORMS}")
