"""``testbed env``: what a shell must know to speak with a cluster."""

from __future__ import annotations

import shlex
import sys
from typing import Annotated

import typer

from testbed.cli import clusters, exits
from testbed.cli.console import print_json


def env(
    name: clusters.Name = None,
    json: Annotated[bool, typer.Option("--json", help="Print the variables as JSON.")] = False,
) -> int:
    """Print the variables by which kubectl and `testbed` find a cluster, for a shell to evaluate.

    Examples:
      eval "$(sudo testbed env --name demo)"      then: kubectl get nodes

      testbed env --json | jq -r .KUBECONFIG
    """
    control = clusters.find(name)
    variables = {"KUBECONFIG": control.ask("/status")["kubeconfig"], clusters.VARIABLE: control.name}
    if json:
        print_json(variables)
    else:
        sys.stdout.write("".join(f"export {key}={shlex.quote(value)}\n" for key, value in variables.items()))
    return exits.GOOD
