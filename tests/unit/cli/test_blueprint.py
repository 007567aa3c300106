"""A cluster.yaml is judged as a whole, and every fault names path, found and allowed."""

from pathlib import Path

import pytest

from testbed.cli import blueprint
from testbed.cluster import SpecError


def refused(tmp_path: Path, text: str) -> str:
    file = tmp_path / "cluster.yaml"
    file.write_text(text)
    with pytest.raises(SpecError) as error:
        blueprint.read(file)
    return str(error.value)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    told = refused(tmp_path, "nodes: 0\ncolour: red\ndatapath: magic\noptions: {a: 1}\nport: true\n")
    for fault in (
        "nodes: found 0; allowed an integer from 1 to",
        "colour: found an unknown field; allowed name, nodes",
        "datapath: found 'magic'; allowed userspace",
        "options.a: found 1; allowed a string",
        "port: found True; allowed an integer",
    ):
        assert fault in told


def test_a_file_that_is_no_single_mapping_is_refused(tmp_path: Path) -> None:
    assert "allowed one mapping" in refused(tmp_path, "- 1\n")
    assert "found 2 documents" in refused(tmp_path, "nodes: 1\n---\nnodes: 2\n")


def test_yamls_traps_hold_here_too(tmp_path: Path) -> None:
    assert "the key twice" in refused(tmp_path, "nodes: 1\nnodes: 2\n")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="No such file"):
        blueprint.read(tmp_path / "missing.yaml")


def test_the_example_is_a_cluster(tmp_path: Path) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_text(blueprint.EXAMPLE)
    assert blueprint.read(file)["central_release"] == "system"
