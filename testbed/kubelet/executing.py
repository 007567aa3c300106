"""A program and the client who runs it: what one says is brought to the other, until the program or the client ends.

A client that goes away takes its program with it. Children that a program leaves behind stay, as in Kubernetes, and
end with the container.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from aiohttp import WSCloseCode, WSMsgType, web

from testbed.kubelet import channels
from testbed.kubelet.channels import STDERR, STDOUT, EndOfInput, FramingError, Input
from testbed.kubelet.container import ContainerLife
from testbed.kubelet.guests import NotRunning
from testbed.kubelet.program import Program, Wanted

PING_S = 2.0
NOT_FOUND = 127
"""Exit status of a program that this host does not have, as every shell has it."""
WAITING = 256
"""Messages of input that may wait for the program to read them; a client with more waits too."""


async def run(client: web.WebSocketResponse, container: ContainerLife, wanted: Wanted) -> None:
    """Run a program for a client, from its start to the message that tells how it ended."""
    try:
        program = await Program.start(container, wanted)
    except FileNotFoundError as error:
        said = f"exec: {error.strerror}\n".encode()
        await client.send_bytes(channels.encode(STDOUT if wanted.tty else STDERR, said))
        await client.send_bytes(channels.ended(NOT_FOUND))
    except (NotRunning, OSError) as error:
        await client.send_bytes(channels.failed(str(error)))
    else:
        await _Session(client, program).run()
    await client.close()


class _Session:
    """One program, one client."""

    def __init__(self, client: web.WebSocketResponse, program: Program) -> None:
        self._client = client
        self._program = program
        self._input: asyncio.Queue[Input | EndOfInput] = asyncio.Queue(WAITING)

    async def run(self) -> None:
        telling = asyncio.create_task(_unless_gone(self._tell()))
        listening = asyncio.create_task(_unless_gone(self._listen()))
        pinging = asyncio.create_task(_unless_gone(self._ping()))
        feeding = asyncio.create_task(self._feed())
        is_over = False
        try:
            await asyncio.wait({telling, listening, pinging}, return_when=asyncio.FIRST_COMPLETED)
            is_over = self._program.over.done() and telling.done()
        finally:
            tasks = (telling, listening, pinging, feeding)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            if is_over:
                self._program.close()
            else:
                await self._program.end()

    async def _tell(self) -> None:
        """All that the program writes, and how it ended."""
        async with asyncio.TaskGroup() as both:
            for channel, descriptor in self._program.exits.items():
                both.create_task(self._bring(channel, descriptor))
        await self._client.send_bytes(channels.ended(await self._program.over))

    async def _bring(self, channel: int, descriptor: int) -> None:
        while data := await self._program.read(descriptor):
            await self._client.send_bytes(channels.encode(channel, data))

    async def _listen(self) -> None:
        """All that the client says, until it goes."""
        async for message in self._client:
            said = message.data.encode() if message.type is WSMsgType.TEXT else message.data
            try:
                meant = channels.decode(said, self._client.ws_protocol or "")
            except FramingError as error:
                await self._client.close(code=WSCloseCode.PROTOCOL_ERROR, message=str(error).encode()[:120])
                return
            if isinstance(meant, channels.Size):
                self._program.resize(meant)
            else:
                await self._input.put(meant)

    async def _ping(self) -> None:
        """Speak now and then: the end of a client that has more to say than is taken shows in no other way."""
        while True:
            await asyncio.sleep(PING_S)
            await self._client.ping()

    async def _feed(self) -> None:
        while True:
            meant = await self._input.get()
            if isinstance(meant, Input):
                await self._program.write(meant.data)
            else:
                await self._program.end_input()


async def _unless_gone(speaking: Awaitable[None]) -> None:
    """Whoever speaks to a client that is gone is simply done."""
    try:
        await speaking
    except* ConnectionError:
        pass
