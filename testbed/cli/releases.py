"""``testbed releases``: the OVN builds that can be put under test."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from testbed import releases
from testbed.cli import exits
from testbed.cli.console import err, out, print_json
from testbed.releases import Release, ReleaseUnavailable

app = typer.Typer(
    no_args_is_help=True, help="List, add and remove the OVN builds that can be put under test."
)

Name = Annotated[str, typer.Argument(metavar="RELEASE", help="suite:NAME or prefix:/path.")]


@app.command("list")
def list_releases(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> int:
    """Show every release with the versions that its binaries tell and the faults that falsify its figures.

    Examples:
      testbed releases list

      testbed releases list --json
    """
    entries = [_entry(name) for name in releases.known()]
    if json:
        print_json({"releases": entries})
        return exits.GOOD
    table = Table("release", "OVN", "OVS", "known faults that falsify measurements", box=None, pad_edge=False)
    for entry in entries:
        faults = "\n".join(f"{fault['identifier']}: {fault['effect']}" for fault in entry["defects"])
        table.add_row(entry["name"], entry["ovn"], entry["ovs"], entry["unusable"] or faults or "none known")
    out.print(table)
    return exits.GOOD


@app.command("add")
def add(name: Name) -> int:
    """Install a Debian suite's OVN in a root file system of its own, or remember a build under a directory.

    The machine's own packages stay as they are. What is there already is left as it is.

    Examples:
      sudo testbed releases add suite:sid          about a minute, 400 MB

      testbed releases add prefix:/opt/ovn-main
    """
    added = releases.add(name, lambda step: err.print(step, markup=False))
    versions = added.versions()
    out.print(f"{added.name}: OVN {versions.ovn}, OVS {versions.ovs}", markup=False)
    return exits.GOOD


@app.command("remove")
def remove(name: Name) -> int:
    """Take a suite off the disk, or forget a prefix (its files are left alone).

    Examples:
      sudo testbed releases remove suite:sid
    """
    releases.remove(name)
    out.print(f"{name}: removed", markup=False)
    return exits.GOOD


def _entry(name: str) -> dict[str, Any]:
    try:
        release: Release = releases.resolve(name)
        versions = release.versions()
    except ReleaseUnavailable as error:
        return {"name": name, "ovn": "", "ovs": "", "defects": [], "unusable": str(error)}
    defects = [
        {
            "identifier": entry.identifier,
            "effect": entry.effect,
            "advice": entry.advice,
            "source": entry.source,
        }
        for entry in release.defects()
    ]
    return {"name": name, "ovn": versions.ovn, "ovs": versions.ovs, "defects": defects, "unusable": ""}
