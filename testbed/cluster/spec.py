"""What cluster is asked for, checked before anything is started."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from testbed.cluster.errors import SpecError
from testbed.releases.release import Release

MAX_NODES = 200
"""More nodes need address plans and memory that nobody has tried."""

MAX_NAME = 40
"""Socket paths hold the name, and a Unix socket's path ends at 107 bytes."""

ENCAPSULATIONS = ("geneve",)
DATAPATHS = ("userspace",)
POD_KINDS = ("live", "stub")

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")  # RFC 1123, as Kubernetes names its nodes


@dataclass(frozen=True)
class ClusterSpec:
    """One central, `nodes` nodes, one fabric.

    Args:
        name: a DNS label of at most 40 characters; two live clusters differ in it.
        nodes: 1 to 200.
        release: the OVN and OVS build that every daemon comes from.
        central_release: another build for the central's daemons; None for the same.
        encapsulation: how the overlay travels between nodes.
        datapath: where packets are switched.
        pod_kind: of the pods on every node, unless a pod's annotation says otherwise.
        nodes_per_kubelet: how many nodes one kubelet process and one daemon process serve.
        options: NB_Global options, as `ovn-nb(5)` names them.

    Raises:
        SpecError: what was asked for cannot be; the message says why and what is allowed.
    """

    name: str
    nodes: int
    release: Release
    encapsulation: str = "geneve"
    datapath: str = "userspace"
    pod_kind: str = "live"
    nodes_per_kubelet: int = 25
    options: Mapping[str, str] = field(default_factory=dict)
    central_release: Release | None = None

    def __post_init__(self) -> None:
        if len(self.name) > MAX_NAME or not _LABEL.fullmatch(self.name):
            raise SpecError(
                f"cluster name {self.name!r}: allowed is a DNS label (a-z, 0-9, inner '-') of at most {MAX_NAME}"
            )
        _in_range("nodes", self.nodes, 1, MAX_NODES)
        _in_range("nodes_per_kubelet", self.nodes_per_kubelet, 1, MAX_NODES)
        _one_of("encapsulation", self.encapsulation, ENCAPSULATIONS)
        _one_of("datapath", self.datapath, DATAPATHS)
        _one_of("pod_kind", self.pod_kind, POD_KINDS)
        for key, value in self.options.items():
            if not key or not key.isprintable() or not value.isprintable():
                raise SpecError(f"option {key!r}={value!r}: allowed are printable strings")

    @property
    def release_of_central(self) -> Release:
        """The build that the databases and northd come from."""
        return self.central_release or self.release

    @property
    def node_names(self) -> tuple[str, ...]:
        """`node1` to `nodeN`."""
        return tuple(f"node{number}" for number in range(1, self.nodes + 1))


def _in_range(what: str, found: int, least: int, most: int) -> None:
    if not least <= found <= most:
        raise SpecError(f"{what} {found!r}: allowed is {least} to {most}")


def _one_of(what: str, found: str, allowed: tuple[str, ...]) -> None:
    if found not in allowed:
        raise SpecError(f"{what} {found!r}: this version can do {', '.join(allowed)}")
