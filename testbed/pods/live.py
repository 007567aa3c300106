"""The live pod: a network namespace held by a pause process, joined to its node by a veth pair. It answers traffic.

The pause process carries the pod's identity in its environment, so that a kubelet that was restarted finds its pods
in /proc, and no file can disagree with what runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyroute2 import IPRoute, NetlinkError

from testbed.pods.namespaces import network_namespace_of, new_network_namespace
from testbed.pods.sandbox import Identity, PodKind, Sandbox

DEVICE = "eth0"
_FIELDS = ("node", "namespace", "name", "uid")
_PREFIX = "TESTBED_POD_"
_GONE_S = 5.0


class Live:
    """Sandboxes with a network namespace."""

    name = "live"

    def __init__(self, workers: int = 4) -> None:
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="sandbox")
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    async def make(self, identity: Identity, node_pid: int) -> Sandbox:
        """Start the pause process and join its namespace to the node's."""
        child = await asyncio.get_running_loop().run_in_executor(self._workers, _make, identity, node_pid)
        self._children[child.pid] = child
        return Sandbox(identity, child.pid)

    async def remove(self, sandbox: Sandbox) -> None:
        """End the pause process; the namespace and the veth pair go with it."""
        if sandbox.pid is not None:
            child = self._children.pop(sandbox.pid, None)
            await asyncio.get_running_loop().run_in_executor(self._workers, _remove, sandbox, child)

    def find(self, nodes: Collection[str]) -> dict[str, Sandbox]:
        """Look through /proc for pause processes."""
        return {found.identity.uid: found for found in _running() if found.identity.node in nodes}


def _make(identity: Identity, node_pid: int) -> subprocess.Popen[bytes]:
    try:
        return _paused(identity, node_pid)
    except NetlinkError as error:
        raise OSError(error.code, f"veth pair {identity.interface}: {error}") from error


def _paused(identity: Identity, node_pid: int) -> subprocess.Popen[bytes]:
    environment = {f"{_PREFIX}{field.upper()}": getattr(identity, field) for field in _FIELDS}
    with network_namespace_of(node_pid), IPRoute() as node:
        _remove_device(node, identity.interface)  # of a pod whose pause process was killed just now
    with new_network_namespace(), IPRoute() as pod:
        child = subprocess.Popen(
            [f"pause {identity.namespace}/{identity.name}", "infinity"],
            executable="/bin/sleep",
            env=environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            pod.link("set", index=pod.link_lookup(ifname="lo")[0], state="up")
            peer = {"ifname": identity.interface, "net_ns_pid": node_pid}
            pod.link("add", ifname=DEVICE, kind="veth", peer=peer)
        except BaseException:
            child.kill()
            child.wait()
            raise
    try:
        with network_namespace_of(node_pid), IPRoute() as node:
            node.link("set", index=node.link_lookup(ifname=identity.interface)[0], state="up")
    except BaseException:
        child.kill()
        child.wait()
        raise
    return child


def _remove_device(route: IPRoute, name: str) -> None:
    for index in route.link_lookup(ifname=name):
        with contextlib.suppress(NetlinkError):
            route.link("del", index=index)


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
        if _identity(sandbox.pid) == sandbox.identity:  # the number may be another process's by now
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            select.select([descriptor], [], [], _GONE_S)
    finally:
        os.close(descriptor)


def _running() -> Iterator[Sandbox]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            pid = int(entry.name)
            identity = _identity(pid)
            if identity is not None:
                yield Sandbox(identity, pid)


def _identity(pid: int) -> Identity | None:
    try:
        pairs = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    environment = dict(pair.decode(errors="replace").partition("=")[::2] for pair in pairs)
    found = [environment.get(f"{_PREFIX}{field.upper()}") for field in _FIELDS]
    if not all(found):
        return None
    return Identity(*(value for value in found if value))


KIND: PodKind = Live()
