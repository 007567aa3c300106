"""The smallest real OVN: one central and some chassis as plain processes in one directory.

What is tested with it needs real daemons and nothing of how clusters are built: no namespaces, no fabric, ports of the
`dummy` sort. Every daemon dies with the test that started it.
"""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from testbed.releases import Release, resolve

PR_SET_PDEATHSIG = 1
SCHEMAS = {"nb": "ovn-nb.ovsschema", "sb": "ovn-sb.ovsschema", "conf": "vswitch.ovsschema"}


@dataclass
class BareDaemon:
    name: str
    node: str
    role: str
    start: Callable[[], "subprocess.Popen[bytes]"]
    process: "subprocess.Popen[bytes]"
    control_of: Callable[[], Path]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def control(self) -> Path:
        return self.control_of()


@dataclass
class BareNode:
    name: str
    directory: Path
    release: Release

    @property
    def database(self) -> str:
        return f"unix:{self.directory}/db.sock"

    @property
    def bridge_management(self) -> Path:
        return self.directory / "br-int.mgmt"


@dataclass
class BareCentral:
    directory: Path

    @property
    def northbound(self) -> str:
        return f"unix:{self.directory}/nb.sock"

    @property
    def southbound(self) -> str:
        return f"unix:{self.directory}/sb.sock"


@dataclass
class BareOvn:
    directory: Path
    release: Release
    central: BareCentral
    nodes: list[BareNode] = field(default_factory=list)
    running: list[BareDaemon] = field(default_factory=list)

    def daemons(self) -> tuple[BareDaemon, ...]:
        return tuple(self.running)

    def daemon(self, node: str, role: str) -> BareDaemon:
        return next(daemon for daemon in self.running if (daemon.node, daemon.role) == (node, role))

    def restart(self, node: str, role: str) -> None:
        """Kill a daemon and start it again, once its control socket is there."""
        daemon = self.daemon(node, role)
        daemon.process.kill()
        daemon.process.wait()
        daemon.control.unlink()
        daemon.process = daemon.start()
        wait_for(lambda: daemon.control.exists(), True)

    def run(self, program: str, *args: str) -> str:
        argv = self.release.argv(program, *args)
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise AssertionError(f"{argv}: {done.stderr}")
        return done.stdout

    def nbctl(self, *args: str) -> str:
        return self.run("ovn-nbctl", f"--db={self.central.northbound}", *args)

    def sbctl(self, *args: str) -> str:
        return self.run("ovn-sbctl", f"--db={self.central.southbound}", *args)

    def vsctl(self, node: BareNode, *args: str) -> str:
        return self.run("ovs-vsctl", f"--db={node.database}", *args)

    def ofctl(self, node: BareNode, command: str, *args: str) -> str:
        return self.run("ovs-ofctl", command, f"unix:{node.bridge_management}", *args)

    def add_switches(self, count: int, ports: int = 0) -> None:
        """Switches s1, s2, ... on one router, each with some ports that no chassis has."""
        argv = ["lr-add", "r"]
        for i in range(1, count + 1):
            argv += ["--", "ls-add", f"s{i}", "--", "lrp-add", "r", f"r-s{i}"]
            argv += [f"00:00:00:00:{i:02x}:01", f"10.0.{i}.1/24", "--", "lsp-add", f"s{i}", f"s{i}-r"]
            argv += [
                "--",
                "lsp-set-type",
                f"s{i}-r",
                "router",
                "--",
                "lsp-set-addresses",
                f"s{i}-r",
                "router",
            ]
            argv += ["--", "lsp-set-options", f"s{i}-r", f"router-port=r-s{i}"]
            for j in range(ports):
                argv += [
                    "--",
                    *port_commands(
                        f"s{i}", f"idle{i}-{j}", f"0a:01:{i:02x}:00:00:{j:02x}", f"10.0.{i}.{100 + j}"
                    ),
                ]
        self.nbctl(*argv)

    def add_pod(self, switch: str, port: str, node: BareNode, number: int) -> None:
        """A port with its row in NB and a dummy interface on a node."""
        self.nbctl(*port_commands(switch, port, mac(number), f"10.0.{switch[1:]}.{number}"))
        self.plug(port, node)

    def plug(self, port: str, node: BareNode) -> None:
        name = port.partition(".")[0]
        self.vsctl(
            node,
            "add-port",
            "br-int",
            name,
            "--",
            "set",
            "interface",
            name,
            "type=dummy",
            f"external_ids:iface-id={port}",
        )

    def delete_pod(self, port: str, node: BareNode) -> None:
        self.nbctl("lsp-del", port)
        self.vsctl(node, "del-port", port.partition(".")[0])


def mac(number: int) -> str:
    return f"0a:00:00:00:00:{number:02x}"


def port_commands(switch: str, port: str, address: str, ip: str) -> list[str]:
    return ["lsp-add", switch, port, "--", "lsp-set-addresses", port, f"{address} {ip}"]


@contextmanager
def bare_ovn(directory: Path, chassis: int, release: str = "system") -> Iterator[BareOvn]:
    """A running OVN whose chassis have all registered in SB."""
    central = directory / "central"
    central.mkdir(parents=True)
    ovn = BareOvn(directory, resolve(release), BareCentral(central))
    ovn.release.enter(directory)
    try:
        for name in ("nb", "sb"):
            role = {"nb": "northbound", "sb": "southbound"}[name]
            _database(ovn, "central", central, name, f"{name}.sock", role)
        _start(
            ovn,
            "northd",
            "central",
            central,
            "ovn-northd",
            f"--ovnnb-db={ovn.central.northbound}",
            f"--ovnsb-db={ovn.central.southbound}",
            control=central / "northd.ctl",
        )
        for i in range(1, chassis + 1):
            _chassis(ovn, f"node{i}", f"127.0.0.{i}")
        wait_for(lambda: ovn.sbctl("--bare", "--columns=name", "list", "chassis").split(), chassis)
        for node in ovn.nodes:
            wait_for(node.bridge_management.exists, True)
        yield ovn
    finally:
        for daemon in reversed(ovn.running):
            daemon.process.send_signal(signal.SIGCONT)
            daemon.process.terminate()
        for daemon in ovn.running:
            daemon.process.wait(timeout=20)


def wait_for(ask: Callable[[], object], wanted: object, timeout: float = 60) -> None:
    """Until the answer is what is wanted (or as many as wanted)."""
    deadline = time.monotonic() + timeout
    while True:
        answer = ask()
        if answer == wanted or (isinstance(answer, list) and len(answer) == wanted):
            return
        assert time.monotonic() < deadline, f"still {answer!r} instead of {wanted!r}"
        time.sleep(0.02)


def _chassis(ovn: BareOvn, name: str, address: str) -> None:
    directory = ovn.directory / name
    directory.mkdir()
    node = BareNode(name, directory, ovn.release)
    ovn.nodes.append(node)
    _database(ovn, name, directory, "conf", "db.sock", "database")
    ovn.vsctl(node, "--no-wait", "init")
    _start(
        ovn,
        "switch",
        name,
        directory,
        "ovs-vswitchd",
        node.database,
        "--enable-dummy=override",
        "--disable-system",
        "--disable-system-route",
        control=directory / "ovs-vswitchd.ctl",
    )
    ovn.vsctl(
        node,
        *("add-br", "br-int", "--", "set", "bridge", "br-int", "datapath_type=dummy", "fail-mode=secure"),
        *("--", "set", "open", ".", f"external_ids:system-id={name}"),
        f"external_ids:ovn-remote={ovn.central.southbound}",
        "external_ids:ovn-encap-type=geneve",
        f"external_ids:ovn-encap-ip={address}",
    )
    _start(ovn, "chassis", name, directory, "ovn-controller", node.database, control=None)


def _database(ovn: BareOvn, node: str, directory: Path, file: str, socket: str, role: str) -> None:
    schema = directory / SCHEMAS[file]
    schema.write_bytes(ovn.release.schema_path(schema.name).read_bytes())
    ovn.run("ovsdb-tool", "create", str(directory / f"{file}.db"), str(schema))
    _start(
        ovn,
        role,
        node,
        directory,
        "ovsdb-server",
        str(directory / f"{file}.db"),
        f"--remote=punix:{directory}/{socket}",
        control=directory / f"{file}.ctl",
    )
    wait_for((directory / socket).exists, True)


def _start(
    ovn: BareOvn, role: str, node: str, directory: Path, program: str, *args: str, control: Path | None
) -> None:
    log = directory / f"{role}.log"
    options = [f"--log-file={log}", "-vconsole:off", *([f"--unixctl={control}"] if control else [])]
    here = {key: str(directory) for key in ("OVS_RUNDIR", "OVN_RUNDIR", "OVS_LOGDIR", "OVN_LOGDIR")}

    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            ovn.release.argv(program, *args, *options),
            env={**os.environ, **ovn.release.environment(), **here},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
        )

    daemon = BareDaemon(program, node, role, start, start(), Path, log)
    daemon.control_of = lambda: control or directory / f"{program}.{daemon.pid}.ctl"
    ovn.running.append(daemon)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
