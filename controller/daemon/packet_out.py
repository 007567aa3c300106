"""A frame put into a bridge as if it had come in by one of its ports: OpenFlow's packet-out (1.0, 5.3.6).

So the bridge learns where the frame's sender is, as it does from any other.
"""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

_VERSION = 1
_HELLO, _ERROR, _PACKET_OUT, _BARRIER, _BARRIER_REPLY = 0, 1, 13, 18, 19
_NO_BUFFER, _NORMAL = 0xFFFFFFFF, 0xFFFA
_HEADER = struct.Struct("!BBHI")
TIMEOUT_S = 2.0


async def inject(management: Path, in_port: int, *frames: bytes) -> None:
    """Has a bridge treat frames as its NORMAL action does. Raises ``OSError``, also for what the bridge refuses."""
    async with asyncio.timeout(TIMEOUT_S):
        reader, writer = await asyncio.open_unix_connection(str(management))
        try:
            writer.write(_message(_HELLO))
            for entry in frames:
                writer.write(packet_out(in_port, entry))
            writer.write(_message(_BARRIER))
            while (kind := await _next(reader)) != _BARRIER_REPLY:
                if kind == _ERROR:
                    raise OSError(f"{management.name} refuses a packet-out")
        except asyncio.IncompleteReadError as error:
            raise ConnectionError(f"{management.name} hung up") from error
        finally:
            writer.close()


def packet_out(in_port: int, entry: bytes) -> bytes:
    """The message: no buffer, one action, the frame."""
    output = struct.pack("!HHHH", 0, 8, _NORMAL, 0)
    return _message(_PACKET_OUT, struct.pack("!IHH", _NO_BUFFER, in_port, len(output)) + output + entry)


def _message(kind: int, body: bytes = b"") -> bytes:
    return _HEADER.pack(_VERSION, kind, _HEADER.size + len(body), 1) + body


async def _next(reader: asyncio.StreamReader) -> int:
    _, kind, size, _ = _HEADER.unpack(await reader.readexactly(_HEADER.size))
    await reader.readexactly(size - _HEADER.size)
    return int(kind)
