"""A kubelet's configuration is checked before anything is started."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from testbed.kubelet.config import ConfigError, NodeConfig, load

NODE = {"node": "node1", "address": "192.168.0.1", "pid": 7}


def written(directory: Path, content: object) -> Path:
    path = directory / "kubelet.json"
    path.write_bytes(orjson.dumps(content))
    return path


def test_a_node_has_live_pods_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert load(written(tmp_path, [NODE])) == (NodeConfig("node1", "192.168.0.1", 7, "live"),)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ([], "none"),
        ([NODE, NODE], "node1"),
        ([{**NODE, "kind": "vhost"}], "vhost"),
        ([{**NODE, "pid": "7"}], "pid"),
        ([{**NODE, "colour": "red"}], "colour"),
        ({}, "array"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, content: object, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        load(written(tmp_path, content))
