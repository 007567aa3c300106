"""Commands to daemons that refuse, keep silent or are gone."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from controller.ovsdb import UnixctlError, unixctl
from tests.unit.ovsdb.conftest import Serve


def daemon(method: str, params: Any) -> Any:
    if method == "echo-back":
        return " ".join(params)
    raise LookupError(f'"{method}" is not a valid command\n')


async def ask(blocking: bool, endpoint: str, *args: str, timeout: float = 30) -> str:
    path = endpoint.removeprefix("unix:")
    if blocking:
        return await asyncio.to_thread(unixctl.call_blocking, path, *args, timeout=timeout)
    return await unixctl.call(path, *args, timeout=timeout)


@pytest.mark.parametrize("blocking", [False, True])
async def test_a_command_gives_its_text_and_a_refusal_the_daemons_words(serve: Serve, blocking: bool) -> None:
    _, endpoint = await serve(daemon)
    assert await ask(blocking, endpoint, "echo-back", "a", "b") == "a b"
    with pytest.raises(UnixctlError) as refused:
        await ask(blocking, endpoint, "explode")
    assert refused.value.message == '"explode" is not a valid command'
    assert refused.value.command == "explode"


@pytest.mark.parametrize("blocking", [False, True])
async def test_a_paused_daemon_is_left_in_time(serve: Serve, blocking: bool) -> None:
    _, endpoint = await serve(lambda method, params: None)
    with pytest.raises(UnixctlError, match=r"no answer within 0\.05 s"):
        await ask(blocking, endpoint, "version", timeout=0.05)


@pytest.mark.parametrize("blocking", [False, True])
async def test_what_is_no_answer_is_said(serve: Serve, blocking: bool) -> None:
    _, endpoint = await serve(lambda method, params: b"[]")
    with pytest.raises(UnixctlError, match="expected a JSON object"):
        await ask(blocking, endpoint, "version")
    _, endpoint = await serve(lambda method, params: b'{"result": 3}')
    with pytest.raises(UnixctlError, match="not an answer"):
        await ask(blocking, endpoint, "version")


@pytest.mark.parametrize("blocking", [False, True])
async def test_a_daemon_that_is_gone_is_said(tmp_path: Path, blocking: bool) -> None:
    with pytest.raises(UnixctlError, match="No such file"):
        await ask(blocking, str(tmp_path / "gone.ctl"), "version")
