"""When the end of a process is noticed."""

import asyncio
import subprocess

from testbed.cluster.restarts import ended


def started(program: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([program], stdin=subprocess.PIPE)


async def test_a_child_that_runs_is_waited_for_and_keeps_its_status() -> None:
    child = started("cat")
    waiting = asyncio.ensure_future(ended(child.pid))
    await asyncio.sleep(0)
    assert not waiting.done()
    child.kill()
    await asyncio.wait_for(waiting, 60)
    assert child.wait() == -9


async def test_a_child_whose_status_was_taken_has_ended() -> None:
    child = started("true")
    child.wait()
    await asyncio.wait_for(ended(child.pid), 60)
