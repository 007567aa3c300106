"""Live sandboxes: complete once they can be found, and gone with everything in them."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.pods import live
from testbed.pods.sandbox import Identity, Sandbox

pytestmark = pytest.mark.system

IDENTITY = Identity("node-of-a-test", "default", "web-0", "u1")


def ip(pid: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip", *arguments]
    return subprocess.run(argv, capture_output=True, text=True)


def found() -> dict[str, Sandbox]:
    return live.KIND.find(["node-of-a-test"])


@pytest.fixture
def node() -> Iterator[int]:
    """A process in the network namespace of a node."""
    with subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) as holder:
        try:
            own = Path("/proc/self/ns/net").readlink()
            while Path(f"/proc/{holder.pid}/ns/net").readlink() == own:
                assert holder.poll() is None
            yield holder.pid
        finally:
            holder.kill()


async def test_a_sandbox_is_joined_to_its_node_and_leaves_nothing(node: int) -> None:
    sandbox = await live.KIND.make(IDENTITY, node)
    assert sandbox.pid
    assert found() == {"u1": sandbox}
    assert "LOOPBACK,UP" in ip(sandbox.pid, "link", "show", "lo").stdout
    assert "eth0" in ip(sandbox.pid, "link").stdout
    assert ",UP" in ip(node, "link", "show", sandbox.interface).stdout
    await live.KIND.remove(sandbox)
    assert found() == {}

    async with asyncio.timeout(60):  # the kernel takes a namespace down in its own time
        while ip(node, "link", "show", sandbox.interface).returncode == 0:  # noqa: ASYNC110 - the kernel sets no event of ours
            await asyncio.sleep(0.01)


async def test_a_sandbox_that_another_process_made_can_be_removed(node: int) -> None:
    sandbox = await live.KIND.make(IDENTITY, node)
    await live.Live().remove(sandbox)
    assert found() == {}
    await live.KIND.remove(sandbox)


async def test_a_sandbox_is_not_found_before_it_is_complete(
    node: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = live._join
    seen = []

    def watched(interface: str, node_pid: int) -> None:
        seen.append(found())
        join(interface, node_pid)
        seen.append(found())

    monkeypatch.setattr(live, "_join", watched)
    await live.KIND.remove(await live.KIND.make(IDENTITY, node))
    assert seen == [{}, {}]


async def test_a_node_that_is_gone_is_an_error_and_leaves_nothing() -> None:
    with pytest.raises(OSError, match="veth pair"):
        await live.KIND.make(IDENTITY, 2**22 - 1)
    assert found() == {}
