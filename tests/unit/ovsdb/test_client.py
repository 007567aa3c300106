"""The client against servers that are old, silent, mistaken or malicious."""

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.ovsdb import (
    Batch,
    Client,
    ConnectionFailed,
    ConnectionLost,
    OvsdbError,
    ProtocolError,
    Replica,
)
from controller.ovsdb.operations import comment, insert
from tests.unit.ovsdb.conftest import SCHEMA, Serve, StandIn

U = "12345678-1234-1234-1234-123456789abc"


def schema_only(method: str, params: Any) -> Any:
    if method == "get_schema":
        return SCHEMA
    raise LookupError("unknown method")


def silent_after_schema(method: str, params: Any) -> Any:
    return SCHEMA if method == "get_schema" else None


async def test_an_old_server_is_monitored_by_the_form_that_it_knows(serve: Serve) -> None:
    forms = {
        "monitor_cond_since": [False, U, {"Thing": {U: {"initial": {"name": "a"}}}}],
        "monitor_cond": {"Thing": {U: {"initial": {"name": "a"}}}},
        "monitor": {"Thing": {U: {"new": {"name": "a"}}}},
    }
    for form, content in forms.items():

        def answer(method: str, params: Any, form: str = form, content: Any = content) -> Any:
            return content if method == form else schema_only(method, params)

        stand_in, endpoint = await serve(answer)
        client = await Client.connect(endpoint, "Test")
        replica = await Replica.follow(client, {"Thing": ("name",)})
        assert replica.tables == {"Thing": {U: {"name": "a"}}}
        assert stand_in.seen[-1]["method"] == form
        await client.close()


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("update3", [1, U, {"Thing": {U: {"insert": {"name": "b"}}}}]),
        ("update2", [1, {"Thing": {U: {"insert": {"name": "b"}}}}]),
        ("update", [1, {"Thing": {U: {"new": {"name": "b"}}}}]),
    ],
)
async def test_updates_reach_subscribers_after_they_are_applied(
    serve: Serve, method: str, params: Any
) -> None:
    stand_in, endpoint = await serve(lambda m, p: [False, U, {}] if m == "monitor_cond_since" else SCHEMA)
    client = await Client.connect(endpoint, "Test")
    replica = await Replica.follow(client, {"Thing": ("name",)})
    told = asyncio.get_running_loop().create_future()
    replica.subscribe(lambda batch: told.set_result((batch, dict(replica.tables["Thing"]))))
    stand_in.send({"id": None, "method": method, "params": params})
    batch, rows = await asyncio.wait_for(told, 30)
    assert rows == {U: {"name": "b"}}
    assert [change.new for change in batch.changes] == [{"name": "b"}]
    await client.close()


async def test_an_echo_is_answered(serve: Serve) -> None:
    stand_in, endpoint = await serve(schema_only)
    client = await Client.connect(endpoint, "Test")
    stand_in.send({"id": "e", "method": "echo", "params": ["x"]})
    stand_in.send({"id": "s", "method": "steal", "params": []})
    assert await asyncio.wait_for(stand_in.replies.get(), 30) == {"id": "e", "result": ["x"], "error": None}
    assert (await asyncio.wait_for(stand_in.replies.get(), 30))["error"] == "unknown method"
    await client.close()


async def test_a_silent_server_is_asked_and_then_given_up(serve: Serve) -> None:
    stand_in, endpoint = await serve(silent_after_schema)
    client = await Client.connect(endpoint, "Test", probe=0.05)
    with pytest.raises(ConnectionLost, match="no sign of life"):
        await asyncio.wait_for(client.transact([comment("hello?")]), 30)
    assert "echo" in [message["method"] for message in stand_in.seen]
    assert "no sign of life" in str(await client.closed)


async def test_a_server_that_answers_echoes_is_kept(serve: Serve) -> None:
    echoes = asyncio.Semaphore(0)

    def answer(method: str, params: Any) -> Any:
        if method == "echo":
            echoes.release()
            return params
        return schema_only(method, params)

    _, endpoint = await serve(answer)
    client = await Client.connect(endpoint, "Test", probe=0.4)
    for _ in range(2):
        await asyncio.wait_for(echoes.acquire(), 30)
    assert not client.closed.done()
    await client.close()


async def test_calls_in_flight_fail_when_the_connection_goes(serve: Serve) -> None:
    stand_in, endpoint = await serve(silent_after_schema)
    client = await Client.connect(endpoint, "Test")
    calls = [asyncio.create_task(client.transact([comment("x")])) for _ in range(3)]
    while [message["method"] for message in stand_in.seen].count("transact") < len(calls):
        await asyncio.wait_for(stand_in.heard.wait(), 30)
        stand_in.heard.clear()
    stand_in.writer.close()
    results = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 30)
    assert all(isinstance(result, ConnectionLost) for result in results)
    with pytest.raises(ConnectionLost, match="closed by the server"):
        await client.transact([comment("later")])


async def test_a_callback_that_fails_ends_the_connection_rather_than_going_stale(serve: Serve) -> None:
    _, endpoint = await serve(lambda m, p: [False, U, {}] if m == "monitor_cond_since" else SCHEMA)
    client = await Client.connect(endpoint, "Test")
    failures: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: failures.append(context["exception"])
    )

    def defect(batch: Batch) -> None:
        raise ZeroDivisionError

    with pytest.raises(ConnectionLost, match="ZeroDivisionError"):
        await asyncio.wait_for(client.monitor({"Thing": ()}, defect), 30)
    assert [type(failure) for failure in failures] == [ZeroDivisionError]


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ("unix:/nonexistent/x.sock", "No such file"),
        ("tcp:127.0.0.1:1", "refused|Connect call failed"),
        ("ssl:127.0.0.1:6641", "TLS is not supported yet"),
        ("tcp:localhost", "expected tcp:HOST:PORT"),
        ("/a/path", "expected unix:PATH or tcp:HOST:PORT"),
        ("unix:", "expected unix:PATH or tcp:HOST:PORT"),
    ],
)
async def test_an_endpoint_that_cannot_be_reached_says_why(endpoint: str, why: str) -> None:
    with pytest.raises(ConnectionFailed, match=why):
        await Client.connect(endpoint, "Test", timeout=2)


async def test_a_server_without_the_database_says_which(serve: Serve) -> None:
    _, endpoint = await serve(lambda m, p: (_ for _ in ()).throw(LookupError("unknown database")))
    with pytest.raises(ConnectionFailed, match=r"no schema of database 'Test'.*unknown database"):
        await Client.connect(endpoint, "Test")


async def test_a_server_that_never_answers_is_left_in_time(serve: Serve) -> None:
    _, endpoint = await serve(lambda m, p: None)
    with pytest.raises(ConnectionFailed, match=r"no schema within 0\.05 s"):
        await Client.connect(endpoint, "Test", timeout=0.05)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=5)
    | st.sampled_from(["uuid", "set"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Thing", U, "insert", "modify", "new", "uuid", "error", "rows", "name"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


async def _used(answer: Any, garbage: bytes) -> None:
    """Whatever the server says, each call ends with a result or an OvsdbError."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "s"
        stand_in = StandIn(answer)
        server = await asyncio.start_unix_server(stand_in.serve, path)
        try:
            async with asyncio.timeout(30):
                client = await Client.connect(f"unix:{path}", "Test")
                for use in (
                    client.transact([insert("Thing", {})]),
                    client.monitor({"Thing": ()}, lambda batch: None),
                ):
                    with suppress(OvsdbError):
                        await use
                stand_in.send(garbage)
                stand_in.writer.close()
                assert isinstance(await client.closed, ConnectionLost)
        finally:
            server.close()


@settings(deadline=None, max_examples=150)
@given(
    transacted=JSON.filter(lambda v: v is not None),
    monitored=JSON.filter(lambda v: v is not None),
    after=JSON,
)
def test_no_answer_of_a_server_crashes_or_hangs_the_client(
    transacted: Any, monitored: Any, after: Any
) -> None:
    def answer(method: str, params: Any) -> Any:
        return {"get_schema": SCHEMA, "transact": transacted}.get(method, monitored)

    asyncio.run(_used(answer, orjson.dumps({"method": "update3", "params": after, "id": None})))


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=60) | JSON.map(orjson.dumps))
def test_no_bytes_of_a_server_crash_or_hang_the_client(garbage: bytes) -> None:
    asyncio.run(_used(schema_only, garbage))


async def test_garbage_is_a_protocol_error(serve: Serve) -> None:
    stand_in, endpoint = await serve(silent_after_schema)
    client = await Client.connect(endpoint, "Test")
    stand_in.send(b"HTTP/1.1 400 Bad Request")
    lost = await asyncio.wait_for(client.closed, 30)
    assert isinstance(lost, ProtocolError)
    assert "HTTP/1.1" in str(lost)
