"""What the process inside an enclosure tells the one outside, one JSON line at a time.

Results leave the enclosure as they come into being, because everything inside it may end at any moment (a daemon
killed, Ctrl-C, the kernel taking the enclosure down) and what was measured until then must be kept.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Literal

import msgspec

from testbed.results import Event, Resource, Sample, Validity

Outcome = Literal["complete", "interrupted", "timed-out", "failed"]
"""How an instance ended; ``failed`` is a fault of the testbed, or a daemon that died."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the instance is, for people who wait; ``total`` None where nobody can say."""

    text: str
    done: int | None = None
    total: int | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The last word of an instance; ``look`` tells people how to look at a cluster that is kept up."""

    outcome: Outcome
    reason: str = ""
    look: tuple[str, ...] = ()


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the channel: exactly one of its members is there."""

    sample: Sample | None = None
    event: Event | None = None
    resource: Resource | None = None
    progress: Progress | None = None
    validity: Validity | None = None
    options: dict[str, str] | None = None
    ended: Ended | None = None


class Sender:
    """The inner end: every message is in the pipe when ``send`` returns."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()  # a scenario that is no coroutine runs in a thread of its own

    def send(self, message: Message) -> None:
        """Hand one message over."""
        data = msgspec.json.encode(message) + b"\n"
        with self._lock:
            while data:
                data = data[os.write(self._descriptor, data) :]


def receive(descriptor: int) -> Iterator[Message]:
    """The outer end: messages as they come, until every writer is gone; a line cut short is dropped."""
    decoder = msgspec.json.Decoder(Message)
    with os.fdopen(descriptor, "rb") as pipe:
        for line in pipe:
            if line.endswith(b"\n"):
                yield decoder.decode(line)
