"""The emulated system: one central, several nodes, one fabric, an external host, and its start and end.

Start-up is in phases, and each is done for all machines before the next begins: the processors are few, so a
phase for all takes as long as the same work in any other order, and what is waited for is always one thing.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

import mininet.net

from testbed.cluster.central import Central
from testbed.cluster.control_plane import ControlPlane
from testbed.cluster.daemon import Daemon
from testbed.cluster.errors import SpecError
from testbed.cluster.external import External
from testbed.cluster.fabric import Fabric
from testbed.cluster.node import Node
from testbed.cluster.processes import Process, stop_all, wait_ready, wait_until
from testbed.cluster.spec import ClusterSpec
from testbed.systems import Ours, System

START_TIMEOUT_S = 60.0
"""For each phase; generous, since the machine may be loaded."""

_OURS = Ours()


class Cluster:
    """A cluster as a context manager, to be used inside an enclosure (`testbed.cluster.enclosure`).

    Args:
        spec: what to build.
        directory: its state directory (`testbed.cluster.state.claim`).
        system: the controller under test; None builds the network alone, without API server and all that live by it.
        https: a listening TCP socket by which people on the host reach the API; opened before the enclosure is entered.
        on_phase: told the name of each phase of start-up when it begins.

    Raises:
        SpecError: the path of the directory is too long for sockets in it.
    """

    def __init__(
        self,
        spec: ClusterSpec,
        directory: Path,
        *,
        system: System | None = _OURS,
        https: socket.socket | None = None,
        on_phase: Callable[[str], None] = lambda _phase: None,
    ) -> None:
        _check_path_length(directory)
        self.spec = spec
        self.directory = directory
        self.control_plane = None if system is None else ControlPlane(system, directory, spec.pod_kind, https)
        self._on_phase = on_phase
        self.timings: dict[str, float] = {}
        """Seconds each phase of start-up took."""
        self._fabric: Fabric | None = None
        self._daemons: tuple[Daemon, ...] = ()

    def __enter__(self) -> Cluster:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def net(self) -> mininet.net.Mininet:
        """The Mininet network, for Mininet's own prompt.

        Raises:
            RuntimeError: the cluster is not up.
        """
        if self._fabric is None:
            raise RuntimeError("the cluster is not up")
        return self._fabric.net

    @property
    def kubeconfig(self) -> Path:
        """How processes inside the enclosure reach the API.

        Raises:
            RuntimeError: the cluster was built without a control plane.
        """
        if self.control_plane is None:
            raise RuntimeError("this cluster has no API server: it was built without a system")
        return self.control_plane.kubeconfig

    def daemons(self) -> tuple[Daemon, ...]:
        """Every OVN and OVS daemon: the central's, then node by node."""
        return self._daemons

    def processes(self) -> tuple[Process, ...]:
        """Every supervised process."""
        above = () if self.control_plane is None else self.control_plane.processes
        return (*(daemon.process for daemon in self.daemons()), *above)

    def check(self) -> None:
        """Do nothing if every process lives.

        Raises:
            DaemonDied: one ended although nobody stopped it.
        """
        for process in self.processes():
            process.check()

    def stop(self) -> None:
        """Kill every process and remove the network; harmless when there is nothing left to stop."""
        stop_all(self.processes())
        if self._fabric is not None:
            self._fabric.unmake()
            self._fabric = None

    def _start(self) -> None:
        if self.control_plane is not None:
            self.control_plane.start_api()
        with self._phase("network"):
            self._make_network()
        _allow_many_files()
        with self._phase("central"):
            self._start_daemons(self.central.daemons)
        with self._phase("databases"):
            self._start_daemons([node.database_server for node in self.nodes])
        with self._phase("switches"):
            switches = [node.switch for node in self.nodes]
            self._start_daemons(switches)
            self._wait(
                lambda: all(node.has_tunnel_device for node in self.nodes),
                switches,
                "there is no device for its tunnels",
            )
            for node in self.nodes:
                node.address_tunnel()
        with self._phase("chassis"):
            self._start_daemons([node.chassis for node in self.nodes])
            self._wait_for_chassis()
        if self.control_plane is not None:
            with self._phase("control plane"):
                self.control_plane.suit(self.spec.release, self.spec.release_of_central)
                self.control_plane.start_rest(
                    self.central.northbound,
                    self.central.southbound,
                    self.nodes,
                    self.spec.nodes_per_kubelet,
                    START_TIMEOUT_S,
                )

    def _make_network(self) -> None:
        spec = self.spec
        for release in {found.name: found for found in (spec.release, spec.release_of_central)}.values():
            release.enter(self.directory)  # before any machine takes its copy of the mounts
        fabric = self._fabric = Fabric()
        net = fabric.net
        self.central: Central = net.addHost("central", cls=Central)
        self.external: External = net.addHost("external", cls=External)
        self.nodes: tuple[Node, ...] = tuple(net.addHost(name, cls=Node) for name in spec.node_names)
        self.central.place(self.directory / "central", spec.release_of_central, spec.options)
        for number, node in enumerate(self.nodes, start=1):
            node.place(
                number,
                self.directory / node.name,
                spec.release,
                self.central.southbound_for_nodes,
                spec.encapsulation,
            )
        self._daemons = (
            *self.central.daemons,
            *(daemon for node in self.nodes for daemon in node.daemons),
        )
        central = fabric.plug(self.central, fabric.management, self.central.management_ip)
        external = fabric.plug(self.external, fabric.tor, self.external.address)
        ports = [
            (fabric.plug(node, fabric.management, node.management_ip), fabric.plug(node, fabric.tor))
            for node in self.nodes
        ]
        fabric.make()
        self.central.prepare(central)
        self.external.prepare(external)
        for node, (management, underlay) in zip(self.nodes, ports, strict=True):
            node.prepare(management, underlay)

    def _start_daemons(self, daemons: Sequence[Daemon]) -> None:
        for daemon in daemons:
            daemon.process.start()
        wait_ready([daemon.process for daemon in daemons], START_TIMEOUT_S)

    def _wait(self, condition: Callable[[], bool], needed: Sequence[Daemon], why: str) -> None:
        wait_until(condition, [daemon.process for daemon in needed], START_TIMEOUT_S, why)

    def _wait_for_chassis(self) -> None:
        """Until every node is a chassis in SB: one `ovn-sbctl` waits for all."""
        arguments = [f"--db={self.central.southbound}", f"--timeout={START_TIMEOUT_S:.0f}"]
        for node in self.nodes:
            arguments += ["--", "wait-until", "Chassis", node.name]
        release = self.central.release
        waiting = subprocess.Popen(
            release.argv("ovn-sbctl", *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        chassis = [node.chassis for node in self.nodes]
        try:
            self._wait(lambda: waiting.poll() == 0, chassis, "its chassis is not in SB")
        finally:
            waiting.kill()
            waiting.wait()

    @contextlib.contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        self._on_phase(name)
        began = time.monotonic()
        yield
        self.timings[name] = time.monotonic() - began


LONGEST_SOCKET = "node200/ovn-controller.4194304.ctl"
SOCKET_PATH_MAX = 107  # unix(7)


def _check_path_length(directory: Path) -> None:
    longest = directory / LONGEST_SOCKET
    if len(bytes(longest)) > SOCKET_PATH_MAX:
        raise SpecError(
            f"state directory {directory}: sockets such as {longest} would be longer than {SOCKET_PATH_MAX} bytes; "
            "set TESTBED_STATE to a shorter path"
        )


MANY_FILES = 65_536


def _allow_many_files() -> None:
    """Let daemons hold a socket for each of thousands of ports; inherited by all that is started from now on.

    Not done before the network is made: Mininet's mnexec closes every descriptor up to the limit, one by one.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(MANY_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
