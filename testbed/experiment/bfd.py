"""How often chassis ask each other whether they live, and after how many silences one counts as dead.

OVN starts BFD on the tunnels of chassis that may be gateways; NB_Global's options (ovn-nb(5)) set its pace for all of
them, also while it runs.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping

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
    """Wait until every session of every node is up and at that pace; raises ``TimeoutError`` naming those that are not.

    A session starts at a message a second and hastens once both ends are up (RFC 5880, 6.8.3): a gateway that is lost
    before that is missed much later than one that has been there for long.
    """
    late: list[str] = []
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                late = [
                    f"{node.name} {session}"
                    for node in cluster.nodes
                    for session in out_of_step(
                        await unixctl.call(str(node.switch.control), "bfd/show"), interval_ms
                    )
                ]
                if not late:
                    return
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise TimeoutError(
            f"BFD is not at {interval_ms} ms after {timeout_s:g} s: {', '.join(late)}"
        ) from None


def out_of_step(shown: str, interval_ms: int) -> Iterator[str]:
    """The sessions in the output of ``bfd/show`` that are not up or slower than that."""
    parts = _SESSION.split(shown)[1:]
    for name, said in zip(parts[::2], parts[1::2], strict=True):
        intervals = [int(found) for found in _INTERVAL.findall(said)]
        if _UP not in said or not intervals or max(intervals) > interval_ms:
            yield name
