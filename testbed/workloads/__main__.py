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
from testbed.workloads.settings import Settings

UNFIT = 2
DEFAULTS = Settings()
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
    found.add_argument(
        "--node-monitor-grace-period",
        type=_seconds,
        default=DEFAULTS.node_grace_s,
        metavar="SECONDS",
        help="how long a node may be without a heartbeat (default %(default)s)",
    )
    found.add_argument(
        "--gone-node-grace-period",
        type=_seconds,
        default=DEFAULTS.orphan_grace_s,
        metavar="SECONDS",
        help="how long a node must have been gone before its pods are removed (default %(default)s)",
    )
    return found


def _seconds(text: str) -> float:
    found = float(text)
    if not 0 < found < float("inf"):
        raise ValueError(f"found {text}, allowed more than 0")
    return found


async def serve(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Client(Access.load(options.kubeconfig)) as client:
        grace = options.gone_node_grace_period
        settings = Settings(
            node_grace_s=options.node_monitor_grace_period,
            orphan_grace_s=grace,
            sweep_s=min(DEFAULTS.sweep_s, grace / 2),
        )
        running = asyncio.create_task(_run(client, settings))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _run(client: Client, settings: Settings) -> None:
    async with asyncio.TaskGroup() as tasks:
        await Workloads(client, tasks, settings).run(lambda: print('{"ready": true}', flush=True))


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
