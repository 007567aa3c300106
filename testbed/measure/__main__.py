"""`python -m testbed.measure`: the meter's process, started by the driver's client.

Prints one JSON line `{"ready": true}` once every database was read and the socket takes requests; ends on SIGTERM.
"""

import argparse
import asyncio
import contextlib
import os
import signal
from pathlib import Path

import msgspec

from testbed.measure.service import Service
from testbed.measure.wire import MeterConfig

REAL_TIME_PRIORITY = 1
"""The lowest there is: enough to run before every ordinary process. A stamp must not wait for the processor time that
is being measured, and being nice does not help where the kernel shares it out by session. The meter's own appetite is
a few flow events a change."""


async def run(config: MeterConfig, socket: Path) -> None:
    """Serve until told to end."""
    service = Service(config)
    await service.start()
    run_before_everything_else()
    try:
        async with await service.serve(socket):
            print('{"ready": true}', flush=True)
            ended = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, ended.set)
            await ended.wait()
    finally:
        await service.stop()


def run_before_everything_else() -> None:
    """Become a real-time process, as will the flow monitors started later; where that is refused, lateness tells.

    Only once the databases are read: that may be seconds of work, which nobody should have to wait for.
    """
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REAL_TIME_PRIORITY))


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m testbed.measure", description=__doc__.split("\n")[0])
    parser.add_argument("--config", type=Path, required=True, help="JSON file: what to watch (MeterConfig)")
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket on which requests are taken")
    arguments = parser.parse_args()
    config = msgspec.json.decode(arguments.config.read_bytes(), type=MeterConfig)
    asyncio.run(run(config, arguments.socket))


if __name__ == "__main__":
    main()
