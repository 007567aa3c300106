"""Bulk becomes few transactions, a single change waits for nothing, and an NB that does not answer holds up no one."""

import asyncio
import signal

import pytest

from controller import ovsdb
from controller.api.kinds import EVENTS, PODS
from controller.kubernetes import Client
from controller.ovsdb import operations
from tests.system.chain import Chain
from tests.system.chained import a_pod, allocated, create, ports, settled
from tests.waiting import until

pytestmark = pytest.mark.system


async def create_all(api: Client, count: int) -> None:
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await create(api, a_pod(f"p{number}"))

    await asyncio.gather(*(worker() for _ in range(16)))


async def heard_of(chain: Chain, pods: int) -> None:
    async def check() -> bool:
        return (await chain.counters())["state"]["pods"] == pods

    await until(check, f"the controller knows {pods} pods")


async def written(chain: Chain, nb: ovsdb.Client, pods: int) -> None:
    async def check() -> bool:
        return sum(name.endswith(".default") for name in await ports(nb)) == pods

    await until(check, f"{pods} ports", within_s=110)
    await settled(chain)


def pause(chain: Chain) -> None:
    chain.processes["nb"].send_signal(signal.SIGSTOP)


def resume(chain: Chain) -> None:
    chain.processes["nb"].send_signal(signal.SIGCONT)


async def test_what_comes_while_nb_is_slow_is_heard_and_goes_together(
    chain: Chain, api: Client, nb: ovsdb.Client
) -> None:
    before = (await settled(chain))["northbound"]
    pause(chain)
    await create_all(api, 600)
    await heard_of(chain, 600)
    resume(chain)
    await written(chain, nb, 600)
    after = (await settled(chain))["northbound"]
    assert after["rows_inserted"] - before["rows_inserted"] == 600
    assert after["transactions"] - before["transactions"] <= 10


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_burst_of_ten_thousand_pods_becomes_few_transactions(
    chain: Chain, api: Client, nb: ovsdb.Client
) -> None:
    before = (await settled(chain))["northbound"]["transactions"]
    await create_all(api, 10_000)
    await written(chain, nb, 10_000)
    after = (await settled(chain))["northbound"]["transactions"]
    assert after - before < 500


async def test_a_single_change_waits_for_nothing(chain: Chain, api: Client) -> None:
    await settled(chain)
    for number in range(9):
        await create(api, a_pod(f"p{number}"))
        await allocated(api, f"p{number}")
        await settled(chain)
    batches = await chain.admin("GET", "batches")
    times = sorted(batch["committed_ns"] - batch["started_ns"] for batch in batches[-18:])
    assert times[len(times) // 2] < 1e9  # a loaded machine's second; some milliseconds on an idle one


async def test_an_absent_nb_holds_up_nothing_but_writing_and_gets_what_changed(
    chain: Chain, api: Client, nb: ovsdb.Client
) -> None:
    for name in ("stays", "goes"):
        await create(api, a_pod(name))
        await allocated(api, name)
    before = (await settled(chain))["northbound"]
    chain.kill("nb")
    await api.delete(PODS, "goes", namespace="default", grace_seconds=0)
    for name in ("one", "two", "three"):
        await create(api, a_pod(name))
    await heard_of(chain, 4)
    chain.start_northbound()
    for name in ("one", "two", "three"):
        await allocated(api, name)
    after = (await settled(chain))["northbound"]
    work = {name: after[name] - before[name] for name in after}
    assert (work["rows_inserted"], work["rows_updated"], work["rows_removed"]) == (3, 0, 1)
    assert work["transactions"] <= 4


async def test_an_object_that_nb_refuses_leaves_its_batch_unharmed_and_is_served_once_it_can_be(
    chain: Chain, api: Client, nb: ovsdb.Client
) -> None:
    theirs = ovsdb.NamedUUID("theirs")
    await nb.transact(
        [
            operations.insert("Logical_Switch_Port", {"name": "clash.default"}, "theirs"),
            operations.insert("Logical_Switch", {"name": "theirs", "ports": frozenset((theirs,))}),
        ]
    )
    await settled(chain)
    pause(chain)
    for name in ("before", "clash", "after"):
        await create(api, a_pod(name))
    await heard_of(chain, 3)
    resume(chain)
    for name in ("before", "after"):
        await allocated(api, name)

    async def told() -> bool:
        events = (await api.list(EVENTS, namespace="default")).items
        return any(
            (event.reason, event.involved_object.name) == ("NorthboundRefused", "clash") for event in events
        )

    await until(told, "the pod says why it has no port")
    tries = (await chain.counters())["northbound"]["rejections"]
    assert tries < 100  # and not as often as the loop can turn
    assert "ovn.kubernetes.io/allocated" not in (await api.get(PODS, "clash", "default")).annotations
    await nb.transact([operations.delete("Logical_Switch", [("name", "==", "theirs")])])
    await allocated(api, "clash")
