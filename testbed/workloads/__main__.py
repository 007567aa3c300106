"""`python -m testbed.workloads`: the command line of the process that schedules pods and keeps workloads."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

from controller.kubernetes import Access, Client, KubeconfigError
from testbed.workloads.loop import Workloads

UNFIT = 2
GC_THRESHOLDS = (50_000, 20, 50)
"""What is kept escapes the collector (see `controller.api.meta.Wire`); what it would look at is the same each time."""


def parser() -> argparse.ArgumentParser:
    """The command line, explained."""
    found = argparse.ArgumentParser(
        prog="python -m testbed.workloads",
        description="Plays kube-scheduler and kube-controller-manager: gives pods to nodes, makes and ends the pods "
        "of workloads by the rules that Kubernetes documents.",
        epilog='Prints a line {"ready": true} once it knows the cluster; ends on SIGTERM. It keeps nothing of its own: '
        "it may be killed and started again at any moment.",
    )
    found.add_argument("--kubeconfig", type=Path, required=True, help="how the API server is reached")
    return found


async def serve(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Client(Access.load(options.kubeconfig)) as client:
        running = asyncio.create_task(_run(client))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _run(client: Client) -> None:
    async with asyncio.TaskGroup() as tasks:
        await Workloads(client, tasks).run(lambda: print('{"ready": true}', flush=True))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; exit status 2 is a request that cannot be served, told in one line."""
    options = parser().parse_args(arguments)
    gc.set_threshold(*GC_THRESHOLDS)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        uvloop.run(serve(options))
    except KubeconfigError as error:
        print(f"testbed.workloads: {error}", file=sys.stderr)
        return UNFIT
    return 0


if __name__ == "__main__":
    sys.exit(main())
