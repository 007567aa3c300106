"""What a meter answers to what is no request of its own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from testbed.measure.service import Service
from testbed.measure.wire import Answer, MeterConfig


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[Path]:
    service = Service(MeterConfig("unix:nowhere", "unix:nowhere", ()))
    async with await service.serve(tmp_path / "meter.sock"):
        yield tmp_path / "meter.sock"


async def ask(socket: Path, line: bytes) -> Answer:
    reader, writer = await asyncio.open_unix_connection(socket)
    writer.write(line + b"\n")
    answer = msgspec.json.decode(await reader.readline(), type=Answer)
    writer.close()
    return answer


async def test_a_request_is_answered_under_its_number(socket: Path) -> None:
    answer = await ask(socket, b'{"id": 7, "request": {"type": "health"}}')
    assert answer.id == 7
    assert answer.failure is None


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b'{"id": 1}',
        b'{"id": 1, "request": {"type": "unheard-of"}}',
        b'{"id": 1, "request": {"type": "expect", "port": "p", "change": "moved"}}',
        b'{"id": 1, "request": {"type": "until", "port": 3, "end": "nb", "timeout_s": 1}}',
    ],
)
async def test_what_is_no_request_is_refused(socket: Path, line: bytes) -> None:
    answer = await ask(socket, line)
    assert answer.failure is not None
    assert answer.failure.message.startswith("not a request")


async def test_what_cannot_be_done_is_told_by_the_name_of_its_error(socket: Path) -> None:
    answer = await ask(socket, b'{"id": 3, "request": {"type": "ends", "port": "p", "timeout_s": 0}}')
    assert answer.id == 3
    assert answer.failure is not None
    assert answer.failure.error == "UnfitExpectation"
