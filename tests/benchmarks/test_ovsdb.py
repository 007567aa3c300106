"""What the OVSDB client costs beside the barest way to do the same, and beside the usual Python library.

The ways are run one after the other in the same test, round by round, and only ratios are judged. Of each way the best
round counts: what others do on the machine can only make a round slower.
"""

import asyncio
import gc
import socket
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ovsdbapp.backend.ovs_idl import connection as idl_connection
from ovsdbapp.schema.ovn_northbound.impl_idl import OvnNbApiIdlImpl
from pytest_benchmark.fixture import BenchmarkFixture

from controller.ovsdb import Client, ConnectionFailed, NamedUUID, Replica
from controller.ovsdb.framing import Splitter
from controller.ovsdb.operations import Operation, insert, mutate
from tests.system.private_ovsdb import Server

pytestmark = pytest.mark.bench

PODS = 10_000
A_TRANSACTION = 1_000
PODS_ONE_BY_ONE = 400
ROUNDS = 5


@contextmanager
def northbound() -> Iterator[Server]:
    """An empty NB that accepts connections."""
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory))
        server.start()
        try:
            asyncio.run(_listening(server))
            yield server
        finally:
            server.kill()


async def _listening(server: Server) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                client = await Client.connect(server.endpoint, "OVN_Northbound")
            except ConnectionFailed:
                await asyncio.sleep(0.01)  # nothing tells of a socket that is about to listen
                continue
            await client.transact([insert("Logical_Switch", {"name": "s"})])
            return await client.close()


def address(number: int) -> str:
    return f"0a:00:00:00:{number >> 8:02x}:{number & 255:02x} 10.0.{number >> 8}.{number & 255}"


def bare(server: Server) -> float:
    """Dictionaries in the form of the wire, encoded and sent, one transaction at a time: pods a second."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(server.endpoint.removeprefix("unix:"))
        started = time.perf_counter()
        for first in range(0, PODS, A_TRANSACTION):
            operations: list[dict[str, Any]] = [
                {
                    "op": "insert",
                    "table": "Logical_Switch_Port",
                    "uuid-name": f"p{number}",
                    "row": {
                        "name": f"pod-{number}.ns",
                        "addresses": address(number),
                        "port_security": address(number),
                        "external_ids": ["map", [["pod", f"ns/pod-{number}"], ["ls", "s"]]],
                        "options": ["map", [["requested-chassis", "node1"]]],
                    },
                }
                for number in range(first, first + A_TRANSACTION)
            ]
            ports = [["named-uuid", f"p{number}"] for number in range(first, first + A_TRANSACTION)]
            operations.append(
                {
                    "op": "mutate",
                    "table": "Logical_Switch",
                    "where": [["name", "==", "s"]],
                    "mutations": [["ports", "insert", ["set", ports]]],
                }
            )
            request = {"method": "transact", "params": ["OVN_Northbound", *operations], "id": first}
            connection.sendall(msgspec.json.encode(request))
            splitter = Splitter()
            replies: list[bytes] = []
            while not replies:
                replies = splitter.feed(connection.recv(1 << 18))
            assert b'"error":null' in replies[0]
        return PODS / (time.perf_counter() - started)


async def ours(server: Server) -> float:
    """Operations in Python values, checked by the schema and sent by the client: pods a second."""
    client = await Client.connect(server.endpoint, "OVN_Northbound")
    started = time.perf_counter()
    for first in range(0, PODS, A_TRANSACTION):
        numbers = range(first, first + A_TRANSACTION)
        operations: list[Operation] = [
            insert(
                "Logical_Switch_Port",
                {
                    "name": f"pod-{number}.ns",
                    "addresses": (address(number),),
                    "port_security": (address(number),),
                    "external_ids": {"pod": f"ns/pod-{number}", "ls": "s"},
                    "options": {"requested-chassis": "node1"},
                },
                f"p{number}",
            )
            for number in numbers
        ]
        ports = [NamedUUID(f"p{number}") for number in numbers]
        operations.append(mutate("Logical_Switch", [("name", "==", "s")], [("ports", "insert", ports)]))
        await client.transact(operations)
    rate = PODS / (time.perf_counter() - started)
    await client.close()
    return rate


def one_by_one(server: Server) -> float:
    """ovsdbapp, one transaction a pod: pods a second."""

    class Northbound(OvnNbApiIdlImpl):  # type: ignore[misc] # the library keeps one connection a class
        pass

    idl = idl_connection.OvsdbIdl.from_server(server.endpoint, "OVN_Northbound")
    connection = idl_connection.Connection(idl, timeout=60)
    api = Northbound(connection)
    try:
        started = time.perf_counter()
        for number in range(PODS_ONE_BY_ONE):
            with api.transaction(check_error=True) as transaction:
                transaction.add(
                    api.lsp_add(
                        "s",
                        f"pod-{number}.ns",
                        addresses=[address(number)],
                        port_security=[address(number)],
                        options={"requested-chassis": "node1"},
                        external_ids={"pod": f"ns/pod-{number}", "ls": "s"},
                    )
                )
        return PODS_ONE_BY_ONE / (time.perf_counter() - started)
    finally:
        connection.stop()


def test_a_bulk_insert_beside_the_barest_and_beside_ovsdbapp(benchmark: BenchmarkFixture) -> None:
    """10,000 pods, 1,000 a transaction, against bare JSON; 400 pods, one a transaction, by ovsdbapp."""

    def measure() -> dict[str, Any]:
        rates: dict[str, list[float]] = {"bare": [], "ours": [], "ovsdbapp": []}
        for _ in range(ROUNDS):
            with northbound() as server:
                rates["bare"].append(bare(server))
            with northbound() as server:
                rates["ours"].append(asyncio.run(ours(server)))
            with northbound() as server:
                rates["ovsdbapp"].append(one_by_one(server))
        best = {way: max(found) for way, found in rates.items()}
        return {f"{way}_pods_per_s": round(rate) for way, rate in best.items()} | {
            "ours_over_bare": round(best["ours"] / best["bare"], 2),
            "ours_over_ovsdbapp": round(best["ours"] / best["ovsdbapp"], 1),
        }

    figures = benchmark.pedantic(measure, rounds=1)
    benchmark.extra_info |= figures
    print(figures)
    assert figures["ours_over_bare"] >= 0.5
    assert figures["ours_over_ovsdbapp"] >= 20


def test_a_replica_beside_plain_dictionaries(benchmark: BenchmarkFixture) -> None:
    """10,000 ports monitored: memory beside the same rows as dictionaries of Python values."""

    async def measure(server: Server) -> dict[str, Any]:
        await ours(server)
        client = await Client.connect(server.endpoint, "OVN_Northbound")
        started = time.perf_counter()
        await Replica.follow(client, {"Logical_Switch_Port": ()})
        followed = time.perf_counter() - started
        gc.collect()
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            replica = await Replica.follow(client, {"Logical_Switch_Port": ()})
            gc.collect()
            kept = tracemalloc.get_traced_memory()[0] - before
            before, _ = tracemalloc.get_traced_memory()
            unpacked = {uuid: row.unpack() for uuid, row in replica.tables["Logical_Switch_Port"].items()}
            as_values = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert len(unpacked) == PODS
        await client.close()
        return {
            "rows_followed_per_s": round(PODS / followed),
            "bytes_a_row": round(kept / PODS),
            "bytes_a_row_as_values": round(as_values / PODS),
        }

    with northbound() as server:
        figures = benchmark.pedantic(lambda: asyncio.run(measure(server)), rounds=1)
    benchmark.extra_info |= figures
    print(figures)
    assert figures["bytes_a_row"] < 0.5 * figures["bytes_a_row_as_values"]


def test_finding_the_end_of_a_long_message_beside_decoding_it(benchmark: BenchmarkFixture) -> None:
    """A reply of about 30 MB in pieces of 256 KiB: the search costs less than the decoding."""
    row = {
        "match": 'inport == "a" && {ip4.dst, "}"}',
        "external_ids": ["map", [["a", "b"], ["c", "d"]]],
        "priority": 9,
    }
    message = msgspec.json.encode(
        {"id": 1, "error": None, "result": {str(n): {"initial": row} for n in range(200_000)}}
    )
    pieces = [message[at : at + (1 << 18)] for at in range(0, len(message), 1 << 18)]

    def search() -> float:
        splitter = Splitter()
        started = time.perf_counter()
        found = [whole for piece in pieces for whole in splitter.feed(piece)]
        assert found == [message]
        return time.perf_counter() - started

    def decode() -> float:
        started = time.perf_counter()
        msgspec.json.decode(message)
        return time.perf_counter() - started

    def measure() -> dict[str, float]:
        rounds = [(search(), decode()) for _ in range(ROUNDS)]
        searched, decoded = (min(times) for times in zip(*rounds, strict=True))
        return {
            "megabytes": round(len(message) / 1e6, 1),
            "search_ns_a_byte": round(searched / len(message) * 1e9, 2),
            "search_over_decode": round(searched / decoded, 2),
        }

    figures = benchmark.pedantic(measure, rounds=1)
    benchmark.extra_info |= figures
    print(figures)
    assert figures["search_over_decode"] < 1
