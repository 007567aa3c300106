"""OVN's expressions cut into words, and texts made into words of them.

A text that comes from outside goes into an expression only as a word that is made here: a constant in quotes, or a name
of which it is certain that it is one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from controller.api.addresses import BITS, InvalidAddress, parse_address

_BLANK = re.compile(r"[ \t\n\r\v\f]*")
_SIGN = re.compile(r"&&|\|\||==|!=|<=|>=|\.\.|[(){}\[\]<>!,]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_OF_SET = re.compile(r"[$@][A-Za-z_.][A-Za-z0-9_.]*")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_NUMBER_AHEAD = re.compile(r"[0-9]|::|[0-9A-Fa-f]+:")
_NUMBER = re.compile(r"(?:[0-9A-Za-z:]|(?<!\.)\.(?!\.))+")
_HEXADECIMAL = re.compile(r"0[xX][0-9A-Fa-f]+")
_MAC = re.compile(r"[0-9A-Fa-f]{1,2}(:[0-9A-Fa-f]{1,2}){5}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
ADDRESS_BITS = 32
"""What a set of addresses takes at least: what is in it is not known here."""
IDENTIFIER = re.compile(r"[A-Za-z_.][A-Za-z0-9_.]*")


class InvalidExpression(ValueError):
    """Text that is no expression: what stands ``at`` the place where it stops being one, and what is ``wanted``."""

    def __init__(self, at: str, wanted: str) -> None:
        super().__init__(f"at {json.dumps(at[:30])}: {wanted}" if at else f"at its end: {wanted}")
        self.at = at
        self.wanted = wanted


class Token(NamedTuple):
    """A word: its sort (``name``, ``number``, ``text``, ``set``, ``group``, or the sign itself) and how it is written.

    ``bits`` is the least width of a field that a number fits; ``is_masked`` whether it has a mask.
    """

    sort: str
    text: str
    bits: int = 0
    is_masked: bool = False


def tokens(expression: str) -> Iterator[Token]:
    """The words of an expression. Raises ``InvalidExpression`` at the first that is none."""
    if (control := _CONTROL.search(expression)) is not None:
        raise InvalidExpression(control.group(), "no control characters are allowed")
    place = _after(_BLANK, expression, 0)
    while place < len(expression):
        token, place = _next(expression, place)
        yield token
        place = _after(_BLANK, expression, place)


def quoted(text: str) -> str:
    """A text as a constant of an expression, whatever is in it. Raises ``InvalidExpression`` for a NUL."""
    if "\0" in text:
        raise InvalidExpression("\0", "no NUL is allowed")
    return json.dumps(text, ensure_ascii=False)


def identifier(name: str) -> str:
    """The name of an address set or a port group, if it can be one. Raises ``InvalidExpression``."""
    if not IDENTIFIER.fullmatch(name):
        raise InvalidExpression(name, 'a name of letters, digits, "_" and "." that begins with no digit')
    return name


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    assert found is not None
    return found.end()


def _next(text: str, place: int) -> tuple[Token, int]:
    rest = text[place : place + 30]
    if _NUMBER_AHEAD.match(text, place):
        return _number(text, place)
    if found := _NAME.match(text, place):
        return Token("name", found.group()), found.end()
    if found := _SIGN.match(text, place):
        return Token(found.group(), found.group()), found.end()
    if found := _OF_SET.match(text, place):
        is_set = rest[0] == "$"
        return Token(
            "set" if is_set else "group", found.group()[1:], ADDRESS_BITS if is_set else 0
        ), found.end()
    if found := _TEXT.match(text, place):
        return Token("text", _unquoted(found.group())), found.end()
    if rest[0] == '"':
        raise InvalidExpression(rest, "the text has no closing quote")
    if rest[:2] in ("//", "/*"):
        raise InvalidExpression(rest, "no comments are allowed")
    raise InvalidExpression(rest, "there is no such word")


def _unquoted(text: str) -> str:
    try:
        found = json.loads(text, strict=False)
    except ValueError:
        raise InvalidExpression(text, "a text is escaped as in JSON") from None
    assert isinstance(found, str)
    if "\0" in found:
        raise InvalidExpression(text, "no NUL is allowed")
    return found


def _number(text: str, place: int) -> tuple[Token, int]:
    end = _end_of_number(text, place)
    sort, value, bits = _value(text[place:end])
    if end >= len(text) or text[end] != "/":
        return Token("number", text[place:end], bits), end
    start, end = end + 1, _end_of_number(text, end + 1)
    mask_sort, mask, _ = _value(text[start:end])
    whole = text[place:end]
    if sort in ("ipv4", "ipv6") and mask_sort == "decimal":
        if mask > bits:
            raise InvalidExpression(whole, f"a prefix has 0 to {bits} bits")
        return Token("number", whole, bits if mask else 0, True), end
    if sort != mask_sort and (sort, mask_sort, value) != ("decimal", "hexadecimal", 0):
        raise InvalidExpression(whole, "a value and its mask are written alike")
    return Token("number", whole, mask.bit_length(), True), end


def _end_of_number(text: str, place: int) -> int:
    """A colon never follows a dot: what comes then is a port, which no expression has."""
    found = _NUMBER.match(text, place)
    if found is None:
        raise InvalidExpression(text[place - 1 :], "a number or an address is expected")
    dot = text.find(".", place, found.end())
    colon = text.find(":", dot, found.end()) if dot >= 0 else -1
    return colon if colon >= 0 else found.end()


def _value(text: str) -> tuple[str, int, int]:
    """How a number is written, its value, and the bits that it takes at least."""
    if _MAC.fullmatch(text):
        return "ethernet", int("".join(part.zfill(2) for part in text.split(":")), 16), 48
    if text.isascii() and text.isdecimal():
        value = int(text)
        if (text[0] == "0" and len(text) > 1) or value >= 2**64:
            raise InvalidExpression(text, "a decimal number is less than 2^64 and begins with no zero")
        return "decimal", value, value.bit_length()
    if _HEXADECIMAL.fullmatch(text):
        value = int(text, 16)
        if value >= 2**128:
            raise InvalidExpression(text, "a number has 128 bits at most")
        return "hexadecimal", value, value.bit_length()
    try:
        address = parse_address(text)
    except InvalidAddress:
        raise InvalidExpression(text, "a number, an IP address or a MAC is expected") from None
    return f"ipv{address.version}", address.value, BITS[address.version]
