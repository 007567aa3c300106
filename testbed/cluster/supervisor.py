"""The supervisor: keeps a cluster up inside its enclosure, and tells commands on the host what only it can know.

It listens before anything is built, so that `testbed down` finds it in every state. What it is asked over its socket
is read-only JSON; commands that act inside a cluster enter its namespaces themselves (`testbed.cluster.entering`).
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from testbed.cluster.cluster import Cluster
from testbed.cluster.control import SOCKET
from testbed.cluster.daemon import Daemon
from testbed.cluster.node import Node
from testbed.cluster.restarts import Incident, Watch, states
from testbed.cluster.spec import ClusterSpec
from testbed.pods import live

LOG = "supervisor.log"
FAILURE = "failure"
"""The file in which the reason of a failed start lies, in a line."""
BACKLOG = 64

_FLOW_COUNT = re.compile(r"\bflow_count=(\d+)")


def serve(
    spec: ClusterSpec, directory: Path, https: socket.socket, tell: Callable[[dict[str, Any]], None]
) -> int:
    """Build the cluster, tell that it is ready, and keep it up until SIGTERM; returns the exit status.

    `tell` is given `{"phase": NAME}` for each phase of start-up and `{"ready": DIRECTORY}` at its end.
    """
    began = time.monotonic()
    listening = _listen(directory / SOCKET)

    def phase(name: str) -> None:
        print(f"{time.monotonic() - began:7.3f} s  {name}", flush=True)
        tell({"phase": name})

    try:
        with Cluster(spec, directory, https=https, on_phase=phase) as cluster:
            took = time.monotonic() - began
            asyncio.run(_keep_up(cluster, listening, took, lambda: tell({"ready": str(directory)})))
    except Exception as error:
        (directory / FAILURE).write_text(" ".join(str(error).split()) or type(error).__name__)
        raise
    return 0


async def _keep_up(
    cluster: Cluster, listening: socket.socket, took_s: float, ready: Callable[[], None]
) -> None:
    from aiohttp import web  # only now: the daemons had the processors for their start

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watch = Watch(cluster, _log)
    answers = _Answers(cluster, watch, took_s)

    async def answer(request: web.Request) -> web.Response:
        parts = [part for part in request.match_info["path"].split("/") if part]
        try:
            return web.json_response(await asyncio.to_thread(answers.to, parts))
        except LookupError as error:
            return web.json_response({"message": str(error.args[0])}, status=404)

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    watching = asyncio.create_task(watch.run())
    watching.add_done_callback(lambda _task: stop.set())  # nothing is kept up unwatched
    ready()
    await stop.wait()
    await runner.cleanup()
    watching.cancel()
    try:
        await watching
    except asyncio.CancelledError:
        return


class _Answers:
    """What the supervisor tells of its cluster."""

    def __init__(self, cluster: Cluster, watch: Watch, took_s: float) -> None:
        self._cluster = cluster
        self._watch = watch
        self._took_s = took_s
        self._began = time.monotonic()

    def to(self, question: list[str]) -> Any:
        """The answer to a path. Raises `LookupError` with what there is."""
        match question:
            case ["status"]:
                return self._status()
            case ["usage"]:
                return self._usage()
            case ["flows"]:
                return {node.name: self._flows(node) for node in self._cluster.nodes}
            case ["machines", name]:
                return self._machine(name)
            case ["pods", namespace, name]:
                return self._pod(namespace, name)
        raise LookupError(
            f"no {'/'.join(question)}: there are status, usage, flows, machines/NAME, pods/NAMESPACE/NAME"
        )

    def _status(self) -> dict[str, Any]:
        """The cluster, its processes and what happened to them."""
        cluster, spec = self._cluster, self._cluster.spec
        processes = states(cluster.processes(), self._watch)
        control = cluster.control_plane
        assert control is not None
        return {
            "name": spec.name,
            "state": "degraded" if any(entry["state"] == "dead" for entry in processes) else "running",
            "nodes": spec.nodes,
            "release": spec.release.name,
            "central_release": spec.release_of_central.name,
            "pod_kind": spec.pod_kind,
            "encapsulation": spec.encapsulation,
            "datapath": spec.datapath,
            "directory": str(cluster.directory),
            "kubeconfig": str(control.kubeconfig_for_people),
            "supervisor_pid": os.getpid(),
            "up_s": round(time.monotonic() - self._began, 1),
            "start_s": round(self._took_s, 3),
            "phases_s": {name: round(value, 3) for name, value in cluster.timings.items()},
            "processes": processes,
            "daemons": [self._daemon(daemon) for daemon in cluster.daemons()],
            "incidents": [vars(incident) for incident in self._watch.incidents],
        }

    def _usage(self) -> list[dict[str, Any]]:
        """Processor time so far (s) and resident memory (MiB) of every process that lives."""
        found = []
        for process in self._cluster.processes():
            try:
                run_ns = time.clock_gettime_ns(~process.pid << 3 | 2)  # clock_getcpuclockid(3)
                resident = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
            except OSError:
                continue
            mib = resident * os.sysconf("SC_PAGE_SIZE") / 2**20
            found.append({"name": process.name, "processor_s": run_ns / 1e9, "resident_mib": round(mib, 1)})
        return found

    def _flows(self, node: Node) -> int | None:
        """How many OpenFlow flows br-int has; None if its switch does not answer."""
        argv = node.release.argv("ovs-ofctl", "dump-aggregate", f"unix:{node.bridge_management}")
        found = _FLOW_COUNT.search(node.run(["env", *_assignments(node.release.environment()), *argv]).stdout)
        return None if found is None else int(found.group(1))

    def _machine(self, name: str) -> dict[str, Any]:
        """A process in its namespaces, and where its daemons' files are."""
        cluster = self._cluster
        machines = {machine.name: machine for machine in (cluster.central, *cluster.nodes, cluster.external)}
        if name not in machines:
            raise LookupError(f"no machine {name!r}: there are {', '.join(machines)}")
        return {"pid": machines[name].pid, "directory": str(cluster.directory / name)}

    def _pod(self, namespace: str, name: str) -> dict[str, Any]:
        """A process in the namespaces of a live pod."""
        for sandbox in live.KIND.find(self._cluster.spec.node_names).values():
            identity = sandbox.identity
            if (identity.namespace, identity.name) == (namespace, name) and sandbox.pid is not None:
                return {"pid": sandbox.pid, "node": identity.node}
        raise LookupError(
            f"pod {namespace}/{name} has no namespace here: it is not there, not yet running, or a stub"
        )

    def _daemon(self, daemon: Daemon) -> dict[str, Any]:
        return {
            "process": daemon.process.name,
            "name": daemon.name,
            "node": daemon.node,
            "role": daemon.role,
            "control": str(daemon.control),
            "pid": daemon.pid,
            "restarted_when_dead": self._watch.is_restarted(daemon.process),
        }


def _assignments(environment: Mapping[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in environment.items()]


def _listen(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    path.chmod(0o600)
    listening.listen(BACKLOG)
    return listening


def _log(incident: Incident) -> None:
    print(f"{incident.at} {incident.process} {incident.what}", flush=True)
