"""What happened while the controller was away is put right when it is back, and what is somebody else's stays."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from controller import ovsdb
from controller.api.core import Namespace, Node
from controller.api.kinds import IPS, NAMESPACES, NODES, PODS, SUBNETS
from controller.api.kubeovn import Subnet, SubnetSpec
from controller.api.meta import ObjectMeta
from controller.kubernetes import Client
from tests.system.chain import Chain
from tests.system.chained import a_pod, allocated, create, ports, settled
from tests.system.lives.northbound import Northbound

pytestmark = pytest.mark.system

ADDRESS = "ovn.kubernetes.io/ip_address"


@pytest.fixture
async def somebody(chain: Chain) -> AsyncIterator[Northbound]:
    """Who is not the controller and writes to NB as well."""
    somebody = await Northbound.connect(chain.northbound)
    yield somebody
    await somebody.close()


async def subnet(api: Client, name: str, cidr: str, *namespaces: str) -> None:
    spec = SubnetSpec(cidr_block=cidr, namespaces=namespaces)
    await api.create(SUBNETS, Subnet(metadata=ObjectMeta(name=name), spec=spec))


async def seen(somebody: Northbound) -> dict[str, Any]:
    """What there is in NB, whatever the identities of its rows."""
    return {
        "rows": await somebody.owners(),
        "ports": await somebody.ports(),
        "sets": await somebody.sets(),
        "foreign": await somebody.foreign(),
    }


async def test_a_new_pod_gets_the_fixed_address_that_was_freed(
    chain: Chain, api: Client, nb: ovsdb.Client
) -> None:
    await create(api, a_pod("old", ip_address="10.16.7.7"))
    await allocated(api, "old")
    await settled(chain)
    chain.kill("controller")
    await api.delete(PODS, "old", namespace="default", grace_seconds=0)
    await create(api, a_pod("new", ip_address="10.16.7.7"))
    chain.start_controller()
    assert (await allocated(api, "new")).annotations[ADDRESS] == "10.16.7.7"
    await settled(chain)
    assert "old.default" not in await ports(nb)
    assert [record.name for record in (await api.list(IPS)).items] == ["new.default"]


async def test_a_pod_that_moved_leaves_by_its_new_node(
    chain: Chain, api: Client, somebody: Northbound
) -> None:
    for name in ("node1", "node2"):
        await api.create(NODES, Node(metadata=ObjectMeta(name=name)))
    await create(api, a_pod("web", node="node1"))
    await allocated(api, "web")
    await settled(chain)
    chain.kill("controller")
    await api.delete(PODS, "web", namespace="default", grace_seconds=0)
    await create(api, a_pod("web", node="node2"))
    chain.start_controller()
    address = (await allocated(api, "web")).annotations[ADDRESS]
    await settled(chain)
    assert (await api.get(IPS, "web.default")).spec.node_name == "node2"
    assert await somebody.sets() == {"egress.node2.ip4": {address}}


async def test_subnets_that_changed_serve_as_they_say_now(
    chain: Chain, api: Client, nb: ovsdb.Client, somebody: Northbound
) -> None:
    await api.create(NAMESPACES, Namespace(metadata=ObjectMeta(name="team")))
    await subnet(api, "blue", "10.8.0.0/24", "team")
    await subnet(api, "empty", "10.7.0.0/24")
    await create(api, a_pod("stays", "team"))
    stays = (await allocated(api, "stays", "team")).annotations[ADDRESS]
    await settled(chain)
    chain.kill("controller")
    await api.delete(SUBNETS, "empty")
    await api.patch(SUBNETS, "blue", {"spec": {"namespaces": [], "gateway": "10.8.0.254"}})
    await subnet(api, "green", "10.6.0.0/29", "team")
    await api.patch(SUBNETS, "green", {"spec": {"excludeIps": ["10.6.0.2..10.6.0.5"]}})
    await create(api, a_pod("comes", "team"))
    chain.start_controller()
    assert (await allocated(api, "comes", "team")).annotations[ADDRESS] == "10.6.0.6"
    await settled(chain)
    kept = (await api.get(PODS, "stays", "team")).annotations
    assert (kept[ADDRESS], kept["ovn.kubernetes.io/gateway"]) == (stays, "10.8.0.254")
    assert (await api.get(NAMESPACES, "team")).annotations["ovn.kubernetes.io/logical_switch"] == "green"
    assert "empty-ovn-cluster" not in await ports(nb)
    assert not [row for row in await somebody.owners() if "empty" in row[2]]


async def test_rows_that_others_touched_doubled_removed_or_left_over_are_as_before_and_foreign_ones_stay(
    chain: Chain, api: Client, somebody: Northbound
) -> None:
    await somebody.write_foreign()
    await api.create(NODES, Node(metadata=ObjectMeta(name="node1")))
    for name in ("emptied", "removed", "untouched"):
        await create(api, a_pod(name))
        await allocated(api, name)
    await settled(chain)
    before = await seen(somebody)
    chain.kill("controller")
    await somebody.blank("emptied.default")
    await somebody.remove("ovn-default", "removed.default")
    await somebody.double_policies()
    await somebody.haunt("ovn-default", "0e:00:00:00:00:99", "10.16.9.9")
    assert await seen(somebody) != before
    chain.start_controller()
    await settled(chain)
    assert await seen(somebody) == before


async def test_an_nb_that_was_lost_is_as_it_was(chain: Chain, api: Client, somebody: Northbound) -> None:
    await api.create(NODES, Node(metadata=ObjectMeta(name="node1")))
    for number in range(20):
        await create(api, a_pod(f"p{number}"))
    for number in range(20):
        await allocated(api, f"p{number}")
    await settled(chain)
    before = await seen(somebody)
    chain.kill("controller")
    await somebody.lose()
    chain.start_controller()
    counters = await settled(chain)
    assert await seen(somebody) == before
    assert counters["api"] == {"patches": 0, "deletions": 0, "events": 0, "failures": 0}
