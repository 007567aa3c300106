"""How often chassis ask each other whether they live, and after how many silences one counts as dead.

OVN starts BFD on the tunnels of chassis that may be gateways; NB_Global's options (ovn-nb(5)) set its pace for all of
them, also while it runs.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping

from controller import ovsdb
from controller.ovsdb import operations, unixctl
from testbed.cluster import Cluster

DATABASE = "OVN_Northbound"
OPTIONS = ("bfd-min-rx", "bfd-min-tx", "bfd-mult")
POLL_S = 0.1

_SESSION = re.compile(r"^---- (\S+) ----$", re.MULTILINE)
_INTERVAL = re.compile(r"^  [RT]X Interval: Approx (\d+)ms$", re.MULTILINE)
_UP = "Local Session State: up"


async def set_pace(cluster: Cluster, interval_ms: int, multiplier: int) -> None:
    """Every ``interval_ms`` in both directions; dead after ``multiplier`` intervals without a word."""
    client = await ovsdb.Client.connect(cluster.central.northbound, DATABASE)
    try:
        (found,) = await client.transact([operations.select("NB_Global", [], ["_uuid", "options"])])
        uuid, present = found.rows[0].pick("_uuid", "options")
        assert isinstance(uuid, ovsdb.UUID)
        assert isinstance(present, Mapping)
        options = dict(present)
        for name, value in zip(OPTIONS, (interval_ms, interval_ms, multiplier), strict=True):
            options[name] = str(value)
        await client.transact([operations.update("NB_Global", uuid, {"options": options})])
    finally:
        await client.close()


async def until_in_step(cluster: Cluster, interval_ms: int, timeout_s: float) -> None:
    """Wait until each node has sessions, all up and at that pace; raises ``TimeoutError`` naming those that are not.

    A session starts at a message a second and hastens once both ends are up (RFC 5880, 6.8.3): a gateway that is lost
    before that is missed much later than one that has been there for long.
    """

    def late(shown: str) -> list[str]:
        return list(out_of_step(shown, interval_ms)) if sessions(shown) else ["has none"]

    await _until_none(cluster, late, timeout_s, f"BFD is not at {interval_ms} ms")


async def until_silent(cluster: Cluster, timeout_s: float) -> None:
    """Wait until no node has a session any more; raises ``TimeoutError`` naming those that there are."""
    await _until_none(cluster, lambda shown: list(sessions(shown)), timeout_s, "BFD goes on")


async def _until_none(
    cluster: Cluster, find: Callable[[str], list[str]], timeout_s: float, fault: str
) -> None:
    left: list[str] = []
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                left = [
                    f"{node.name} {found}"
                    for node in cluster.nodes
                    for found in find(await unixctl.call(str(node.switch.control), "bfd/show"))
                ]
                if not left:
                    return
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise TimeoutError(f"{fault} after {timeout_s:g} s: {', '.join(left)}") from None


def sessions(shown: str) -> dict[str, str]:
    """What the output of ``bfd/show`` says of each session."""
    parts = _SESSION.split(shown)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def out_of_step(shown: str, interval_ms: int) -> Iterator[str]:
    """The sessions in the output of ``bfd/show`` that are not up or slower than that."""
    for name, said in sessions(shown).items():
        intervals = [int(found) for found in _INTERVAL.findall(said)]
        if _UP not in said or not intervals or max(intervals) > interval_ms:
            yield name
