"""Where one JSON message ends and the next begins on a stream that has no delimiters.

RFC 7047 puts JSON objects back to back. A decoder that must be tried again with every arriving piece takes quadratic
time on a monitor reply of 100 MB, and a loop over characters in Python takes minutes. Here every byte is looked at
once, by the string methods of the interpreter: pieces in which no message ends cost one to eight nanoseconds a byte.
"""

import re
from collections.abc import Iterator

from controller.ovsdb.errors import ProtocolError

_STRUCTURE = b'"{}'
_ALL_BUT_STRUCTURE = bytes(set(range(256)) - set(_STRUCTURE))
_TOKEN = re.compile(rb'["{}]|\\.', re.DOTALL)
_DEEPEST_FAST = 8
"""Levels of objects cancelled out before the exact walk is the cheaper way; OVSDB's replies nest four."""


class Splitter:
    """Cuts a stream of bytes into JSON objects without decoding them."""

    __slots__ = ("_depth", "_in_string", "_odd_backslash", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._depth = 0
        self._in_string = False
        self._odd_backslash = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Take what arrived; give the messages that it completes, in order.

        Raises ProtocolError if something else than an object stands where a message should begin.
        """
        data = self._odd_backslash + data
        trailing = len(data) - len(data.rstrip(b"\\"))
        self._odd_backslash = data[-1:] if trailing % 2 else b""
        if trailing % 2:
            data = data[:-1]
        return [message for piece in _pieces(data) for message in self._take(piece)]

    def _take(self, piece: bytes) -> list[bytes]:
        whole = self._quick(piece)
        return self._cut(piece) if whole is None else whole

    def _quick(self, data: bytes) -> list[bytes] | None:
        """The messages completed by a piece in which none ends, or one ends with the last byte; None if unsure."""
        plain = data
        for escaped in (b"\\\\", b'\\"'):
            if escaped in plain:
                plain = plain.replace(escaped, b"")
        marks = plain.translate(None, _ALL_BUT_STRUCTURE).replace(b'""', b"")
        parts = marks.split(b'"')
        braces = b"".join(parts[1::2] if self._in_string else parts[::2])
        in_string = self._in_string ^ (len(parts) % 2 == 0)
        depth = self._depth
        if not depth:
            if data[:1] != b"{":
                return None
            depth, braces = 1, braces[1:]
        if data[-1:] == b"}" and not in_string and _cancelled(braces[:-1]) == b"}" * (depth - 1):
            self._pieces.append(data)
            message = b"".join(self._pieces)
            self._pieces.clear()
            self._depth, self._in_string = 0, False
            return [message]
        braces = _cancelled(braces)
        closed = braces.count(b"}")
        if closed >= depth:
            return None
        self._pieces.append(data)
        self._depth, self._in_string = depth + len(braces) - 2 * closed, in_string
        return []

    def _cut(self, data: bytes) -> list[bytes]:
        """The exact walk, token by token, for pieces in which several messages begin or end."""
        messages: list[bytes] = []
        start = 0
        depth, in_string = self._depth, self._in_string
        for token in _TOKEN.finditer(data):
            mark = token.group()
            if mark == b'"':
                in_string = not in_string
                if not depth:
                    break
            elif in_string or len(mark) == 2:
                continue
            elif mark == b"{":
                if not depth:
                    self._nothing_but_space(data[start : token.start()])
                    start = token.start()
                depth += 1
            else:
                depth -= 1
                if depth < 0:
                    break
                if not depth:
                    end = token.end()
                    self._pieces.append(data[start:end])
                    messages.append(b"".join(self._pieces))
                    self._pieces.clear()
                    start = end
        if depth <= 0:
            self._nothing_but_space(data[start:])
        else:
            self._pieces.append(data[start:])
        self._depth, self._in_string = depth, in_string
        return messages

    @staticmethod
    def _nothing_but_space(between: bytes) -> None:
        if between.strip():
            raise ProtocolError(f"expected a JSON object, found {between.strip()[:60]!r}")


def _pieces(data: bytes) -> Iterator[bytes]:
    """The data, cut where one message may end and the next begin: such as an update and the reply that follows it."""
    start = 0
    while (end := data.find(b"}{", start)) >= 0:
        yield data[start : end + 1]
        start = end + 1
    yield data[start:] if start else data


def _cancelled(braces: bytes) -> bytes:
    """What is left when every object that begins and ends here is taken out, if they are not nested too deep."""
    for _ in range(_DEEPEST_FAST):
        shorter = braces.replace(b"{}", b"")
        if len(shorter) == len(braces):
            break
        braces = shorter
    return braces
