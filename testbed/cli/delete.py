"""``testbed delete``: remove objects and wait until they are gone, where kubectl is not installed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from testbed.cli import clusters, exits, manifests
from testbed.cli.console import complain, out, print_json
from testbed.cli.objects import Api, Refusal
from testbed.experiment.errors import Fault, Unfit

_POLL_S = 0.05


def delete(
    kind: Annotated[str | None, typer.Argument(metavar="KIND[/NAME]", help="pod, pod/web ...")] = None,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Which ones.")] = None,
    files: Annotated[
        list[Path] | None, typer.Option("--filename", "-f", metavar="FILE", help="Those of manifests.")
    ] = None,
    name: clusters.Name = None,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="Of objects that name none.")
    ] = "default",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until they are gone.")] = True,
    timeout: Annotated[float, typer.Option(min=0, metavar="S", help="How long to wait, in seconds.")] = 60.0,
    json: Annotated[bool, typer.Option("--json", help="Print what was deleted as JSON.")] = False,
) -> int:
    """Remove objects as `kubectl delete` does.

    Examples:
      sudo testbed delete pod web

      sudo testbed delete subnet/blue subnet/green

      sudo testbed delete -f manifests/

    Exit status: 0 gone, 2 one was not there or was refused, 3 one did not go in time.
    """
    api = Api(clusters.find(name))
    paths = _paths(api, kind, names or (), files or (), namespace)
    sent, refused = [], 0
    for shown, path in paths:
        try:
            answer = api.ask("DELETE", path)
        except Refusal as error:
            complain(f"{shown}: {error}")
            refused += 1
            continue
        uid = (answer.get("metadata") or {}).get("uid") or (answer.get("details") or {}).get("uid", "")
        sent.append((shown, path, uid))
        if not json:
            out.print(f"{shown} deleted", markup=False)
    if wait:
        deadline = time.monotonic() + timeout
        for shown, path, uid in sent:
            while _is_there(api, path, uid):
                if time.monotonic() > deadline:
                    raise Fault(f"{shown} is still there after {timeout:g} s: its finalizers hold it")
                time.sleep(_POLL_S)
    if json:
        print_json({"deleted": [shown for shown, _, _ in sent], "refused": refused})
    return exits.UNFIT if refused else exits.GOOD


def _paths(
    api: Api, kind: str | None, names: Sequence[str], files: Sequence[Path], namespace: str
) -> list[tuple[str, str]]:
    """What is to go: as it is shown, and where it is."""
    if files:
        if kind is not None:
            raise Unfit("-f and a kind exclude each other")
        found = reversed(
            manifests.load(api, files, namespace)
        )  # what was made last may need what was made first
        return [(manifest.shown, manifest.path) for manifest in found]
    if kind is None:
        raise Unfit("say what to delete: KIND NAME, KIND/NAME or -f FILE")
    pairs = [entry.partition("/")[::2] for entry in (kind, *names)] if "/" in kind else []
    pairs = pairs or [(kind, entry) for entry in names]
    if not pairs or not all(word and own for word, own in pairs):
        raise Unfit(f"say which {kind} to delete by name")
    resources = [(api.resource(word), own) for word, own in pairs]
    return [(f"{resource.shown}/{own}", resource.path(namespace, own)) for resource, own in resources]


def _is_there(api: Api, path: str, uid: str) -> bool:
    try:
        found = api.ask("GET", path)
    except Refusal as error:
        if error.status == 404:
            return False
        raise
    return not uid or bool(found["metadata"]["uid"] == uid)
