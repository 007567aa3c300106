"""A stream of datagrams that are to come back, one every few milliseconds: how long nothing got there and back.

Both ends are processes of their own (``python -m testbed.probes.echo``), each in the network namespace that it speaks
from: the sender prints a line for each datagram that it sent, so that a sender which is killed has told all it knew.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

PORT = 7777
LATEST_S = 1.0
"""A datagram that is not back after this long is lost."""
_NUMBER = struct.Struct("!Q")
_MAPPED = "::ffff:"
"""How an IPv4 address begins where IPv6's form is used for both (RFC 4291, 2.5.5.2)."""


@dataclass(frozen=True)
class Sent:
    """A datagram: when it was sent, and when it came back (CLOCK_MONOTONIC, ns; None if it did not).

    ``seen_as``: the sender's address as the answerer saw it.
    """

    sent_ns: int
    back_ns: int | None
    seen_as: str = ""


@dataclass(frozen=True)
class Outage:
    """A stretch of datagrams of which none came back."""

    first_lost_ns: int
    lost: int
    gap_ns: int
    """From the last datagram that came back to the next one that did, by when they were sent."""

    @property
    def end_ns(self) -> int:
        """No later datagram than one sent by then belongs to it."""
        return self.first_lost_ns + self.gap_ns


def outages(sent: Sequence[Sent]) -> list[Outage]:
    """The stretches in which nothing came back; one that is still open at the end counts as far as it goes."""
    found: list[Outage] = []
    first: int | None = None
    for place, one in enumerate(sent):
        if one.back_ns is None:
            first = place if first is None else first
        elif first is not None:
            found.append(_outage(sent, first, place))
            first = None
    if first is not None:
        found.append(_outage(sent, first, len(sent)))
    return found


def _outage(sent: Sequence[Sent], first: int, end: int) -> Outage:
    before = sent[max(0, first - 1)].sent_ns
    after = sent[min(end, len(sent) - 1)].sent_ns
    return Outage(sent[first].sent_ns, end - first, after - before)


class Echo:
    """A sender in one namespace and its answerer in another, while the context lasts.

    Args:
        source: a process in the sender's network namespace.
        target: a process in the answerer's; None where somebody answers already.
        address: the answerer's address as the sender is to call it.
        interval_ms: from one datagram to the next.
        fresh: each datagram is a connection of its own, which nothing on the way remembers.
    """

    def __init__(
        self, source: int, target: int | None, address: str, interval_ms: float, *, fresh: bool = False
    ) -> None:
        self._source = source
        self._target = target
        self._address = address
        self._interval_ms = interval_ms
        self._fresh = fresh
        self._processes: list[asyncio.subprocess.Process] = []
        self._lines: asyncio.Task[None] | None = None
        self._told = asyncio.Event()
        self.sent: list[Sent] = []

    async def __aenter__(self) -> Echo:
        try:
            if self._target is not None:
                answerer = await self._start(self._target, "answer")
                assert answerer.stdout is not None
                await answerer.stdout.readline()
            sender = await self._start(
                *(self._source, "send", self._address, "--interval-ms", str(self._interval_ms)),
                *(("--fresh",) if self._fresh else ()),
            )
            self._lines = asyncio.create_task(self._read(sender))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self._processes:
            await process.wait()
        if self._lines is not None:
            await self._lines

    async def until_steady(
        self, count: int, timeout_s: float, *, since_ns: int = 0, seen_as: str = ""
    ) -> None:
        """Wait until ``count`` datagrams in a row came back. Raises ``TimeoutError``.

        They were sent after ``since_ns`` and, where ``seen_as`` is given, under that address. Datagrams are told in
        the order in which they were sent: of all before these it is known then what became of them.
        """

        def counts(one: Sent) -> bool:
            return one.back_ns is not None and one.sent_ns >= since_ns and seen_as in ("", one.seen_as)

        async with asyncio.timeout(timeout_s):
            while len(self.sent) < count or not all(map(counts, self.sent[-count:])):
                self._told.clear()
                await self._told.wait()

    async def _start(self, pid: int, *arguments: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *("mnexec", "-a", str(pid), sys.executable, "-m", "testbed.probes.echo", *arguments),
            stdout=asyncio.subprocess.PIPE,
        )
        self._processes.append(process)
        return process

    async def _read(self, sender: asyncio.subprocess.Process) -> None:
        assert sender.stdout is not None
        async for line in sender.stdout:
            sent, *known = line.decode().split()
            self.sent.append(Sent(int(sent), int(known[0]), known[1]) if known else Sent(int(sent), None))
            self._told.set()


def answer(port: int) -> None:
    """Send every datagram back to where it came from, with the address that it came from, for ever."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as here:
        here.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        here.bind(("::", port))
        print("ready", flush=True)
        while True:
            data, peer = here.recvfrom(64)
            address = peer[0].removeprefix(_MAPPED).encode()
            with contextlib.suppress(OSError):  # there may be no way back just now
                here.sendto(data + address, peer)


def send(address: str, port: int, interval_s: float, *, fresh: bool) -> None:
    """Send datagrams for ever; print a line for each, in order, once it is back or lost: when sent, when back, seen as.

    ``fresh``: each from a port of its own.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    here: list[socket.socket] = []
    with selectors.DefaultSelector() as ready:
        flight: dict[int, Sent] = {}
        due = time.monotonic()
        number = 0
        while True:
            now = time.monotonic()
            if now >= due:
                if fresh or not here:
                    here.append(_opened(family, ready))
                flight[number] = Sent(time.monotonic_ns(), None)
                with contextlib.suppress(OSError):  # no route is as good as lost
                    here[-1].sendto(_NUMBER.pack(number), (address, port))
                number += 1
                due = max(due + interval_s, now)
            for key, _ in ready.select(max(0.0, due - time.monotonic())):
                assert isinstance(key.fileobj, socket.socket)
                for came, seen_as in _received(key.fileobj):
                    if came in flight:
                        flight[came] = Sent(flight[came].sent_ns, time.monotonic_ns(), seen_as)
            _tell(flight)
            while len(here) > max(1, len(flight)):
                ready.unregister(here[0])
                here.pop(0).close()


def _opened(family: int, ready: selectors.BaseSelector) -> socket.socket:
    here = socket.socket(family, socket.SOCK_DGRAM)
    here.setblocking(False)
    ready.register(here, selectors.EVENT_READ)
    return here


def _received(here: socket.socket) -> Iterator[tuple[int, str]]:
    while True:
        try:
            data = here.recv(128)
            yield _NUMBER.unpack_from(data)[0], data[_NUMBER.size :].decode()
        except BlockingIOError:
            return
        except OSError:  # ICMP said that it was not delivered
            continue


def _tell(flight: dict[int, Sent]) -> None:
    """Print those at the head of the line of which all is known."""
    latest = time.monotonic_ns() - int(LATEST_S * 1e9)
    for number in list(flight):
        one = flight[number]
        if one.back_ns is None and one.sent_ns > latest:
            return
        print(one.sent_ns, "" if one.back_ns is None else one.back_ns, one.seen_as, flush=True)
        del flight[number]


def main(arguments: Sequence[str] | None = None) -> int:
    """Be one of both ends until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m testbed.probes.echo", description=__doc__)
    ends = parser.add_subparsers(dest="end", required=True)
    ends.add_parser("answer", help="send datagrams back")
    sender = ends.add_parser("send", help="send datagrams and tell when they came back")
    sender.add_argument("address")
    sender.add_argument("--interval-ms", type=float, default=10.0)
    sender.add_argument("--fresh", action="store_true", help="each datagram from a port of its own")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if options.end == "answer":
        answer(PORT)
    else:
        send(options.address, PORT, options.interval_ms / 1e3, fresh=options.fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
