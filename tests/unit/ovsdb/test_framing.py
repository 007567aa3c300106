"""Messages are found on the stream wherever the pieces happen to be cut."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.ovsdb.errors import ProtocolError
from controller.ovsdb.framing import Splitter

ODD_TEXT = st.text(st.sampled_from('"\\{}[]a,:\n')) | st.text()
VALUES = st.recursive(
    ODD_TEXT | st.integers(-(2**53), 2**53) | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(ODD_TEXT, inner),
    max_leaves=15,
)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[a:b] for a, b in pairwise(edges)]


@given(st.lists(st.dictionaries(ODD_TEXT, VALUES), max_size=5), st.lists(st.integers(0, 10_000), max_size=20))
def test_every_message_comes_out_whole_wherever_the_stream_is_cut(
    messages: list[dict[str, object]], cuts: list[int]
) -> None:
    stream = b" \n".join(map(msgspec.json.encode, messages))
    splitter = Splitter()
    found = [message for piece in pieces(stream, cuts) for message in splitter.feed(piece)]
    assert [msgspec.json.decode(message) for message in found] == messages


def test_a_long_message_of_nested_rows_is_found_piece_by_piece() -> None:
    message = msgspec.json.encode({"rows": {str(i): {"a": {"b": '}"{\\' * (i % 3)}} for i in range(20_000)}})
    stream = message + b'{"id":2}'
    splitter = Splitter()
    cut = [stream[i : i + 4_099] for i in range(0, len(stream), 4_099)]
    assert [m for piece in cut for m in splitter.feed(piece)] == [message, b'{"id":2}']


def test_deep_nesting_is_found_too() -> None:
    message = b'{"a":' * 50 + b"1" + b"}" * 50
    splitter = Splitter()
    cut = [message[i : i + 7] for i in range(0, len(message), 7)]
    assert [m for piece in cut for m in splitter.feed(piece)] == [message]


@pytest.mark.parametrize("garbage", [b"hello", b"[1]", b'"text"', b"}", b'{"id":1}]', b"\\", b"\x00{"])
def test_what_is_no_object_is_refused(garbage: bytes) -> None:
    splitter = Splitter()
    with pytest.raises(ProtocolError, match="expected a JSON object"):
        splitter.feed(garbage + b"{}")


def test_where_one_message_seems_to_end_in_a_text_it_goes_on() -> None:
    update, reply = b'{"a":"}{","b":{"c":"\\"}{"}}', b'{"id":1}'
    assert Splitter().feed(update + reply) == [update, reply]
    splitter = Splitter()
    pieces = [splitter.feed((update + reply)[at : at + 1]) for at in range(len(update + reply))]
    assert [message for piece in pieces for message in piece] == [update, reply]
