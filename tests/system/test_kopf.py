"""An operator written with kopf (https://kopf.readthedocs.io) handles a kind of its own end to end.

kopf finds the kind by discovery, lists and watches it, patches status and annotations, posts events, and keeps an
object by its finalizer until it has let go.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from tests.system.apiserver_process import serving_people
from tests.system.kubectls import PACKAGES, Kubectl
from tests.waiting import wait_until

pytestmark = pytest.mark.system

MANIFEST = Path(__file__).parent.parent / "manifests" / "custom.yaml"
OPERATOR = """
import kopf

@kopf.on.startup()
def quietly(settings, **_):
    settings.posting.enabled = True

@kopf.on.create("example.com", "v1", "tunnels")
def dig(spec, patch, body, **_):
    kopf.info(body, reason="Dug", message=f"to {spec['remote']}")
    patch.status["phase"] = "Up"

@kopf.on.field("example.com", "v1", "tunnels", field="spec.remote")
def move(old, new, patch, **_):
    if old is not None:
        patch.metadata.annotations["example.com/moved"] = f"{old} to {new}"

@kopf.on.delete("example.com", "v1", "tunnels")
def fill(name, **_):
    open("filled", "w").write(name)
"""


def test_an_operator_sees_changes_and_the_end_of_its_objects(tmp_path: Path) -> None:
    definition, tunnel = yaml.safe_load_all(MANIFEST.read_text())
    (tmp_path / "operator.py").write_text(OPERATOR)
    with serving_people(tmp_path) as kubeconfig:
        kube = Kubectl(max(PACKAGES), kubeconfig, tmp_path / "cache")
        kube("create", "namespace", kube.namespace)
        kube.apply(definition)
        kube("wait", f"crd/{definition['metadata']['name']}", "--for=condition=Established", "--timeout=60s")
        command = [sys.executable, "-m", "kopf", "run", "--all-namespaces", "--standalone", "operator.py"]
        with (tmp_path / "operator.log").open("w") as log:
            operator = subprocess.Popen(
                command,
                cwd=tmp_path,
                env=os.environ | {"KUBECONFIG": str(kubeconfig)},
                stdout=log,
                stderr=log,
            )

        def said() -> str:
            return (tmp_path / "operator.log").read_text()

        def current() -> Any:
            assert operator.poll() is None, said()
            return orjson.loads(kube("get", "tunnel", "west", "-o", "json"))

        try:
            kube.apply(tunnel)
            wait_until(lambda: current().get("status", {}).get("phase") == "Up", "the status is patched")
            wait_until(lambda: "Dug" in kube("get", "events"), "the event is posted")
            kube.apply(tunnel | {"spec": {"remote": "192.0.2.2"}})
            moved = "192.0.2.1 to 192.0.2.2"
            wait_until(lambda: moved in current()["metadata"]["annotations"].values(), "the change was seen")
            assert current()["metadata"]["finalizers"] == ["kopf.zalando.org/KopfFinalizerMarker"]
            kube("delete", "tunnel", "west", "--timeout=60s")
            assert (tmp_path / "filled").read_text() == "west"
        finally:
            operator.terminate()
            operator.wait(60)
    assert "Traceback" not in said()
