"""`python -m testbed.measure`: the meter's process, started by the driver's client.

Prints one JSON line `{"ready": true}` once every database was read and the socket takes requests; ends on SIGTERM.
"""

import argparse
import asyncio
import os
import signal
from pathlib import Path

import msgspec

from testbed.measure.service import Service
from testbed.measure.wire import MeterConfig

PRIORITY = -20
"""The meter runs before all daemons under test: its stamps must not wait for the processor time that it measures. Its
own appetite is a few flow events a change."""


async def run(config: MeterConfig, socket: Path) -> None:
    """Serve until told to end."""
    service = Service(config)
    await service.start()
    try:
        async with await service.serve(socket):
            print('{"ready": true}', flush=True)
            ended = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, ended.set)
            await ended.wait()
    finally:
        await service.stop()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m testbed.measure", description=__doc__.split("\n")[0])
    parser.add_argument("--config", type=Path, required=True, help="JSON file: what to watch (MeterConfig)")
    parser.add_argument("--socket", type=Path, required=True, help="Unix socket on which requests are taken")
    arguments = parser.parse_args()
    config = msgspec.json.decode(arguments.config.read_bytes(), type=MeterConfig)
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    asyncio.run(run(config, arguments.socket))


if __name__ == "__main__":
    main()
