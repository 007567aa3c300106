"""The frames of kubectl exec: what each byte means, and what is refused."""

from __future__ import annotations

import orjson
import pytest

from testbed.kubelet import channels
from testbed.kubelet.channels import V4, V5, EndOfInput, FramingError, Input, Size


def test_the_first_byte_of_a_message_names_its_channel() -> None:
    assert channels.decode(b"\0hello", V5) == Input(b"hello")
    assert channels.decode(b"\0\0\1", V4) == Input(b"\0\1")
    assert channels.encode(channels.STDERR, b"trouble") == b"\2trouble"


def test_an_empty_message_says_nothing() -> None:
    assert channels.decode(b"", V5) == Input(b"")
    assert channels.decode(b"\0", V4) == Input(b"")


def test_a_terminal_gets_the_size_of_the_clients() -> None:
    assert channels.decode(b'\4{"Width":120,"Height":40}', V5) == Size(120, 40)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b'{"Width":0,"Height":5}', b'{"Width":70000,"Height":5}', b"[1]"]
)
def test_a_size_that_no_terminal_has_is_refused(text: bytes) -> None:
    with pytest.raises(FramingError, match="resize"):
        channels.decode(b"\4" + text, V5)


def test_input_ends_in_version_5_only() -> None:
    assert channels.decode(b"\xff\0", V5) == EndOfInput()
    with pytest.raises(FramingError, match="found 255"):
        channels.decode(b"\xff\0", V4)
    with pytest.raises(FramingError, match="close"):
        channels.decode(b"\xff\1", V5)


@pytest.mark.parametrize("channel", [1, 2, 3, 7])
def test_a_client_speaks_on_no_other_channel(channel: int) -> None:
    with pytest.raises(FramingError, match=f"found {channel}"):
        channels.decode(bytes([channel]) + b"x", V5)


def test_the_end_of_a_program_is_a_status_on_a_channel_of_its_own() -> None:
    well, badly = channels.ended(0), channels.ended(42)
    assert (well[0], badly[0]) == (3, 3)
    assert orjson.loads(well[1:])["status"] == "Success"
    told = orjson.loads(badly[1:])
    assert (told["status"], told["reason"]) == ("Failure", "NonZeroExitCode")
    assert told["details"]["causes"] == [{"reason": "ExitCode", "message": "42"}]


def test_a_program_that_could_not_run_has_no_exit_status() -> None:
    told = orjson.loads(channels.failed("the pod is gone")[1:])
    assert (told["reason"], told["message"], "details" in told) == ("InternalError", "the pod is gone", False)
