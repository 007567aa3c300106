"""The process: opens the journal, listens, says that it is ready, and ends cleanly at SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import uvloop
from aiohttp import web

from testbed.apiserver import admission, credentials, customkinds
from testbed.apiserver.addresses import SERVICE_CIDR
from testbed.apiserver.cascade import Collector
from testbed.apiserver.journal import Journal, JournalError, JournalUnusable
from testbed.apiserver.kinds import builtin
from testbed.apiserver.kubelets import Kubelets
from testbed.apiserver.namespaces import Namespaces
from testbed.apiserver.service import BODY_LIMIT, Handler, Service
from testbed.apiserver.store import Store
from testbed.apiserver.writing import Writer

_log = logging.getLogger("testbed.apiserver")

HISTORY = 20_000
"""Revisions from which watches can go on; a client further behind lists again, which costs it less."""
BACKLOG = 4096
FAULT = 3
UNFIT = 2

DESCRIPTION = """\
Serves the objects of an emulated cluster in the Kubernetes REST format: Kubernetes' own kinds for workloads,
services and policies, those of kubeovn.io/v1, and whatever a CustomResourceDefinition adds. Every answered write
is in the journal and survives kill -9.
When it listens it prints one line, {"ready": true}, on standard output; its log goes to standard error.
"""
EPILOG = """\
examples:
  python -m testbed.apiserver --socket api.sock --journal journal.db
      for processes of the cluster: HTTP over a Unix socket, guarded by the socket's permissions
  python -m testbed.apiserver --socket api.sock --journal journal.db --https-fd 3 --credentials-directory api
      for people too: HTTPS on a TCP socket that the parent has bound; makes what is missing of ca.crt,
      server.crt, server.key, token, kubeconfig (HTTPS) and local.kubeconfig (Unix socket) in the directory

try it:
  curl --unix-socket api.sock http://localhost/api/v1/pods
  kubectl --kubeconfig api/kubeconfig get pods -A

Unknown fields are always refused, whatever fieldValidation asks for.
"""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m testbed.apiserver",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--socket", type=Path, required=True, help="path of the Unix socket to listen on")
    parser.add_argument(
        "--journal", type=Path, required=True, help="SQLite file of all objects; made if missing"
    )
    parser.add_argument(
        "--history",
        type=int,
        default=HISTORY,
        help="newest revisions that watches can go on from (default %(default)s)",
    )
    parser.add_argument(
        "--admission", metavar="MODULE", help="Python module whose review() may refuse writes"
    )
    parser.add_argument(
        "--service-cidr",
        default=SERVICE_CIDR,
        metavar="CIDR",
        help="range that services' addresses are given from, or one of each family joined by a comma, the usual one "
        "first (default %(default)s)",
    )
    parser.add_argument(
        "--https-fd", type=int, metavar="N", help="a bound TCP socket, inherited, to serve HTTPS on"
    )
    parser.add_argument(
        "--credentials-directory",
        type=Path,
        metavar="D",
        help="where certificates, token and kubeconfigs are or go",
    )
    options = parser.parse_args()
    if options.https_fd is not None and options.credentials_directory is None:
        parser.error(
            "--https-fd needs --credentials-directory: HTTPS is served with a certificate and a token"
        )
    if options.history < 1:
        parser.error(f"--history: found {options.history}, allowed at least 1")
    return options


class _Controller(Protocol):
    """Whoever acts by itself on what becomes of objects."""

    def start(self) -> None: ...

    async def close(self) -> None: ...


async def _serve(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[JournalError | None] = loop.create_future()

    def end(reason: JournalError | None = None) -> None:
        if not stop.done():
            stop.set_result(reason)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    review = admission.load(options.admission)
    journal = Journal(options.journal, options.history)
    store = _restored(journal, end)
    writer = Writer(store, review, options.service_cidr)
    namespaces, collector = Namespaces(store, writer), Collector(store, writer)
    controllers: tuple[_Controller, ...] = (namespaces, customkinds.CustomKinds(store, writer), collector)
    for controller in controllers:
        controller.start()
    store.flush()
    kubelets = Kubelets(writer)
    service = Service(store, writer, {("Pod", "log"): kubelets.log, ("Pod", "exec"): kubelets.exec})
    doors = _Doors(service)
    await doors.open(options)
    print(json.dumps({"ready": True}), flush=True)
    reason = await stop
    doors.shut()
    for controller in controllers:
        await controller.close()
    await doors.let_go()
    if reason is not None:
        raise reason
    store.flush()
    journal.close()
    options.socket.unlink(missing_ok=True)


def _restored(journal: Journal, on_lost: Callable[[JournalError], None]) -> Store:
    """All objects of the journal, which then count as lasting: no garbage collection looks at them again."""
    gc.disable()
    registry = builtin()
    customkinds.restore(registry, journal)
    store = Store(registry, journal, on_lost=on_lost)
    gc.enable()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    return store


class _Doors:
    """Where the server listens: a Unix socket for the cluster's own processes, HTTPS for people."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._servers: list[web.Server] = []
        self._listeners: list[asyncio.AbstractServer] = []

    async def open(self, options: argparse.Namespace) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        options.socket.unlink(missing_ok=True)  # a former process's: the journal's lock says that it is gone
        inner = await loop.create_unix_server(self._protocol(None), options.socket, backlog=BACKLOG)
        self._listeners.append(inner)
        if options.credentials_directory is None:
            return
        made = credentials.prepare(options.credentials_directory, options.socket, _port(options.https_fd))
        if options.https_fd is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(made.certificate, made.key)
            https = socket.socket(fileno=options.https_fd)
            protocol = self._protocol(made.token)
            outer = await loop.create_server(protocol, sock=https, ssl=context, backlog=BACKLOG)
            self._listeners.append(outer)

    def shut(self) -> None:
        """Nobody new comes in."""
        for listener in self._listeners:
            listener.close()

    async def let_go(self) -> None:
        """Whoever is in still gets a moment."""
        for server in self._servers:
            await server.shutdown(0.25)

    def _protocol(self, token: str | None) -> web.Server:
        server = _http(self._service.handler(token))
        self._servers.append(server)
        return server


def _http(handler: Handler) -> web.Server:
    def request_of(message, payload, protocol, writer, task):  # type: ignore[no-untyped-def]
        return web.BaseRequest(
            message, payload, protocol, writer, task, asyncio.get_running_loop(), client_max_size=BODY_LIMIT
        )

    return web.Server(
        handler,
        request_factory=request_of,
        access_log=None,
        handler_cancellation=True,
        keepalive_timeout=300.0,
    )


def _port(descriptor: int | None) -> int | None:
    if descriptor is None:
        return None
    bound = socket.socket(fileno=os.dup(descriptor))
    try:
        port: int = bound.getsockname()[1]
        return port
    finally:
        bound.close()


def main() -> int:
    """Runs the server until it is told to end; returns the exit code."""
    options = _options()
    os.umask(0o077)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # every watch holds a connection
    logging.basicConfig(
        stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO
    )
    try:
        uvloop.run(_serve(options))
    except (JournalUnusable, ValueError, OSError) as error:
        print(f"testbed.apiserver: {error}", file=sys.stderr)
        return UNFIT
    except JournalError as error:
        print(f"testbed.apiserver: nothing more can be promised: {error}", file=sys.stderr)
        return FAULT
    return 0


if __name__ == "__main__":
    sys.exit(main())
