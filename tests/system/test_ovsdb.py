"""The OVSDB client against a private ovsdb-server that holds OVN's Northbound schema."""

import asyncio
import json
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.ovsdb import (
    UUID,
    Batch,
    Client,
    ConnectionFailed,
    ConnectionLost,
    DatabaseSchema,
    InvalidOperation,
    NamedUUID,
    Replica,
    TransactionError,
    UnixctlError,
    unixctl,
)
from controller.ovsdb.operations import comment, delete, insert, mutate, select, update, wait
from tests.system.private_ovsdb import NORTHBOUND, Server

pytestmark = pytest.mark.system

NOBODY = UUID("00000000-0000-0000-0000-00000000dead")
EVERY_TYPE = {
    "name": "Types",
    "version": "1.0.0",
    "tables": {
        "Thing": {
            "columns": {
                **{f"a_{atom}": {"type": atom} for atom in ("string", "integer", "real", "boolean")},
                **{
                    f"{kind}_{atom}": {"type": {"key": {"type": atom}, "min": 0, "max": most}}
                    for kind, most in (("maybe", 1), ("many", "unlimited"))
                    for atom in ("string", "integer", "real", "boolean", "uuid")
                },
                **{
                    f"map_{key}": {"type": {"key": key, "value": value, "min": 0, "max": "unlimited"}}
                    for key, value in (("string", "real"), ("integer", "uuid"), ("boolean", "string"))
                },
            },
            "isRoot": True,
        }
    },
}


async def connected(server: Server, database: str, **options: Any) -> Client:
    """A client as soon as the server accepts one."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await Client.connect(server.endpoint, database, **options)
            except ConnectionFailed:
                await asyncio.sleep(0.01)  # nothing tells of a socket that is about to listen


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], Server]]:
    if shutil.which("ovsdb-server") is None:
        pytest.skip("ovsdb-server is not installed")
    servers: list[Server] = []
    with tempfile.TemporaryDirectory() as directory:
        monkeypatch.setenv("OVS_RUNDIR", directory)

        def create(schema: Path) -> Server:
            own = Path(directory) / str(len(servers))
            own.mkdir()
            servers.append(Server(own, schema))
            return servers[-1]

        yield create
        for server in servers:
            server.kill()


@pytest.fixture
def server(make: Callable[[Path], Server]) -> Server:
    server = make(NORTHBOUND)
    server.start()
    return server


async def test_a_value_of_every_type_comes_back_as_it_was_written(
    make: Callable[[Path], Server], tmp_path: Path
) -> None:
    (tmp_path / "types.ovsschema").write_text(json.dumps(EVERY_TYPE))
    server = make(tmp_path / "types.ovsschema")
    server.start()
    client = await connected(server, "Types")
    replica = await Replica.follow(client, {"Thing": ()})
    other = UUID("12345678-1234-1234-1234-123456789abc")
    row: dict[str, Any] = {
        "a_string": 'quotes " backslashes \\ braces {} and \u2603 \n',
        "a_integer": -(2**63),
        "a_real": 1.5,
        "a_boolean": True,
        "maybe_string": "",
        "maybe_integer": 2**63 - 1,
        "maybe_real": -0.25,
        "maybe_boolean": False,
        "maybe_uuid": other,
        "many_string": frozenset({"a", "set", "uuid"}),
        "many_integer": frozenset({1, 2, 3}),
        "many_real": frozenset({0.5}),
        "many_boolean": frozenset({True, False}),
        "many_uuid": frozenset({other, NOBODY}),
        "map_string": {"a": 1.0, "b": 2.5},
        "map_integer": {1: other},
        "map_boolean": {True: "yes"},
    }
    nothing = {
        name: column.default
        for name, column in client.schema.table("Thing").columns.items()
        if name[0] != "_"
    }
    inserted, empty = await client.transact([insert("Thing", row), insert("Thing", {})])
    assert inserted.uuid is not None
    assert empty.uuid is not None
    things = replica.tables["Thing"]
    assert things[inserted.uuid].unpack() == row
    assert things[empty.uuid].unpack() == nothing
    (selected,) = await client.transact([select("Thing", inserted.uuid, list(row))])
    assert selected.rows[0].unpack() == row

    await client.transact([update("Thing", inserted.uuid, nothing), update("Thing", empty.uuid, row)])
    assert things[inserted.uuid].unpack() == nothing
    assert things[empty.uuid].unpack() == row


async def test_rows_of_one_transaction_refer_to_each_other_by_name(server: Server) -> None:
    client = await connected(server, "OVN_Northbound")
    switch, port, touched = await client.transact(
        [
            insert("Logical_Switch", {"name": "s"}, "s"),
            insert("Logical_Switch_Port", {"name": "p"}, "p"),
            mutate("Logical_Switch", NamedUUID("s"), [("ports", "insert", NamedUUID("p"))]),
        ]
    )
    assert touched.count == 1
    assert switch.uuid is not None
    (found,) = await client.transact([select("Logical_Switch", switch.uuid, ["name", "ports"])])
    assert [row.unpack() for row in found.rows] == [{"name": "s", "ports": frozenset({port.uuid})}]


async def test_members_enter_and_leave_sets_and_maps_and_the_replica_follows(server: Server) -> None:
    client = await connected(server, "OVN_Northbound")
    replica = await Replica.follow(client, {"Address_Set": (), "NB_Global": ("nb_cfg",)})
    (created,) = await client.transact(
        [
            insert(
                "Address_Set",
                {"name": "a", "addresses": {"10.0.0.1", "10.0.0.2"}, "external_ids": {"x": "1", "y": "2"}},
            )
        ]
    )
    assert created.uuid is not None
    await client.transact(
        [
            mutate(
                "Address_Set",
                created.uuid,
                [
                    ("addresses", "insert", {"10.0.0.3", "10.0.0.1"}),
                    ("addresses", "delete", "10.0.0.2"),
                    ("external_ids", "delete", {"x", "absent"}),
                    ("external_ids", "insert", {"z": "3"}),
                ],
            ),
            update("Address_Set", created.uuid, {"name": "b"}),
        ]
    )
    assert replica.tables["Address_Set"][created.uuid].unpack() == {
        "name": "b",
        "addresses": frozenset({"10.0.0.1", "10.0.0.3"}),
        "external_ids": {"y": "2", "z": "3"},
    }
    await client.transact(
        [insert("NB_Global", {"nb_cfg": 4}), mutate("NB_Global", (), [("nb_cfg", "+=", 3)])]
    )
    assert [row["nb_cfg"] for row in replica.tables["NB_Global"].values()] == [7]


async def test_an_update_of_our_own_is_applied_before_the_transaction_returns(server: Server) -> None:
    client = await connected(server, "OVN_Northbound")
    batches: list[Batch] = []
    await client.monitor({"Logical_Switch": ("name",)}, batches.append)
    replica = await Replica.follow(client, {"Logical_Switch": ("name",)})
    for number in range(200):
        (result,) = await client.transact([insert("Logical_Switch", {"name": f"s{number}"})])
        assert result.uuid is not None
        assert [change.uuid for change in batches[-1].changes] == [result.uuid]
        assert replica.tables["Logical_Switch"][result.uuid]["name"] == f"s{number}"
    moments = [batch.received_ns for batch in batches]
    assert moments == sorted(moments)


async def test_changes_of_others_arrive_too(server: Server) -> None:
    ours = await connected(server, "OVN_Northbound")
    theirs = await connected(server, "OVN_Northbound")
    replica = await Replica.follow(ours, {"Logical_Switch": ("name",)})
    gone = asyncio.get_running_loop().create_future()
    (made,) = await theirs.transact([insert("Logical_Switch", {"name": "theirs"})])
    assert made.uuid is not None

    def told(batch: Batch) -> None:
        for change in batch.changes:
            if change.uuid == made.uuid and change.new is None:
                gone.set_result(change.old)

    replica.subscribe(told)
    await theirs.transact([delete("Logical_Switch", made.uuid)])
    assert (await asyncio.wait_for(gone, 5))["name"] == "theirs"
    assert replica.tables == {"Logical_Switch": {}}


async def test_a_rejected_transaction_changes_nothing_and_blames_the_right_operation(server: Server) -> None:
    client = await connected(server, "OVN_Northbound")
    await client.transact([insert("NB_Global", {"nb_cfg": 1})])
    replica = await Replica.follow(client, {"Logical_Switch": ("name",)})
    switch = insert("Logical_Switch", {"name": "s"})
    with pytest.raises(TransactionError) as divided:
        await client.transact([switch, comment("x"), mutate("NB_Global", (), [("nb_cfg", "/=", 0)]), switch])
    assert (divided.value.index, divided.value.error) == (2, "domain error")
    assert replica.tables == {"Logical_Switch": {}}


async def test_a_failing_precondition_is_blamed_by_its_place(server: Server) -> None:
    client = await connected(server, "OVN_Northbound")
    switch = insert("Logical_Switch", {"name": "s"})
    with pytest.raises(TransactionError) as failed:
        await client.transact([switch, switch, wait("NB_Global", (), {"nb_cfg": 99}), switch])
    assert failed.value.index == 2
    (found,) = await client.transact([select("Logical_Switch", (), ["_uuid"])])
    assert found.rows == ()


@pytest.mark.parametrize(
    ("operations", "error"),
    [
        ([insert("Logical_Switch", {"ports": {NOBODY}})], "referential integrity violation"),
        (
            [insert("Address_Set", {"name": "twice"}), insert("Address_Set", {"name": "twice"})],
            "constraint violation",
        ),
    ],
)
async def test_what_only_the_commit_finds_blames_no_operation(
    server: Server, operations: list[Any], error: str
) -> None:
    client = await connected(server, "OVN_Northbound")
    with pytest.raises(TransactionError, match=error) as failed:
        await client.transact(operations)
    assert (failed.value.index, failed.value.error) == (None, error)
    assert failed.value.details


async def test_a_constraint_that_only_the_server_knows_is_blamed_by_its_place(
    make: Callable[[Path], Server], tmp_path: Path
) -> None:
    short = {"type": {"key": {"type": "string", "maxLength": 3}}}
    (tmp_path / "short.ovsschema").write_text(
        json.dumps(
            {"name": "Short", "version": "1.0.0", "tables": {"T": {"columns": {"c": short}, "isRoot": True}}}
        )
    )
    server = make(tmp_path / "short.ovsschema")
    server.start()
    client = await connected(server, "Short")
    with pytest.raises(TransactionError) as failed:
        await client.transact(
            [insert("T", {"c": "ok"}), insert("T", {"c": "too long"}), insert("T", {"c": "ok"})]
        )
    assert (failed.value.index, failed.value.error) == (1, "constraint violation")


async def test_a_malformed_operation_never_reaches_the_server(server: Server) -> None:
    client = await connected(server, "OVN_Northbound")
    with pytest.raises(
        InvalidOperation, match=r"ACL\.priority: found 99999, allowed: integer from 0 to 32767"
    ) as refused:
        await client.transact([insert("Logical_Switch", {"name": "s"}), insert("ACL", {"priority": 99_999})])
    assert refused.value.index == 1
    (found,) = await client.transact([select("Logical_Switch", (), ["_uuid"])])
    assert found.rows == ()


async def test_a_replica_is_whole_again_after_the_server_was_killed(server: Server) -> None:
    client = await connected(server, "OVN_Northbound")
    await client.transact([insert("Logical_Switch", {"name": "kept"})])
    replica = await Replica.follow(client, {"Logical_Switch": ("name",)})
    server.kill()
    assert isinstance(await asyncio.wait_for(client.closed, 5), ConnectionLost)
    with pytest.raises(ConnectionLost):
        await client.transact([comment("anybody there?")])

    server.start()
    again = await connected(server, "OVN_Northbound")
    followed = await Replica.follow(again, {"Logical_Switch": ("name",)})
    assert followed.tables == replica.tables
    await again.close()
    assert isinstance(await asyncio.wait_for(again.closed, 60), ConnectionLost)


async def test_a_paused_server_is_found_out(server: Server) -> None:
    client = await connected(server, "OVN_Northbound", probe=0.5)
    await client.transact([comment("awake")])
    server.send(signal.SIGSTOP)
    with pytest.raises(ConnectionLost, match="no sign of life"):
        await asyncio.wait_for(client.transact([comment("asleep")]), 60)


async def test_a_server_on_tcp_is_served_alike(make: Callable[[Path], Server]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = make(NORTHBOUND)
    server.start(f"--remote=ptcp:{port}:127.0.0.1")
    await (await connected(server, "OVN_Northbound")).close()
    client = await Client.connect(f"tcp:127.0.0.1:{port}", "OVN_Northbound")
    (result,) = await client.transact([insert("Logical_Switch", {"name": "s"})])
    assert result.uuid


async def test_an_unknown_database_is_named(server: Server) -> None:
    await connected(server, "OVN_Northbound")
    with pytest.raises(ConnectionFailed, match=r"no schema of database 'OVN_Nowhere'.*unknown database"):
        await Client.connect(server.endpoint, "OVN_Nowhere")


async def test_every_published_schema_is_understood() -> None:
    for path in (
        NORTHBOUND,
        NORTHBOUND.with_name("ovn-sb.ovsschema"),
        Path("/usr/share/openvswitch/vswitch.ovsschema"),
    ):
        schema = DatabaseSchema.parse(path.read_bytes())
        assert schema.tables
        assert all(table.columns for table in schema.tables.values())


async def test_commands_reach_the_daemon_and_refusals_come_back_in_its_words(server: Server) -> None:
    await connected(server, "OVN_Northbound")
    assert "ovsdb-server (Open vSwitch)" in await unixctl.call(server.control, "version")
    listed = await asyncio.to_thread(unixctl.call_blocking, server.control, "ovsdb-server/list-dbs")
    assert "OVN_Northbound" in listed
    with pytest.raises(UnixctlError, match='"nonsense" is not a valid command'):
        await unixctl.call(server.control, "nonsense")
