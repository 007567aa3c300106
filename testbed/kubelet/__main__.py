"""`python -m testbed.kubelet`: the command line of the process that plays kubelet."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

from controller.kubernetes import Access, Client, KubeconfigError
from testbed.kubelet import config, registration
from testbed.kubelet.lifecycle import NodePods
from testbed.kubelet.plugging import DaemonSocket
from testbed.kubelet.server import Server
from testbed.pods import live, stub

GC_THRESHOLDS = (50_000, 20, 50)
"""What is kept lives for long and has no cycles: looking for them often costs a fifth of all, and finds none."""
UNFIT = 2
KINDS = {kind.name: kind for kind in (live.KIND, stub.KIND)}


def parser() -> argparse.ArgumentParser:
    """The command line, explained."""
    found = argparse.ArgumentParser(
        prog="python -m testbed.kubelet",
        description="Plays the kubelet for some emulated nodes: registers them, makes their pods, has them plugged by "
        "the network daemon, and reports their status.",
        epilog='Prints a line {"ready": true} once its nodes are registered; ends on SIGTERM. Pods go on running when '
        "it ends, and are found again when it starts.",
    )
    found.add_argument("--kubeconfig", type=Path, required=True, help="how the API server is reached")
    found.add_argument(
        "--daemon-socket", type=Path, required=True, help="the Unix socket of the network daemon"
    )
    found.add_argument(
        "--socket", type=Path, required=True, help="the Unix socket to answer the API server on: logs, exec"
    )
    found.add_argument(
        "--config",
        type=Path,
        required=True,
        help='the nodes: [{"node": NAME, "address": IP, "pid": a process in its network namespace, '
        '"kind": "live" or "stub"}]',
    )
    found.add_argument(
        "--directory",
        type=Path,
        required=True,
        help="where the output of containers is kept; made if missing",
    )
    found.add_argument(
        "--renew-interval",
        type=float,
        default=registration.RENEW_S,
        metavar="SECONDS",
        help="how often a node's lease is renewed, its heartbeat (default %(default)s)",
    )
    found.add_argument(
        "--concurrency", type=int, default=2_000, help="how many pods are worked on at once (default 2000)"
    )
    return found


async def serve(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    nodes = config.load(options.config)
    slots = asyncio.Semaphore(options.concurrency)
    directory = options.directory
    async with (
        Client(Access.load(options.kubeconfig)) as client,
        DaemonSocket(options.daemon_socket) as daemon,
        asyncio.TaskGroup() as tasks,
    ):
        pods = {node.node: NodePods(node, client, daemon, KINDS, slots, directory) for node in nodes}
        async with Server(client, pods, directory).listening(options.socket):
            await registration.register(client, nodes, options.socket)
            running = [tasks.create_task(registration.keep_alive(client, nodes, options.renew_interval))]
            running += [tasks.create_task(each.run()) for each in pods.values()]
            print('{"ready": true}', flush=True)
            await stop.wait()
        for task in running:
            task.cancel()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; exit status 2 is a request that cannot be served, told in one line."""
    options = parser().parse_args(arguments)
    gc.set_threshold(*GC_THRESHOLDS)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # every pod in the making holds a connection
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        uvloop.run(serve(options))
    except (config.ConfigError, KubeconfigError) as error:
        print(f"testbed.kubelet: {error}", file=sys.stderr)
        return UNFIT
    return 0


if __name__ == "__main__":
    sys.exit(main())
