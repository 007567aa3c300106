"""``testbed apply``: make objects as a manifest says, where kubectl is not installed."""

from __future__ import annotations

import json as text
from pathlib import Path
from typing import Annotated, Any

import typer

from testbed.cli import clusters, exits, manifests
from testbed.cli.console import complain, out, print_json
from testbed.cli.manifests import Manifest
from testbed.cli.objects import MERGE_PATCH, Api, Refusal
from testbed.experiment.errors import Unfit

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""kubectl's own annotation, so that both can be used in turn."""

Files = Annotated[
    list[Path],
    typer.Option(
        "--filename", "-f", metavar="FILE", help="A manifest, a directory of them, or - (may repeat)."
    ),
]
Namespace = Annotated[str, typer.Option("--namespace", "-n", help="Of objects that name none.")]


def apply(
    files: Files,
    name: clusters.Name = None,
    namespace: Namespace = "default",
    json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> int:
    """Create or change objects so that they are as the manifests say, as `kubectl apply` does.

    All files are read and judged before anything is sent. What YAML would silently misread is refused: a MAC address
    that is a number to it, `no` that is false, a key that is there twice.

    Examples:
      sudo testbed apply -f pods.yaml

      sudo testbed apply -n team-a -f manifests/

      cat subnet.yaml | sudo testbed apply -f - --json

    Exit status: 0 all applied, 2 a file is faulty and nothing was sent, or the API server refused an object.
    """
    api = Api(clusters.find(name))
    done, refused = [], 0
    for manifest in manifests.load(api, files, namespace):
        try:
            what = _applied(api, manifest)
        except Refusal as error:
            complain(f"{manifest.source}: {manifest.shown}: {error}")
            refused += 1
            continue
        done.append({"object": manifest.shown, "namespace": manifest.namespace, "done": what})
        if not json:
            out.print(f"{manifest.shown} {what}", markup=False)
    if json:
        print_json({"applied": done, "refused": refused})
    return exits.UNFIT if refused else exits.GOOD


def _applied(api: Api, manifest: Manifest) -> str:
    wanted = _annotated(manifest.body)
    try:
        before = api.ask("GET", manifest.path)
    except Refusal as error:
        if error.status != 404:
            raise
        api.ask("POST", manifest.resource.path(manifest.namespace), wanted)
        return "created"
    patch = merge_patch(_last_applied(before), before, wanted)
    if not patch:
        return "unchanged"
    after = api.ask("PATCH", manifest.path, patch, content_type=MERGE_PATCH)
    same = after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    return "unchanged" if same else "configured"


def _annotated(body: dict[str, Any]) -> dict[str, Any]:
    applied = text.dumps(body, separators=(",", ":"), sort_keys=True) + "\n"
    metadata = dict(body["metadata"])
    annotations = metadata.get("annotations") or {}
    if not isinstance(annotations, dict):
        raise Unfit(f"metadata.annotations: found {annotations!r}; allowed a mapping of strings")
    metadata["annotations"] = {**annotations, LAST_APPLIED: applied}
    return {**body, "metadata": metadata}


def _last_applied(current: dict[str, Any]) -> dict[str, Any]:
    try:
        found = text.loads(current["metadata"]["annotations"][LAST_APPLIED])
    except (KeyError, TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def merge_patch(last: Any, current: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """The merge patch (RFC 7386) from `current` to `wanted`, taking away what only `last` had asked for."""
    last = last if isinstance(last, dict) else {}
    current = current if isinstance(current, dict) else {}
    patch: dict[str, Any] = {key: None for key in last if key not in wanted and key in current}
    for key, value in wanted.items():
        if isinstance(value, dict) and isinstance(current.get(key), dict):
            inner = merge_patch(last.get(key), current[key], value)
            if inner:
                patch[key] = inner
        elif current.get(key) != value:  # a null asks for nothing where there is nothing
            patch[key] = value
    return patch
