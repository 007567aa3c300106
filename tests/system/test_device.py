"""A network device in a namespace is brought to what it is to be, and only what differs is written."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pyroute2 import IPRoute

from controller.daemon import offload
from controller.daemon.device import DEFAULT, Device, bring
from controller.daemon.namespaces import network_namespace_of

pytestmark = pytest.mark.system

T = TypeVar("T")
GATEWAY, GATEWAY_6 = ip_address("10.16.0.1"), ip_address("fd00::1")
DEVICE = Device(
    "eth0",
    "0a:00:00:00:00:05",
    1400,
    frozenset((ip_interface("10.16.0.5/16"), ip_interface("fd00::5/112"))),
    frozenset(((DEFAULT[4], GATEWAY), (DEFAULT[6], GATEWAY_6))),
)


def in_thread(function: Callable[[], T]) -> T:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


class Namespace:
    """A network namespace with a veth pair, and `ip` in it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def ip(self, *arguments: str) -> str:
        argv = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "ip", *arguments]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    def bring(self, device: Device) -> None:
        in_thread(lambda: bring(self.pid, device))

    def routes(self) -> set[str]:
        """The gateways' routes, without what the kernel adds by itself."""
        lines = (self.ip("route") + self.ip("-6", "route")).splitlines()
        return {" ".join(line.split()[:3]) for line in lines if " via " in line}

    def global_addresses(self) -> set[str]:
        lines = self.ip("-o", "addr", "show", "dev", "eth0", "scope", "global").splitlines()
        return {line.split()[3] for line in lines}


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    with subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) as holder:
        try:
            own = Path("/proc/self/ns/net").readlink()
            while Path(f"/proc/{holder.pid}/ns/net").readlink() == own:
                assert holder.poll() is None
            found = Namespace(holder.pid)
            found.ip("link", "add", "eth0", "type", "veth", "peer", "name", "peer0")
            found.ip("link", "set", "peer0", "up")
            yield found
        finally:
            holder.kill()


def test_a_new_device_gets_everything(namespace: Namespace) -> None:
    namespace.bring(DEVICE)
    link = namespace.ip("link", "show", "eth0")
    assert "0a:00:00:00:00:05" in link
    assert "mtu 1400" in link
    assert ",UP" in link
    assert namespace.global_addresses() == {"10.16.0.5/16", "fd00::5/112"}
    assert namespace.routes() == {"default via 10.16.0.1", "default via fd00::1"}


def test_checksums_are_left_to_nobody(namespace: Namespace) -> None:
    def is_on() -> bool:
        with network_namespace_of(namespace.pid):
            return offload.is_on("eth0")

    assert in_thread(is_on)
    namespace.bring(DEVICE)
    assert not in_thread(is_on)


def test_what_changed_is_mended_and_what_others_did_stays(namespace: Namespace) -> None:
    namespace.bring(DEVICE)
    namespace.ip("addr", "add", "10.16.0.99/16", "dev", "eth0")
    namespace.ip("addr", "del", "fd00::5/112", "dev", "eth0")
    namespace.ip("link", "set", "eth0", "mtu", "1300")
    namespace.ip("route", "add", "192.0.2.0/24", "via", "10.16.0.7")
    other = ip_network("10.17.0.0/16")
    namespace.bring(replace(DEVICE, routes=frozenset(((other, GATEWAY),))))
    assert namespace.global_addresses() == {"10.16.0.5/16", "fd00::5/112"}
    assert "mtu 1400" in namespace.ip("link", "show", "eth0")
    assert namespace.routes() == {"10.17.0.0/16 via 10.16.0.1", "192.0.2.0/24 via 10.16.0.7"}


class _Reader:
    """Netlink without its writing commands."""

    def __enter__(self) -> _Reader:
        self._kernel = IPRoute()
        return self

    def __exit__(self, *_: object) -> None:
        self._kernel.close()

    def __getattr__(self, name: str) -> Any:
        assert name not in ("link", "addr", "route"), f"a write by {name}"
        return getattr(self._kernel, name)


def test_nothing_is_written_where_nothing_differs(
    namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    namespace.bring(DEVICE)
    monkeypatch.setattr("controller.daemon.device.IPRoute", _Reader)
    namespace.bring(DEVICE)
    with pytest.raises(AssertionError, match="a write by addr"):
        namespace.bring(replace(DEVICE, addresses=frozenset()))


def test_a_device_that_is_missing_is_named(namespace: Namespace) -> None:
    with pytest.raises(OSError, match="no device eth7"):
        namespace.bring(replace(DEVICE, name="eth7"))
