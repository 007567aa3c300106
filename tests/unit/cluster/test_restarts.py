"""When the end of a process is noticed."""

import asyncio
import subprocess

from testbed.cluster.restarts import ended


async def test_a_child_that_runs_is_waited_for_and_keeps_its_status() -> None:
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    waiting = asyncio.ensure_future(ended(child.pid))
    await asyncio.sleep(0)
    assert not waiting.done()
    child.kill()
    await asyncio.wait_for(waiting, 60)
    assert child.wait() == -9


async def test_a_child_whose_status_was_taken_has_ended() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    await asyncio.wait_for(ended(child.pid), 60)
