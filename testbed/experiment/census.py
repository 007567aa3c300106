"""How much of everything a cluster holds, so that it can be said what is left of changes that were all undone.

Whatever was made and taken away again must leave no row in NB or SB, no port on a node, no address that is still taken,
no member of a set and no flow. Rows are counted by table, since those that stay may be other ones: pods of a
StatefulSet are the same by name alone.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from controller import ovsdb
from controller.api.kinds import IPS, SUBNETS
from controller.ovsdb import operations
from testbed.measure import flows

if TYPE_CHECKING:
    from testbed.experiment.bed import Bed

LOOK_AGAIN_S = 1.0
"""Between two looks at a cluster that is not yet as it was."""

MEMBERS: Mapping[str, str] = {"Address_Set": "addresses", "Port_Group": "ports"}
"""Tables whose rows stay while what is in them comes and goes, with the column that it is in."""


class Held(NamedTuple):
    """One thing that is counted: a sort (``rows``, ``addresses``, ``flows``), where, and what of it."""

    sort: str
    where: str
    what: str


Census = Counter[Held]


@dataclass(frozen=True)
class _Database:
    name: str
    schema: str
    endpoint: str
    tables: tuple[str, ...] = ()
    """Empty: all."""


async def take(bed: Bed) -> Census:
    """Count everything now. Raises what the databases, the API and the switches raise."""
    databases = await asyncio.gather(*(_of_database(entry) for entry in _databases(bed)))
    found: Census = Counter()
    for counts in databases:
        found.update(counts)
    found[Held("addresses", "api", "records")] = len((await bed.api.list(IPS)).items)
    subnets = (await bed.api.list(SUBNETS)).items
    taken = sum(entry.status.v4_using_ips + entry.status.v6_using_ips for entry in subnets)
    found[Held("addresses", "api", "in use by subnets")] = int(taken)
    for node, held in (await flows.count(bed.cluster.nodes)).items():
        found[Held("flows", node, "br-int")] = held
    return found


async def until_as_before(bed: Bed, before: Census, patience: float) -> Census:
    """Count until all is as it was, for ``patience`` seconds at most; gives the last count."""
    deadline = time.monotonic() + patience
    while True:
        now = await take(bed)
        if now == before or time.monotonic() > deadline:
            return now
        await asyncio.sleep(LOOK_AGAIN_S)


def _databases(bed: Bed) -> Iterator[_Database]:
    central = bed.cluster.central
    yield _Database("nb", "OVN_Northbound", central.northbound)
    yield _Database("sb", "OVN_Southbound", central.southbound)
    for node in bed.cluster.nodes:
        yield _Database(node.name, "Open_vSwitch", node.database, ("Port", "Interface"))


async def _of_database(database: _Database) -> Census:
    client = await ovsdb.Client.connect(database.endpoint, database.schema)
    try:
        tables = database.tables or tuple(sorted(client.schema.tables))
        selects = [operations.select(table, [], _columns(table)) for table in tables]
        results = await client.transact(selects)
    finally:
        await client.close()
    found: Census = Counter()
    for table, result in zip(tables, results, strict=True):
        found[Held("rows", database.name, table)] = len(result.rows)
        if table in MEMBERS:
            members = sum(_size(row[MEMBERS[table]]) for row in result.rows)
            found[Held("addresses", database.name, f"{table}.{MEMBERS[table]}")] = members
    return found


def _columns(table: str) -> tuple[str, ...]:
    return ("_uuid", MEMBERS[table]) if table in MEMBERS else ("_uuid",)


def _size(members: Any) -> int:
    return len(members) if isinstance(members, (frozenset, tuple, list, set)) else int(bool(members))
