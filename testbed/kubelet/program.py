"""A program that somebody runs in a container, and the ends of its streams: pipes, or one terminal.

Reading and writing wait in the event loop, each at its own pace: what nobody takes fills a pipe, and then the program
waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from testbed.kubelet import ending
from testbed.kubelet.channels import STDERR, STDOUT, Size
from testbed.kubelet.container import ContainerLife
from testbed.pods import processes
from testbed.pods.processes import Place

PATIENCE_S = 2.0
"""How long a program whose client has gone may take to end by itself."""
_CHUNK = 32_768
_END_OF_TRANSMISSION = b"\x04"


@dataclass(frozen=True)
class Wanted:
    """What is to be run, and which of its streams somebody is at."""

    command: tuple[str, ...]
    stdin: bool = False
    stdout: bool = False
    stderr: bool = False
    tty: bool = False


class Program:
    """A program that runs.

    Args:
        popen: its process.
        entry: the descriptor to write what it reads, None where it reads nothing.
        exits: descriptors to read what it writes, by channel.
        has_terminal: whether these are one terminal.
    """

    def __init__(
        self,
        popen: subprocess.Popen[bytes],
        entry: int | None,
        exits: Mapping[int, int],
        *,
        has_terminal: bool,
    ) -> None:
        self._popen = popen
        self._entry = entry
        self._has_terminal = has_terminal
        self._open = {*exits.values()} | ({entry} if entry is not None else set())
        for descriptor in self._open:
            os.set_blocking(descriptor, False)
        self.exits = exits
        self.over: asyncio.Task[int] = asyncio.create_task(self._wait())
        """Its exit status, once it has ended."""

    @classmethod
    async def start(cls, container: ContainerLife, wanted: Wanted) -> Program:
        """Start a program in a container.

        Raises:
            NotRunning: the container does not run.
            FileNotFoundError: there is no such program.
            OSError: it cannot be started.
        """
        directory = container.container.working_dir
        if wanted.tty:
            return await cls._on_terminal(container, wanted, directory)
        nothing, pipe = subprocess.DEVNULL, subprocess.PIPE

        def start(variables: Mapping[str, str], place: Place) -> subprocess.Popen[bytes]:
            return processes.start(
                wanted.command,
                variables,
                place,
                directory=directory,
                stdin=pipe if wanted.stdin else nothing,
                stdout=pipe if wanted.stdout else nothing,
                stderr=pipe if wanted.stderr else nothing,
            )

        popen = await container.admit(start)
        streams = {STDOUT: popen.stdout, STDERR: popen.stderr}
        exits = {channel: _own(stream.fileno()) for channel, stream in streams.items() if stream}
        entry = _own(popen.stdin.fileno()) if popen.stdin else None
        for stream in (popen.stdin, popen.stdout, popen.stderr):
            if stream:
                stream.close()
        return cls(popen, entry, exits, has_terminal=False)

    @classmethod
    async def _on_terminal(cls, container: ContainerLife, wanted: Wanted, directory: str) -> Program:
        ours, its = pty.openpty()

        def start(variables: Mapping[str, str], place: Place) -> subprocess.Popen[bytes]:
            return processes.start_on_terminal(wanted.command, variables, place, its, directory=directory)

        try:
            popen = await container.admit(start)
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(its)
        return cls(popen, ours if wanted.stdin else None, {STDOUT: ours}, has_terminal=True)

    async def read(self, descriptor: int) -> bytes:
        """What it wrote next; nothing at the end. Children that it left behind keep nobody waiting."""
        while True:
            try:
                return os.read(descriptor, _CHUNK)
            except BlockingIOError:
                if self.over.done():
                    return b""
            except OSError as error:
                if error.errno == errno.EIO:  # nobody is left who has the terminal open
                    return b""
                raise
            loop = asyncio.get_running_loop()
            await self._turn(descriptor, loop.add_reader, loop.remove_reader)

    async def write(self, data: bytes) -> None:
        """Give it something to read; what it does not want to read is dropped."""
        while data and self._entry is not None:
            try:
                data = data[os.write(self._entry, data) :]
            except BlockingIOError:
                loop = asyncio.get_running_loop()
                await self._turn(self._entry, loop.add_writer, loop.remove_writer)
                if self.over.done():
                    return
            except OSError:
                return

    async def end_input(self) -> None:
        """There is nothing more for it to read."""
        if self._has_terminal:
            await self.write(_END_OF_TRANSMISSION)
        elif self._entry is not None:
            self._open.discard(self._entry)
            os.close(self._entry)
            self._entry = None

    def resize(self, size: Size) -> None:
        """Its terminal has another size."""
        if self._has_terminal:
            packed = struct.pack("HHHH", size.height, size.width, 0, 0)
            with contextlib.suppress(OSError):
                fcntl.ioctl(self.exits[STDOUT], termios.TIOCSWINSZ, packed)

    def close(self) -> None:
        """Let go of its streams: what it reads has ended, a terminal hangs up."""
        self._entry = None
        while self._open:
            os.close(self._open.pop())

    async def end(self) -> None:
        """End it because nobody is there any more: by what `close` means to it, or else it is killed."""
        self.close()
        ending.send(self._popen.pid, signal.SIGHUP)
        try:
            await asyncio.wait([self.over], timeout=PATIENCE_S)
        finally:
            processes.kill_session(self._popen.pid)
            if not self.over.done():
                self._popen.kill()
                self._popen.wait()

    async def _turn(
        self, descriptor: int, begin: Callable[..., object], end: Callable[[int], object]
    ) -> None:
        """Wait until a descriptor is ready or the program has ended."""
        ready = asyncio.Event()
        begin(descriptor, ready.set)
        waiting = asyncio.create_task(ready.wait())
        try:
            await asyncio.wait({waiting, self.over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            end(descriptor)
            waiting.cancel()

    async def _wait(self) -> int:
        await ending.gone(self._popen.pid)
        return ending.status(self._popen)


def _own(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 0)
