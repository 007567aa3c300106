"""The Kubernetes side of a cluster: API server, controller, workloads, daemons, kubelets; the order that they need.

A kubelet and a daemon process serve a group of nodes each. Every process can be killed and started again on its own
(`Process.restart`): the others go on when it is back.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from testbed.cluster.node import Node
from testbed.cluster.processes import Process, wait_ready
from testbed.releases.release import Release
from testbed.systems import Command, System

PLUGS = ("testbed.pods.stub",)
"""What the testbed adds to the kinds of ports that a daemon can plug."""

REPOSITORY = Path(__file__).resolve().parents[2]


class ControlPlane:
    """The processes of a cluster's Kubernetes side.

    Args:
        system: the controller under test.
        directory: the cluster's state directory.
        pod_kind: of the pods on every node, unless a pod says otherwise.
        https: a listening TCP socket of the host by which people reach the API, or None.
    """

    def __init__(self, system: System, directory: Path, pod_kind: str, https: socket.socket | None) -> None:
        self.system = system
        self.pod_kind = pod_kind
        self.directory = directory
        api = directory / "api"
        self.api_socket = api / "api.sock"
        self.kubeconfig = api / "local.kubeconfig"
        self.kubeconfig_for_people = api / "kubeconfig"
        self.admin_socket = directory / "controller" / "admin.sock"
        self.apiserver = self._apiserver(https)
        self.controller: Process | None = None
        self.workloads: Process | None = None
        self.daemons: tuple[Process, ...] = ()
        self.kubelets: tuple[Process, ...] = ()

    @property
    def processes(self) -> tuple[Process, ...]:
        """All that were made so far, in the order in which they are started."""
        middle = tuple(process for process in (self.controller, self.workloads) if process is not None)
        return (self.apiserver, *middle, *self.daemons, *self.kubelets)

    def start_api(self) -> None:
        """Start the API server, which needs nothing else; returns at once."""
        self.apiserver.start()

    def suit(self, *releases: Release) -> None:
        """Have the controller get along with the known faults of the releases that it will drive."""
        faults = {fault.identifier for release in releases for fault in release.defects()}
        self.system = self.system.suited_to(faults)

    def start_rest(
        self,
        northbound: str,
        southbound: str,
        nodes: Sequence[Node],
        nodes_per_process: int,
        timeout_s: float,
    ) -> None:
        """Once the API server answers, start all others and wait until they are ready.

        Raises:
            StartFailed: one did not come up.
        """
        wait_ready([self.apiserver], timeout_s)
        (self.directory / "controller").mkdir()
        command = self.system.controller(self.kubeconfig, northbound, southbound, self.admin_socket)
        self.controller = self._process("controller", command, "controller")
        self.workloads = self._process("workloads", self._workloads(), "workloads")
        groups = [
            nodes[first : first + nodes_per_process] for first in range(0, len(nodes), nodes_per_process)
        ]
        self.daemons = tuple(self._daemon(number, group) for number, group in enumerate(groups, start=1))
        self.kubelets = tuple(self._kubelet(number, group) for number, group in enumerate(groups, start=1))
        waiting = (self.controller, self.workloads, *self.daemons, *self.kubelets)
        for process in waiting:
            process.start()
        wait_ready(waiting, timeout_s)

    def _apiserver(self, https: socket.socket | None) -> Process:
        api = self.directory / "api"
        arguments = ["--socket", str(self.api_socket), "--journal", str(api / "journal.db")]
        arguments += ["--credentials-directory", str(api)]  # it writes the kubeconfigs there
        if https is not None:
            arguments += ["--https-fd", str(https.fileno())]
        if self.system.admission is not None:
            arguments += ["--admission", self.system.admission]
        return Process(
            "apiserver",
            _module("testbed.apiserver", *arguments),
            api / "apiserver.log",
            environment=_with_ours(self.system.environment),
            pass_fds=() if https is None else (https.fileno(),),
        )

    def _workloads(self) -> Command:
        return Command(_module("testbed.workloads", "--kubeconfig", str(self.kubeconfig)))

    def _daemon(self, number: int, nodes: Sequence[Node]) -> Process:
        entries = [{"node": node.name, "database": node.database, "pid": node.pid} for node in nodes]
        config = self._config("daemon", number, entries)
        command = self.system.daemon(self.kubeconfig, self._daemon_socket(number), config, PLUGS)
        return self._process(f"daemon{number}", command, "daemon")

    def _kubelet(self, number: int, nodes: Sequence[Node]) -> Process:
        entries = [
            {"node": node.name, "address": node.management_ip, "pid": node.pid, "kind": self.pod_kind}
            for node in nodes
        ]
        argv = _module(
            "testbed.kubelet",
            *("--kubeconfig", str(self.kubeconfig)),
            *("--daemon-socket", str(self._daemon_socket(number))),
            *("--socket", str(self.directory / "kubelet" / f"kubelet{number}.sock")),
            *("--config", str(self._config("kubelet", number, entries))),
            *("--directory", str(self.directory / "kubelet" / f"pods{number}")),
        )
        return self._process(f"kubelet{number}", Command(argv), "kubelet")

    def _daemon_socket(self, number: int) -> Path:
        return self.directory / "daemon" / f"daemon{number}.sock"

    def _config(self, kind: str, number: int, entries: Sequence[Mapping[str, object]]) -> Path:
        path = self.directory / kind / f"{kind}{number}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(entries))
        return path

    def _process(self, name: str, command: Command, kind: str) -> Process:
        log = self.directory / kind / f"{name}.log"
        return Process(name, command.argv, log, environment=_with_ours(command.environment))


def _module(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


def _with_ours(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the testbed's own packages on the Python path, after those that it names."""
    paths = [path for path in (environment.get("PYTHONPATH"), str(REPOSITORY)) if path]
    return {**environment, "PYTHONPATH": os.pathsep.join(paths)}
