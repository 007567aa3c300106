"""A real workloads process for tests, and what kubelets would report where there are none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from controller.api.kinds import PODS
from controller.kubernetes import ApiError, Client

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: local
contexts: [{{name: local, context: {{cluster: local}}}}]
clusters: [{{name: local, cluster: {{server: "unix:{socket}"}}}}]
"""


class WorkloadsProcess:
    """``python -m testbed.workloads`` beside an API server of the same directory; may be killed and started again."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.arguments = arguments
        self.kubeconfig = directory / "kubeconfig"
        self.kubeconfig.write_text(KUBECONFIG.format(socket=directory / "api.sock"))
        self.log = directory / "workloads.log"

    def start(self) -> None:
        """Returns when it is ready."""
        command = [sys.executable, "-m", "testbed.workloads", "--kubeconfig", str(self.kubeconfig)]
        command += self.arguments
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b'{"ready": true}\n', self.log.read_text()

    def kill(self) -> None:
        """Ends it without a word."""
        self.process.send_signal(signal.SIGKILL)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait()


async def report_ready(api: Client) -> None:
    """What kubelets do: every pod that has a node becomes ready, every one that is asked to end is gone."""
    async for change in api.follow(PODS):
        pod = change.object
        if change.type not in ("ADDED", "MODIFIED") or not pod.spec.node_name:
            continue
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        report = {"status": {"phase": "Running", "conditions": [ready]}}
        try:
            if pod.is_being_deleted:
                await api.delete(PODS, pod.name, namespace=pod.namespace, grace_seconds=0)
            elif not pod.is_ready:
                await api.patch(PODS, pod.name, report, namespace=pod.namespace, subresource="status")
        except ApiError as error:
            if not error.is_not_found:
                raise
