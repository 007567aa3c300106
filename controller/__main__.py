"""``python -m controller``: the central half of the network, between a Kubernetes API and OVN's Northbound database."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
import sys
from pathlib import Path

import uvloop

from controller.api.annotations import KEEP_IP, TRUE
from controller.engine.settings import Settings
from controller.kubernetes import Access, ApiError, Client, KubeconfigError
from controller.runtime import admin
from controller.runtime.bootstrap import Defaults
from controller.runtime.loop import Controller

UNFIT = 2

AFFINITIES = BY_TIME, _ = "time", "address"

GC_THRESHOLDS = (100_000, 50, 50)
"""Objects here are acyclic and long-lived: looking for cycles among 100,000 of them every 700 allocations is waste."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m controller",
        description="Kube-OVN-style network controller: follows pods, nodes, namespaces and kubeovn.io/v1 objects of a "
        "Kubernetes API, gives out addresses, and keeps OVN's Northbound database as they demand.",
        epilog="Example: python -m controller --kubeconfig ~/.kube/config --nb tcp:10.0.0.1:6641 "
        "--sb tcp:10.0.0.1:6642 "
        "--admin-socket /run/controller.sock",
    )
    defaults = Defaults()
    parser.add_argument("--kubeconfig", required=True, type=Path, help="how the API server is reached")
    parser.add_argument("--context", help="context of the kubeconfig (default: its current one)")
    parser.add_argument(
        "--nb", required=True, metavar="ENDPOINT", help="Northbound: unix:/path or tcp:host:port"
    )
    parser.add_argument(
        "--sb",
        default="",
        metavar="ENDPOINT",
        help="Southbound, of which it only reads on which nodes gateways are: without it the return of a lost gateway "
        "node costs some packets, and status.activateGateway of subnets is what ought to be",
    )
    parser.add_argument(
        "--admin-socket", required=True, type=Path, help="Unix socket for health, metrics, resync"
    )
    parser.add_argument(
        "--default-cidr",
        default=defaults.default_cidr,
        help="of the subnet ovn-default (default: %(default)s)",
    )
    parser.add_argument(
        "--join-cidr", default=defaults.join_cidr, help="of the nodes' subnet join (default: %(default)s)"
    )
    parser.add_argument(
        "--keep-statefulset-ip",
        type=_truth,
        default=True,
        metavar="{true,false}",
        help="whether pods of StatefulSets keep their addresses for the life of the set; the annotation "
        f"{KEEP_IP} of a subnet or a set says otherwise (default: true)",
    )
    parser.add_argument(
        "--session-affinity",
        choices=AFFINITIES,
        default=BY_TIME,
        help="how OVN keeps clients at their pods where a Service asks for it: for the time that it says, or, as OVN "
        "23.03.1 drops each client's first connection then, by the client's address while the pods stay the same "
        "(default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, help="makes random addresses reproducible")
    parser.add_argument(
        "--log-level",
        default="info",
        choices=("debug", "info", "warning", "error"),
        help="default: %(default)s",
    )
    return parser


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"found {text!r}, allowed: true, false")
    return text == TRUE


async def main(arguments: argparse.Namespace, access: Access) -> int:
    """Runs until a signal or a fault ends it; returns the exit status."""
    defaults = Defaults(arguments.default_cidr, arguments.join_cidr)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with Client(access) as client:
        settings = Settings(
            keep_statefulset_ip=arguments.keep_statefulset_ip,
            affinity_times_out=arguments.session_affinity == BY_TIME,
        )
        controller = Controller(
            client, arguments.nb, defaults, arguments.seed, settings, southbound=arguments.sb
        )
        runner = await admin.serve(controller, arguments.admin_socket)
        run = asyncio.create_task(controller.run())
        announce = asyncio.create_task(_announce(controller))
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait({run, waiting}, return_when=asyncio.FIRST_COMPLETED)
        for task in (announce, waiting, run):
            task.cancel()
        outcomes = await asyncio.gather(run, announce, waiting, return_exceptions=True)
        await runner.cleanup()
    if isinstance(outcomes[0], Exception):
        raise outcomes[0]
    return 0


async def _announce(controller: Controller) -> None:
    await controller.ready.wait()
    print('{"ready": true}', flush=True)


if __name__ == "__main__":
    options = parser().parse_args()
    gc.set_threshold(*GC_THRESHOLDS)
    logging.basicConfig(
        level=options.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    try:
        found = Access.load(options.kubeconfig, options.context)
    except KubeconfigError as error:
        print(f"controller: {error}", file=sys.stderr)
        sys.exit(UNFIT)
    try:
        sys.exit(uvloop.run(main(options, found)))
    except* ApiError as errors:
        print(f"controller: the API refuses: {errors.exceptions[0]}", file=sys.stderr)
        sys.exit(UNFIT)
