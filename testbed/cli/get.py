"""``testbed get``: show objects, where kubectl is not installed."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml

from testbed.cli import clusters, exits
from testbed.cli.console import complain, out, print_json
from testbed.cli.objects import JSON, TABLE, Api, Refusal, Resource
from testbed.experiment.errors import Unfit


class Output(StrEnum):
    """How objects are printed."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


def get(
    kind: Annotated[str, typer.Argument(metavar="KIND[/NAME]", help="pods, po, subnet, pod/web ...")],
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Only these.")] = None,
    name: clusters.Name = None,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Of the objects.")] = "default",
    everywhere: Annotated[bool, typer.Option("--all-namespaces", "-A", help="Of all namespaces.")] = False,
    selector: Annotated[str, typer.Option("--selector", "-l", help="Labels that objects must have.")] = "",
    output: Annotated[Output, typer.Option("--output", "-o", help="How to print them.")] = Output.TABLE,
    json: Annotated[bool, typer.Option("--json", help="The same as -o json.")] = False,
) -> int:
    """Show objects as `kubectl get` does.

    Examples:
      sudo testbed get pods -A -o wide

      sudo testbed get pod/web -o yaml

      sudo testbed get subnets --json | jq -r '.items[].spec.cidrBlock'

    Exit status: 0 found, 2 one is not there or the request is wrong.
    """
    api = Api(clusters.find(name))
    word, _, one = kind.partition("/")
    wanted = [*([one] if one else []), *(names or ())]
    if wanted and (selector or everywhere):
        raise Unfit("a name excludes --selector and --all-namespaces")
    resource = api.resource(word)
    how = Output.JSON if json else output
    try:
        if how in (Output.TABLE, Output.WIDE):
            _print_tables(api, resource, wanted, namespace, everywhere, selector, how)
        else:
            _print_objects(api, resource, wanted, namespace, everywhere, selector, how)
    except Refusal as error:
        complain(str(error))
        return exits.UNFIT
    return exits.GOOD


def _answers(
    api: Api, resource: Resource, wanted: list[str], where: str | None, selector: str, accept: str
) -> list[Any]:
    if not wanted:
        query = {"labelSelector": selector} if selector else {}
        return [api.ask("GET", resource.path(where), query=query, accept=accept)]
    return [api.ask("GET", resource.path(where, entry), accept=accept) for entry in wanted]


def _print_tables(
    api: Api,
    resource: Resource,
    wanted: list[str],
    namespace: str,
    everywhere: bool,
    selector: str,
    how: Output,
) -> None:
    where = None if everywhere else namespace
    tables = _answers(api, resource, wanted, where, selector, f"{TABLE},{JSON}")
    rows = [row for table in tables for row in table.get("rows") or ()]
    if not rows:
        complain(
            "no resources found"
            if everywhere or not resource.namespaced
            else f"no resources found in {namespace}"
        )
        return
    columns = tables[0]["columnDefinitions"]
    shown = [
        number for number, column in enumerate(columns) if how is Output.WIDE or not column.get("priority")
    ]
    everywhere = everywhere and resource.namespaced
    headings = [*(["namespace"] if everywhere else []), *(columns[number]["name"] for number in shown)]
    lines = [[heading.upper() for heading in headings]]
    for row in rows:
        own = [row["object"]["metadata"]["namespace"]] if everywhere else []
        cells = [row["cells"][number] for number in shown]
        lines.append([str("" if cell is None else cell) for cell in (*own, *cells)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        sys.stdout.write("   ".join(padded).rstrip() + "\n")


def _print_objects(
    api: Api,
    resource: Resource,
    wanted: list[str],
    namespace: str,
    everywhere: bool,
    selector: str,
    how: Output,
) -> None:
    where = None if everywhere else namespace
    answers = _answers(api, resource, wanted, where, selector, JSON)
    if how is Output.NAME:
        objects = answers if wanted else [entry for answer in answers for entry in answer["items"]]
        for entry in objects:
            out.print(f"{resource.shown}/{entry['metadata']['name']}", markup=False)
        return
    document = answers[0] if len(answers) == 1 else {"apiVersion": "v1", "kind": "List", "items": answers}
    if how is Output.JSON:
        print_json(document)
    else:
        yaml.safe_dump(document, sys.stdout, sort_keys=False, allow_unicode=True)
