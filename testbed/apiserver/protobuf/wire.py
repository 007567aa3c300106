"""The wire format of protocol buffers, as much as is needed: varints and length-delimited fields.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


def varint(value: int) -> bytes:
    """A number from 0 in groups of seven bits, the lowest first."""
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def number(field: int, value: int) -> bytes:
    """A field that is a number (or a truth value) from 0."""
    return varint(field << 3 | VARINT) + varint(value)


def text(field: int, value: str) -> bytes:
    """A field that is a string."""
    return message(field, value.encode())


def message(field: int, value: bytes) -> bytes:
    """A field that is a message, or bytes."""
    return varint(field << 3 | LENGTH) + varint(len(value)) + value


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message, in order: numbers as numbers, what has a length as bytes.

    Raises ``ValueError`` for what is no message.
    """
    position = 0
    while position < len(data):
        key, position = _varint_at(data, position)
        kind = key & 7
        if kind == VARINT:
            value, position = _varint_at(data, position)
            yield key >> 3, value
            continue
        if kind == LENGTH:
            size, position = _varint_at(data, position)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if position + size > len(data):
            raise ValueError("it ends too early")
        yield key >> 3, data[position : position + size]
        position += size


def _varint_at(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ValueError("it ends too early" if shift <= 63 else "a number is too long")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
