"""A cluster as its YAML file and the options of `testbed up` ask for it: judged as a whole before anything starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed import releases
from testbed.cli import documents
from testbed.cluster import ClusterSpec, SpecError
from testbed.cluster.spec import DATAPATHS, ENCAPSULATIONS, MAX_NAME, MAX_NODES, POD_KINDS
from testbed.releases import ReleaseUnavailable

MAX_PORT = 65_535

EXAMPLE = """\
name: demo                # a DNS label
nodes: 3
release: suite:sid        # of the nodes, and of central unless central_release says otherwise
central_release: system
pod_kind: live            # or stub
port: 6443                # of the API on 127.0.0.1; any free one if not given
options:                  # of NB_Global
  northd_probe_interval: "10000"
"""


@dataclass(frozen=True)
class Field:
    """A field of the file: whether a value is allowed, the words for what is, and what it says of a cluster."""

    is_allowed: Callable[[Any], bool]
    allowed: str
    meaning: str


def _integer(least: int, most: int, meaning: str) -> Field:
    return Field(
        lambda found: isinstance(found, int) and not isinstance(found, bool) and least <= found <= most,
        f"an integer from {least} to {most}",
        meaning,
    )


def _one_of(values: tuple[str, ...], meaning: str) -> Field:
    return Field(lambda found: isinstance(found, str) and found in values, " or ".join(values), meaning)


def _release(meaning: str) -> Field:
    return Field(
        lambda found: isinstance(found, str) and bool(found), "system, suite:NAME or prefix:/path", meaning
    )


FIELDS: Mapping[str, Field] = {
    "name": Field(
        lambda found: isinstance(found, str),
        f"a DNS label of at most {MAX_NAME} characters",
        "what the cluster is called",
    ),
    "nodes": _integer(1, MAX_NODES, "how many nodes it has"),
    "release": _release("the OVN and Open vSwitch build of all its daemons"),
    "central_release": _release("another build for the databases and northd"),
    "node_release": _release("another build for the nodes"),
    "encapsulation": _one_of(ENCAPSULATIONS, "how packets travel between nodes"),
    "datapath": _one_of(DATAPATHS, "where packets are switched"),
    "pod_kind": _one_of(
        POD_KINDS,
        "what pods are unless their annotation `testbed/kind` says otherwise: namespaces, or ports only",
    ),
    "nodes_per_kubelet": _integer(1, MAX_NODES, "how many nodes share a kubelet and a daemon process"),
    "port": _integer(0, MAX_PORT, "where the API listens on 127.0.0.1; 0 for a free one"),
    "options": Field(
        lambda found: isinstance(found, dict),
        "a mapping of strings",
        "options of the Northbound database's `NB_Global`, as `ovn-nb(5)` names them",
    ),
}


def read(path: Path) -> dict[str, Any]:
    """The fields that a file gives.

    Raises:
        SpecError: all that is wrong with it, by path, found and allowed.
    """
    try:
        found = documents.read_file(path)
    except documents.Unreadable as error:
        raise SpecError(str(error)) from error
    if len(found) != 1 or not isinstance(found[0], dict):
        raise SpecError(f"{path}: found {len(found)} documents; allowed one mapping of {', '.join(FIELDS)}")
    faults = judge(found[0])
    if faults:
        raise SpecError(f"{path}: {'; '.join(faults)}")
    return found[0]


def judge(fields: Mapping[str, Any]) -> list[str]:
    """All that is wrong with the fields."""
    faults = []
    for name, value in fields.items():
        field = FIELDS.get(name)
        if field is None:
            faults.append(f"{name}: found an unknown field; allowed {', '.join(FIELDS)}")
        elif not field.is_allowed(value):
            faults.append(f"{name}: found {value!r}; allowed {field.allowed}")
        elif name == "options":
            faults += [
                f"options.{key}: found {entry!r}; allowed a string (in quotes)"
                for key, entry in value.items()
                if not isinstance(entry, str)
            ]
    return faults


def spec(fields: Mapping[str, Any]) -> ClusterSpec:
    """The cluster that the fields ask for.

    Raises:
        SpecError, ReleaseUnavailable: what cannot be, with the remedy.
    """
    faults = judge(fields)
    if faults:
        raise SpecError("; ".join(faults))
    node = fields.get("node_release") or fields.get("release") or "system"
    central = fields.get("central_release") or fields.get("release") or "system"
    chosen = {name: _usable(name) for name in (node, central)}
    plain = {
        name: value
        for name, value in fields.items()
        if name not in ("release", "central_release", "node_release", "port")
    }
    return ClusterSpec(**plain, release=chosen[node], central_release=chosen[central])


def _usable(name: str) -> releases.Release:
    release = releases.resolve(name)
    try:
        release.versions()  # its binaries do run
    except OSError as error:
        raise ReleaseUnavailable(f"{name}: its programs do not run here: {error}") from error
    return release
