"""The live pod: a network namespace held by a pause process, joined to its node by a veth pair. It answers traffic.

The pause process carries the pod's identity in its environment, so that a kubelet that was restarted finds its pods
in /proc, and no file can disagree with what runs. A sandbox made anew has an interface of a new name: a switch that
knew the old one would not notice that another device has taken its place.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import select
import signal
import subprocess
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyroute2 import IPRoute, NetlinkError

from testbed.pods.namespaces import network_namespace_of, new_network_namespace
from testbed.pods.sandbox import Identity, PodKind, Sandbox, interface_name

DEVICE = "eth0"
_FIELDS = ("node", "namespace", "name", "uid")
_PREFIX = "TESTBED_POD_"
_INTERFACE = f"{_PREFIX}INTERFACE"
_GONE_S = 5.0


class Live:
    """Sandboxes with a network namespace."""

    name = "live"

    def __init__(self, workers: int = 4) -> None:
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="sandbox")
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    async def make(self, identity: Identity, node_pid: int) -> Sandbox:
        """Start the pause process and join its namespace to the node's."""
        interface = interface_name(f"{identity.uid} {secrets.token_hex(8)}")
        child = await asyncio.get_running_loop().run_in_executor(
            self._workers, _make, identity, interface, node_pid
        )
        self._children[child.pid] = child
        return Sandbox(identity, interface, child.pid)

    async def remove(self, sandbox: Sandbox) -> None:
        """End the pause process; the namespace and the veth pair go with it."""
        if sandbox.pid is not None:
            child = self._children.pop(sandbox.pid, None)
            await asyncio.get_running_loop().run_in_executor(self._workers, _remove, sandbox, child)

    def find(self, nodes: Collection[str]) -> dict[str, Sandbox]:
        """Look through /proc for pause processes."""
        return {found.identity.uid: found for found in _running() if found.identity.node in nodes}


def _make(identity: Identity, interface: str, node_pid: int) -> subprocess.Popen[bytes]:
    """The pause process comes last: a namespace that has one is complete, whenever its maker was killed."""
    with new_network_namespace():
        try:
            _join(interface, node_pid)
        except NetlinkError as error:
            raise OSError(error.code, f"veth pair {interface}: {error}") from error
        return _pause(identity, interface)


def _join(interface: str, node_pid: int) -> None:
    with IPRoute() as pod:
        pod.link("set", index=pod.link_lookup(ifname="lo")[0], state="up")
        pod.link("add", ifname=DEVICE, kind="veth", peer={"ifname": interface, "net_ns_pid": node_pid})
    with network_namespace_of(node_pid), IPRoute() as node:
        node.link("set", index=node.link_lookup(ifname=interface)[0], state="up")


def _pause(identity: Identity, interface: str) -> subprocess.Popen[bytes]:
    environment = {f"{_PREFIX}{field.upper()}": getattr(identity, field) for field in _FIELDS}
    return subprocess.Popen(
        [f"pause {identity.namespace}/{identity.name}", "infinity"],
        executable="/bin/sleep",
        env=environment | {_INTERFACE: interface},
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _remove(sandbox: Sandbox, child: subprocess.Popen[bytes] | None) -> None:
    assert sandbox.pid is not None
    if child is not None:
        child.kill()
        child.wait()
        return
    try:
        descriptor = os.pidfd_open(sandbox.pid)
    except ProcessLookupError:
        return
    try:
        if _sandbox(sandbox.pid) == sandbox:  # the number may be another process's by now
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            select.select([descriptor], [], [], _GONE_S)
    finally:
        os.close(descriptor)


def _running() -> Iterator[Sandbox]:
    for entry in Path("/proc").iterdir():
        found = _sandbox(int(entry.name)) if entry.name.isdecimal() else None
        if found is not None:
            yield found


def _sandbox(pid: int) -> Sandbox | None:
    try:
        pairs = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    environment = dict(pair.decode(errors="replace").partition("=")[::2] for pair in pairs)
    found = [environment.get(f"{_PREFIX}{field.upper()}", "") for field in _FIELDS]
    interface = environment.get(_INTERFACE, "")
    return Sandbox(Identity(*found), interface, pid) if interface and all(found) else None


KIND: PodKind = Live()
