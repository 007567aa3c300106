"""NB as somebody sees it who is not the controller: what is in it, what others write to it, and its loss."""

from __future__ import annotations

from collections import Counter
from typing import Any

from controller import ovsdb
from controller.northbound.rows import KEY, NAMED, OWNER, VENDOR, VENDOR_NAME
from controller.ovsdb import operations

PORTS = "Logical_Switch_Port"
ROOTS = ("Logical_Switch", "Logical_Router", "Address_Set", "Port_Group", "DHCP_Options")
"""The tables of a pod network whose rows exist by themselves; what only hangs in them goes with them."""
OURS = {VENDOR: VENDOR_NAME}

Port = tuple[str, ...]
"""MAC and addresses of a port."""


class Northbound:
    """A connection of somebody else's."""

    def __init__(self, client: ovsdb.Client) -> None:
        self._client = client

    @classmethod
    async def connect(cls, endpoint: str) -> Northbound:
        """To an NB that is there."""
        return cls(await ovsdb.Client.connect(endpoint, "OVN_Northbound", probe=0))

    async def close(self) -> None:
        """Ends the connection."""
        await self._client.close()

    async def lose(self) -> None:
        """Everything goes."""
        await self._client.transact([operations.delete(table, ()) for table in ROOTS])

    async def ports(self) -> dict[str, Port]:
        """What each port has, by its name."""
        rows = await self._rows(PORTS, "name", "addresses")
        return {row["name"]: _port(row["addresses"]) for row in rows}

    async def sets(self) -> dict[str, set[str]]:
        """The address sets that have members."""
        rows = await self._rows("Address_Set", "name", "addresses")
        return {row["name"]: set(row["addresses"]) for row in rows if row["addresses"]}

    async def owners(self) -> Counter[tuple[str, str, str]]:
        """How many rows there are of each table, name and owner, of those that are marked as the controller's."""
        found: Counter[tuple[str, str, str]] = Counter()
        for table in (
            *ROOTS,
            PORTS,
            "Logical_Router_Port",
            "Logical_Router_Policy",
            "Logical_Router_Static_Route",
        ):
            is_named = table in NAMED
            columns = ("name", "external_ids") if is_named else ("external_ids",)
            for row in await self._rows(table, *columns):
                labels = row["external_ids"]
                if labels.get(VENDOR) == VENDOR_NAME:
                    name = row["name"] if is_named else labels.get(KEY, "")
                    found[table, name, labels.get(OWNER, "")] += 1
        return found

    async def foreign(self) -> list[Any]:
        """What others have written, as it is now."""
        found = []
        for table in ("Logical_Switch", "Logical_Router", PORTS, "Address_Set", "Logical_Router_Policy"):
            names = [name for name in self._client.schema.table(table).columns if name != "_version"]
            found += [
                (table, *(str(row[name]) for name in sorted(names)))
                for row in await self._rows(table, *names)
                if row["external_ids"].get(VENDOR) != VENDOR_NAME
            ]
        return sorted(found)

    async def write_foreign(self) -> None:
        """What somebody else has in the same database: their own switch and router, whose ports have addresses."""
        theirs: Any = {"owner": "pod/default/theirs", "vendor": "somebody"}
        port, policy = ovsdb.NamedUUID("port"), ovsdb.NamedUUID("policy")
        await self._client.transact(
            [
                operations.insert(
                    PORTS,
                    {"name": "theirs", "addresses": frozenset(("0a:00:00:00:00:01 10.16.0.9",))},
                    "port",
                ),
                operations.insert(
                    "Logical_Switch", {"name": "theirs", "ports": frozenset((port,)), "external_ids": theirs}
                ),
                operations.insert(
                    "Logical_Router_Policy", {"priority": 1, "match": "ip4", "action": "allow"}, "policy"
                ),
                operations.insert("Logical_Router", {"name": "theirs", "policies": frozenset((policy,))}),
                operations.insert("Address_Set", {"name": "theirs", "addresses": frozenset(("10.16.0.3",))}),
            ]
        )

    async def blank(self, port: str) -> None:
        """Somebody empties a port's addresses."""
        await self._client.transact(
            [operations.update(PORTS, [("name", "==", port)], {"addresses": frozenset()})]
        )

    async def remove(self, switch: str, port: str) -> None:
        """Somebody takes a port out of its switch."""
        for row in await self._rows(PORTS, "name", "_uuid"):
            if row["name"] == port:
                gone = frozenset((row["_uuid"],))
                where = [("name", "==", switch)]
                await self._client.transact(
                    [operations.mutate("Logical_Switch", where, [("ports", "delete", gone)])]
                )

    async def double_policies(self) -> None:
        """Every policy of the controller's is there twice."""
        columns = ("priority", "match", "action", "nexthops", "external_ids")
        ours = [
            row
            for row in await self._rows("Logical_Router_Policy", *columns)
            if row["external_ids"].get(VENDOR) == VENDOR_NAME
        ]
        doubles = [
            operations.insert(
                "Logical_Router_Policy", {name: row[name] for name in columns}, f"double{number}"
            )
            for number, row in enumerate(ours)
        ]
        names = frozenset(ovsdb.NamedUUID(f"double{number}") for number in range(len(doubles)))
        if doubles:
            into = operations.mutate(
                "Logical_Router", [("name", "==", "ovn-cluster")], [("policies", "insert", names)]
            )
            await self._client.transact([*doubles, into])

    async def haunt(self, switch: str, mac: str, address: str) -> None:
        """A port of a pod that nobody knows of is left over in a switch, with its address in every address set."""
        labels = {
            **OURS,
            OWNER: "pod/default/ghost",
            "parent": f"Logical_Switch/ports/{switch}",
            "pod": "default/ghost",
            "ls": switch,
        }
        row: dict[str, Any] = {
            "name": "ghost.default",
            "addresses": frozenset((f"{mac} {address}",)),
            "external_ids": labels,
        }
        ghost = frozenset((ovsdb.NamedUUID("ghost"),))
        await self._client.transact(
            [
                operations.insert(PORTS, row, "ghost"),
                operations.mutate("Logical_Switch", [("name", "==", switch)], [("ports", "insert", ghost)]),
                operations.mutate(
                    "Address_Set",
                    [("name", "!=", "theirs")],
                    [("addresses", "insert", frozenset((address,)))],
                ),
            ]
        )

    async def _rows(self, table: str, *columns: str) -> list[Any]:
        (result,) = await self._client.transact([operations.select(table, (), list({*columns, "_uuid"}))])
        return [row.unpack() for row in result.rows]


def _port(addresses: Any) -> Port:
    return tuple(next(iter(addresses), "").split())
