"""``python -m controller.daemon``: the command line of the node half."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import resource
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop
from aiohttp import web

from controller.daemon import config, plugs, veth
from controller.daemon.fips import Fips
from controller.daemon.node import Node
from controller.daemon.service import Service
from controller.daemon.subnets import Subnets
from controller.kubernetes import Access, Client, KubeconfigError

UNFIT = 2
GC_THRESHOLDS = (50_000, 20, 50)
"""What is kept lives for long and has no cycles: looking for them often costs a fifth of all, and finds none."""
BACKLOG = 4096
"""Connections that may wait to be accepted: a kubelet asks for a node's pods all at once."""


def parser() -> argparse.ArgumentParser:
    """The command line, explained."""
    found = argparse.ArgumentParser(
        prog="python -m controller.daemon",
        description="Plugs the pods of some nodes into br-int once the controller has promised them an address.",
        epilog="Asked over HTTP on its Unix socket: POST /add and /del a pod, GET /healthz. Prints a line "
        '{"ready": true} once it listens; ends on SIGTERM. Ports stay when it ends, and are verified when it starts.',
    )
    found.add_argument("--kubeconfig", type=Path, required=True, help="how the API server is reached")
    found.add_argument("--socket", type=Path, required=True, help="the Unix socket to listen on")
    found.add_argument(
        "--config",
        type=Path,
        required=True,
        help='the nodes: [{"node": NAME, "database": "unix:PATH", "pid": a process in the node\'s network namespace}]',
    )
    found.add_argument(
        "--plug",
        action="append",
        default=[],
        metavar="MODULE",
        help="one more kind of plug: a Python module with a PLUG (veth for pods with a namespace is always there)",
    )
    found.add_argument(
        "--mtu", type=int, default=1400, help="MTU of pods that are promised none (default 1400)"
    )
    found.add_argument(
        "--patience",
        type=float,
        default=120.0,
        help="seconds to wait for a pod's address, and again for OVN's flows, before a request fails (default 120)",
    )
    return found


async def serve(options: argparse.Namespace) -> None:
    """Serves until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    kinds = {kind.name: kind for kind in (veth.PLUG, *map(plugs.load, options.plug))}
    subnets, fips = Subnets(), Fips()
    workers = ThreadPoolExecutor(2, thread_name_prefix="join")
    nodes = {
        entry.node: Node(entry, kinds, subnets, fips, workers, mtu=options.mtu, patience=options.patience)
        for entry in config.load(options.config)
    }
    runner = web.AppRunner(Service(nodes).application(), access_log=None, handler_cancellation=True)
    async with Client(Access.load(options.kubeconfig)) as client, asyncio.TaskGroup() as tasks:
        await _listen(runner, options.socket)
        running = [tasks.create_task(node.run(client)) for node in nodes.values()]
        running += [tasks.create_task(subnets.run(client)), tasks.create_task(fips.run(client))]
        print('{"ready": true}', flush=True)
        await stop.wait()
        await runner.cleanup()
        for task in running:
            task.cancel()


async def _listen(runner: web.AppRunner, socket: Path) -> None:
    """Listens, also where a daemon that was killed has left its socket; raises ``ConfigError`` where that cannot be."""
    await runner.setup()
    try:
        await web.UnixSite(runner, str(socket), backlog=BACKLOG).start()
    except OSError as error:
        raise config.ConfigError(f"{socket}: {error}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the daemon; exit status 2 is a request that cannot be served, told in one line."""
    options = parser().parse_args(arguments)
    gc.set_threshold(*GC_THRESHOLDS)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # every pod in the making holds a connection
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    status = 0
    try:
        uvloop.run(serve(options))
    except* (config.ConfigError, KubeconfigError, ImportError, plugs.NoPlug) as errors:
        print(f"controller.daemon: {errors.exceptions[0]}", file=sys.stderr)
        status = UNFIT
    return status


if __name__ == "__main__":
    sys.exit(main())
