"""The daemon's way to a switch's database: one diff, few transactions, one owner blamed, nothing lost by a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.daemon.errors import Refused
from controller.daemon.ports import Port, Present
from controller.daemon.switch import Switch
from controller.ovsdb import Atom, Client, NamedUUID, operations
from tests.system.private_ovsdb import Server

pytestmark = pytest.mark.system

SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")
WITHIN_S = 60.0


def port(name: str, **ids: str) -> Port:
    return Port(f"p-{name}", f"{name}.default", "dummy", ids={"pod_uid": name, **ids})


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A database with br-int, on which is a port of somebody else's."""
    private = Server(tmp_path, SCHEMA)
    private.start()
    async with asyncio.timeout(WITHIN_S):
        while not (tmp_path / "db.sock").exists():  # noqa: ASYNC110 - a file sets no event of ours
            await asyncio.sleep(0.01)
    client = await Client.connect(private.endpoint, "Open_vSwitch")
    ids: dict[Atom, Atom] = {"iface-id": "theirs.default"}
    await client.transact(
        [
            operations.insert("Interface", {"name": "theirs", "external_ids": ids}, uuid_name="i"),
            operations.insert("Port", {"name": "theirs", "interfaces": {NamedUUID("i")}}, uuid_name="p"),
            operations.insert("Bridge", {"name": "br-int", "ports": {NamedUUID("p")}}, uuid_name="b"),
            operations.insert("Open_vSwitch", {"bridges": {NamedUUID("b")}}),
        ]
    )
    await client.close()
    yield private
    private.kill()


def nobody(_: Present) -> bool:
    return False


@asynccontextmanager
async def serving(server: Server, adopt: Callable[[Present], bool] = nobody) -> AsyncIterator[Switch]:
    switch = Switch(server.endpoint)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(switch.run(adopt, _at_once))
        async with asyncio.timeout(WITHIN_S):
            await switch.verified.wait()
            yield switch
        running.cancel()


async def _at_once() -> None:
    return


async def rows(server: Server) -> dict[str, dict[str, Any]]:
    """The interfaces of ports on br-int, by name."""
    client = await Client.connect(server.endpoint, "Open_vSwitch")
    columns = ["_uuid", "name", "external_ids"]
    (found,) = await client.transact([operations.select("Interface", (), columns)])
    await client.close()
    return {str(row["name"]): row.unpack() for row in found.rows}


async def set_ids(server: Server, name: str, ids: dict[str, str]) -> None:
    client = await Client.connect(server.endpoint, "Open_vSwitch")
    where = [("name", "==", name)]
    await client.transact([operations.mutate("Interface", where, [("external_ids", "insert", ids)])])
    await client.close()


async def test_many_ports_are_few_transactions(server: Server) -> None:
    async with serving(server) as switch:
        await asyncio.gather(*(switch.want(port(str(number))) for number in range(100)))
        assert switch.transactions <= 2
    assert len(await rows(server)) == 101


async def test_what_is_wanted_twice_is_written_once(server: Server) -> None:
    async with serving(server) as switch:
        await switch.want(port("a"))
        await switch.want(port("a"))
        assert switch.transactions == 1


async def test_a_refused_port_is_blamed_and_the_others_are_written(server: Server) -> None:
    async with serving(server) as switch:
        taken = Port("theirs", "b.default", "dummy")
        outcomes = await asyncio.gather(
            switch.want(port("a")), switch.want(taken), switch.want(port("c")), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [type(None), Refused, type(None)]
        assert {"p-a", "p-c"} <= set(await rows(server))


async def test_ports_of_others_are_never_touched(server: Server) -> None:
    before = (await rows(server))["theirs"]
    async with serving(server) as switch:
        await switch.unwant("theirs.default")
        await switch.want(port("a"))
    assert (await rows(server))["theirs"] == before


async def test_a_restart_keeps_what_is_needed_writes_nothing_for_it_and_removes_the_rest(
    server: Server,
) -> None:
    async with serving(server) as switch:
        await asyncio.gather(switch.want(port("needed")), switch.want(port("stale")))
    before = await rows(server)

    def needed(present: Present) -> bool:
        return present.external_ids["pod_uid"] == "needed"

    async with serving(server, needed) as switch:
        assert switch.transactions == 1
        assert set(await rows(server)) == {"theirs", "p-needed"}
    async with serving(server, needed) as switch:
        await switch.want(port("needed"))
        assert switch.transactions == 0
        assert (await rows(server))["p-needed"] == before["p-needed"]


async def test_a_database_that_is_killed_gets_what_it_missed(server: Server) -> None:
    async with serving(server) as switch:
        server.kill()
        waiting = switch.want(port("a"))
        server.start()
        await waiting
        assert "p-a" in await rows(server)


async def test_installed_is_told_when_ovn_says_so_and_at_once_if_it_has(server: Server) -> None:
    async with serving(server) as switch:
        await switch.want(port("a"))
        waiting = asyncio.ensure_future(switch.installed(port("a"), 1))
        await set_ids(server, "p-a", {"ovn-installed": "true", "ovn-installed-ts": "17"})
        first = await waiting
        assert first.reported_ms == 17
        assert first.seen_ns > 1
        assert (await switch.installed(port("a"), 2)).seen_ns == 2


async def test_a_device_that_the_switch_cannot_open_is_told(server: Server) -> None:
    async with serving(server) as switch:
        await switch.want(port("a"))
        waiting = asyncio.ensure_future(switch.installed(port("a"), 1))
        client = await Client.connect(server.endpoint, "Open_vSwitch")
        where = [("name", "==", "p-a")]
        await client.transact([operations.update("Interface", where, {"error": "no such device"})])
        await client.close()
        with pytest.raises(Refused, match="cannot open p-a: no such device"):
            await waiting
