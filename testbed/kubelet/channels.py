"""The frames in which kubectl and a kubelet talk about a program: pure.

The first byte of a message names its channel, the rest is the channel's. When the program has ended, a Status on a
channel of its own tells how. Version 5 can say that the input has ended, which version 4 cannot.
Source: https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import orjson

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
PROTOCOLS = (V5, V4)
STDIN, STDOUT, STDERR, STATUS, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255


class FramingError(ValueError):
    """A message that the protocol does not know: what was found and allowed."""


@dataclass(frozen=True)
class Input:
    """What the program is to read."""

    data: bytes


@dataclass(frozen=True)
class EndOfInput:
    """There is nothing more to read."""


class Size(msgspec.Struct, frozen=True, rename="pascal"):
    """The size of the terminal, in characters."""

    width: int
    height: int


def decode(message: bytes, protocol: str) -> Input | EndOfInput | Size:
    """What a client says.

    Raises:
        FramingError: it makes no sense.
    """
    if not message:
        return Input(b"")
    channel, data = message[0], message[1:]
    if channel == STDIN:
        return Input(data)
    if channel == RESIZE:
        return _size(data)
    if channel == CLOSE and protocol == V5:
        if data == bytes([STDIN]):
            return EndOfInput()
        raise FramingError(f"channel {CLOSE} (close): found {data[:8]!r}, allowed {STDIN} (stdin)")
    raise FramingError(f"channel: found {channel}, allowed {STDIN} (stdin), {RESIZE} (resize)")


def encode(channel: int, data: bytes) -> bytes:
    """A message to a client."""
    return bytes([channel]) + data


def ended(code: int) -> bytes:
    """The message that a program has ended with an exit status."""
    status: dict[str, object] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    if code:
        status |= {
            "status": "Failure",
            "reason": "NonZeroExitCode",
            "message": f"command terminated with non-zero exit code: exit status {code}",
            "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
        }
    return encode(STATUS, orjson.dumps(status))


def failed(message: str) -> bytes:
    """The message that there is no exit status, and why."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    reason = {"reason": "InternalError", "message": message, "code": 500}
    return encode(STATUS, orjson.dumps(status | reason))


def _size(data: bytes) -> Size:
    try:
        size = msgspec.json.decode(data, type=Size)
    except msgspec.MsgspecError as error:
        raise FramingError(f"channel {RESIZE} (resize): {error}") from error
    if not (0 < size.width < 2**16 and 0 < size.height < 2**16):
        raise FramingError(f"channel {RESIZE} (resize): found {size.width} x {size.height}, allowed from 1")
    return size
