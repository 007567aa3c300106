"""The writer and the replica against a real Northbound database."""

import asyncio
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller import ovsdb
from controller.northbound.delta import Delta, differ
from controller.northbound.replica import Replica
from controller.northbound.rows import Place, Row, RowKey
from controller.northbound.writer import Writer
from controller.ovsdb import operations
from tests.system.private_ovsdb import Server

pytestmark = pytest.mark.system


@pytest.fixture
def northbound() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory))
        server.start()
        try:
            server.wait()
            yield server.endpoint
        finally:
            server.kill()


class World:
    """A client, a replica that follows through it, and a writer."""

    def __init__(self, client: ovsdb.Client) -> None:
        self.client = client
        self.replica = Replica()
        self.writer = Writer(self.replica)

    def differ(self, owner: str, *rows: Row) -> Delta:
        return Delta(owner, tuple(differ(owner, rows, self.replica)))

    async def ports_of(self, switch: str) -> frozenset[str]:
        (result,) = await self.client.transact(
            [operations.select("Logical_Switch", [("name", "==", switch)], ["ports"])]
        )
        return frozenset(result.rows[0]["ports"])  # type: ignore[arg-type]


@pytest.fixture
async def world(northbound: str) -> World:
    world = World(await ovsdb.Client.connect(northbound, "OVN_Northbound"))
    await world.replica.follow(world.client)
    return world


def switch(name: str) -> Row:
    return Row(RowKey("Logical_Switch", name), {})


def port(name: str, on: str, **columns: object) -> Row:
    return Row(RowKey("Logical_Switch_Port", name), columns, Place("Logical_Switch", on, "ports"))


async def test_a_switch_and_its_ports_may_come_in_one_transaction(world: World) -> None:
    written = await world.writer.commit(
        world.client,
        [
            world.differ("pod/a", port("a", "blue")),
            world.differ("pod/b", port("b", "blue")),
            world.differ("subnet/blue", switch("blue")),
        ],
    )
    assert (written.rejected, written.deferred) == ([], [])
    assert world.writer.tally.transactions == 1
    uuids = {world.replica.uuid(RowKey("Logical_Switch_Port", name)) for name in "ab"}
    assert await world.ports_of("blue") == uuids


async def test_the_replica_knows_what_was_written_when_commit_returns(world: World) -> None:
    await world.writer.commit(world.client, [world.differ("subnet/blue", switch("blue"))])
    assert world.differ("subnet/blue", switch("blue")).changes == ()


async def test_a_port_leaves_its_switch_and_is_gone(world: World) -> None:
    await world.writer.commit(
        world.client, [world.differ("subnet/blue", switch("blue")), world.differ("pod/a", port("a", "blue"))]
    )
    await world.writer.commit(world.client, [world.differ("pod/a")])
    assert world.replica.uuid(RowKey("Logical_Switch_Port", "a")) is None
    assert await world.ports_of("blue") == frozenset()


async def test_a_port_moves_and_keeps_its_row(world: World) -> None:
    await world.writer.commit(
        world.client,
        [
            world.differ("subnet/blue", switch("blue")),
            world.differ("subnet/red", switch("red")),
            world.differ("pod/a", port("a", "blue")),
        ],
    )
    before = world.replica.uuid(RowKey("Logical_Switch_Port", "a"))
    await world.writer.commit(world.client, [world.differ("pod/a", port("a", "red"))])
    assert await world.ports_of("red") == {before}
    assert await world.ports_of("blue") == frozenset()
    assert world.differ("pod/a", port("a", "red")).changes == ()


async def test_a_port_and_its_switch_may_go_in_one_transaction(world: World) -> None:
    await world.writer.commit(
        world.client, [world.differ("subnet/blue", switch("blue")), world.differ("pod/a", port("a", "blue"))]
    )
    written = await world.writer.commit(world.client, [world.differ("subnet/blue"), world.differ("pod/a")])
    assert written.rejected == []
    assert len(world.replica) == 0


async def test_what_nb_refuses_leaves_the_rest_of_its_batch_unharmed(world: World) -> None:
    await world.client.transact([operations.insert("Logical_Switch", {"name": "s"})])
    good = [world.differ(f"pod/p{number}", port(f"p{number}", "s")) for number in range(50)]
    # Two owners that want a port of one name: NB finds that at commit, and blames no operation.
    twins = [world.differ("pod/x", port("twin", "s")), world.differ("pod/y", port("twin", "s"))]
    written = await world.writer.commit(world.client, [*good[:25], *twins, *good[25:]])
    assert len(written.rejected) == 1
    assert written.rejected[0].owner in {"pod/x", "pod/y"}
    assert "twin" in written.rejected[0].reason
    assert len(written.committed) == 51


async def test_what_nb_refuses_at_once_is_blamed_on_its_owner(world: World) -> None:
    bad = world.differ("pod/bad", port("bad", "s", tag=99_999))
    router = world.differ("vpc/r", Row(RowKey("Logical_Router", "r"), {}))
    written = await world.writer.commit(world.client, [router, bad, world.differ("subnet/s", switch("s"))])
    assert [entry.owner for entry in written.rejected] == ["pod/bad"]
    assert "tag" in written.rejected[0].reason
    assert sorted(written.committed) == ["subnet/s", "vpc/r"]


async def test_a_port_whose_switch_is_not_there_waits_and_holds_nobody_up(world: World) -> None:
    written = await world.writer.commit(
        world.client, [world.differ("pod/a", port("a", "blue")), world.differ("subnet/red", switch("red"))]
    )
    assert [(entry.owner, entry.awaited.name) for entry in written.deferred] == [("pod/a", "blue")]
    assert written.committed == ["subnet/red"]


async def test_a_row_of_somebody_else_is_neither_taken_nor_touched(world: World) -> None:
    await world.client.transact(
        [
            operations.insert("Logical_Switch", {"name": "s", "ports": frozenset((ovsdb.NamedUUID("p"),))}),
            operations.insert("Logical_Switch_Port", {"name": "theirs"}, "p"),
        ]
    )
    written = await world.writer.commit(world.client, [world.differ("pod/a", port("theirs", "s"))])
    assert [entry.owner for entry in written.rejected] == ["pod/a"]


async def test_a_port_whose_switch_somebody_took_away_meanwhile_is_missed(world: World) -> None:
    await world.writer.commit(world.client, [world.differ("subnet/blue", switch("blue"))])
    late = world.differ("pod/a", port("a", "blue"))
    router = world.differ("vpc/r", Row(RowKey("Logical_Router", "r"), {}))
    delete = '["OVN_Northbound", {"op": "delete", "table": "Logical_Switch", "where": []}]'
    # While this runs nothing else does, so the replica has not heard of it when the commit begins.
    command = ["ovsdb-client", "transact", world.client.endpoint, delete]
    subprocess.run(command, check=True)  # noqa: ASYNC221
    written = await world.writer.commit(world.client, [router, late])
    assert (written.missed, written.committed) == (["pod/a"], ["vpc/r"])
    assert world.replica.uuid(RowKey("Logical_Switch_Port", "a")) is None


async def test_a_bulk_becomes_few_transactions(world: World) -> None:
    deltas = [world.differ("subnet/s", switch("s"))]
    deltas += [world.differ(f"pod/p{number}", port(f"p{number}", "s")) for number in range(10_000)]
    await world.writer.commit(world.client, deltas)
    assert world.writer.tally.transactions == 11
    assert world.writer.tally.rows_inserted == 10_001
    assert len(await world.ports_of("s")) == 10_000


async def test_a_transaction_of_a_bulk_waits_for_rows_of_the_one_before(world: World) -> None:
    fillers = [world.differ(f"subnet/f{number}", switch(f"f{number}")) for number in range(999)]
    deltas = [*fillers, world.differ("subnet/late", switch("late")), world.differ("pod/a", port("a", "late"))]
    written = await world.writer.commit(world.client, deltas)
    assert (written.deferred, written.rejected) == ([], [])
    assert len(written.committed) == 1_001
    assert len(await world.ports_of("late")) == 1


async def test_a_commit_that_loses_nb_says_so_and_leaves_nothing_running(
    world: World, northbound: str
) -> None:
    deltas = [world.differ(f"subnet/s{number}", switch(f"s{number}")) for number in range(3_000)]
    commit = asyncio.create_task(world.writer.commit(world.client, deltas))
    await asyncio.sleep(0)
    await world.client.close()
    with pytest.raises(ovsdb.ConnectionLost):
        await commit
    assert asyncio.all_tasks() == {asyncio.current_task()}
