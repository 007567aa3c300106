"""A daemon that cannot serve says why in one line, with exit status 2."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from controller.daemon.__main__ import main

NODE = {"node": "node1", "database": "unix:/nonexistent/db.sock", "pid": 1}
KUBECONFIG = """
current-context: c
contexts: [{name: c, context: {cluster: c}}]
clusters: [{name: c, cluster: {server: "unix:/nonexistent/api.sock"}}]
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"config": [{**NODE, "colour": "red"}]}, "colour"),
        ({"config": [NODE, NODE]}, "node1"),
        ({"kubeconfig": "[]"}, "a kubeconfig is a mapping"),
        ({"socket": "/nonexistent/daemon.sock"}, "/nonexistent/daemon.sock"),
        ({"plug": "nothing.of.the.sort"}, "No module named"),
        ({"plug": "json"}, "json has no PLUG"),
    ],
)
def test_what_is_unfit_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, object], said: str
) -> None:
    (tmp_path / "daemon.json").write_bytes(orjson.dumps(change.get("config", [NODE])))
    (tmp_path / "kubeconfig").write_text(str(change.get("kubeconfig", KUBECONFIG)))
    arguments = ["--kubeconfig", str(tmp_path / "kubeconfig"), "--config", str(tmp_path / "daemon.json")]
    arguments += ["--socket", str(change.get("socket", tmp_path / "daemon.sock"))]
    arguments += ["--plug", str(change["plug"])] if "plug" in change else []
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
