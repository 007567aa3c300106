"""A cluster that cannot be is refused before anything starts, and the refusal says what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from testbed.cluster import Cluster, ClusterSpec, SpecError
from testbed.cluster.spec import MAX_NAME, MAX_NODES


def spec(**changes: Any) -> ClusterSpec:
    asked: dict[str, Any] = {"name": "lab", "nodes": 3, "release": object()} | changes
    return ClusterSpec(**asked)


@pytest.mark.parametrize("name", ["a", "lab-1", "0", "x" * MAX_NAME])
def test_a_name_is_a_dns_label(name: str) -> None:
    assert spec(name=name).name == name


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", "A", "a.b", "a/b", "..", "a b", "ä", "a\n", "x" * (MAX_NAME + 1)]
)
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match="DNS label"):
        spec(name=name)


@pytest.mark.parametrize("nodes", [1, MAX_NODES])
def test_node_counts_within_bounds(nodes: int) -> None:
    assert len(spec(nodes=nodes).node_names) == nodes


@pytest.mark.parametrize("nodes", [0, -1, MAX_NODES + 1])
def test_node_counts_out_of_bounds_are_refused(nodes: int) -> None:
    with pytest.raises(SpecError, match=f"nodes {nodes}: allowed is 1 to {MAX_NODES}"):
        spec(nodes=nodes)


@pytest.mark.parametrize(
    ("choice", "value"),
    [("encapsulation", "vxlan"), ("datapath", "kernel"), ("pod_kind", "vhost")],
)
def test_a_choice_that_this_version_cannot_build_is_refused_with_those_that_it_can(
    choice: str, value: str
) -> None:
    with pytest.raises(SpecError, match=f"{choice} '{value}': this version can do "):
        spec(**{choice: value})


@pytest.mark.parametrize("options", [{"": "x"}, {"a": "x\n"}, {"a\0": "x"}])
def test_options_are_printable(options: dict[str, str]) -> None:
    with pytest.raises(SpecError, match="printable"):
        spec(options=options)


def test_nodes_are_numbered_from_one() -> None:
    assert spec(nodes=3).node_names == ("node1", "node2", "node3")


def test_a_state_directory_too_long_for_sockets_is_refused_with_the_remedy() -> None:
    Cluster(spec(), Path("/run/ovn-testbed") / ("x" * MAX_NAME))
    with pytest.raises(SpecError, match="TESTBED_STATE"):
        Cluster(spec(), Path("/") / ("x" * 80))
