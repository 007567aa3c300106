"""Who gets which address, with a stand-in for the API that keeps IP objects in a dictionary."""

import pytest

from controller.api.core import Node, Pod
from controller.api.kinds import IPS, NODES, PODS, Kind
from controller.api.kubeovn import IP, IPSpec
from controller.api.meta import ObjectMeta
from controller.kubernetes import Written
from tests.unit.runtime.allocating import World


@pytest.fixture
def world() -> World:
    return World()


async def test_a_pod_gets_an_address_of_its_subnet_and_a_record(world: World) -> None:
    await world.allocation.ensure([world.put_pod("web")])
    record = world.api.records["web.default"]
    assert record.spec.subnet == "ovn-default"
    assert record.spec.v4_ip_address.startswith("10.16.0.")
    assert world.view.get(IPS, "web.default") == record


async def test_who_has_an_address_gets_no_second(world: World) -> None:
    owner = world.put_pod("web")
    await world.allocation.ensure([owner])
    first = world.api.records["web.default"]
    await world.allocation.ensure([owner])
    assert world.api.records == {"web.default": first}


async def test_a_namespace_that_a_subnet_names_is_served_by_it(world: World) -> None:
    await world.allocation.ensure([world.put_pod("web", "small")])
    assert world.api.records["web.small"].spec.ip_address == "10.9.0.2"


async def test_a_pod_may_name_its_switch_and_its_addresses(world: World) -> None:
    owner = world.put_pod(
        "web", logical_switch="tiny", ip_address="10.9.0.2", mac_address="0a:00:00:00:00:07"
    )
    await world.allocation.ensure([owner])
    spec = world.api.records["web.default"].spec
    assert (spec.subnet, spec.ip_address, spec.mac_address) == ("tiny", "10.9.0.2", "0a:00:00:00:00:07")


async def test_a_node_gets_an_address_of_the_join_subnet(world: World) -> None:
    world.view.put(NODES, Node(metadata=ObjectMeta(name="n1")))
    await world.allocation.ensure(["node/n1"])
    assert world.api.records["node-n1"].spec.ip_address.startswith("100.64.0.")


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
async def test_a_finished_pod_gets_none(world: World, phase: str) -> None:
    await world.allocation.ensure([world.put_pod("web", phase=phase)])
    assert world.api.records == {}


async def test_when_none_is_left_the_pod_is_told(world: World) -> None:
    await world.allocation.ensure([world.put_pod("first", "small")])
    owner = world.put_pod("second", "small")
    await world.allocation.ensure([owner])
    assert world.troubles(owner) == ["no free address is left in 10.9.0.0/30"]


async def test_who_went_away_hungry_is_asked_again_when_an_address_is_free(world: World) -> None:
    await world.allocation.ensure([world.put_pod("first", "small")])
    owner = world.put_pod("second", "small")
    await world.allocation.ensure([owner])
    world.engine.take(100)
    world.drop_pod("first", "small")
    world.drop_record("first.small")
    world.allocation.publish()
    assert owner in world.engine.take(100)
    await world.allocation.ensure([owner])
    assert world.api.records["second.small"].spec.ip_address == "10.9.0.2"


async def test_a_fixed_address_outside_its_subnet_is_refused_with_the_range(world: World) -> None:
    owner = world.put_pod("web", ip_address="192.168.0.1")
    await world.allocation.ensure([owner])
    assert world.troubles(owner) == [
        "address 192.168.0.1 is outside the subnet: allowed are the hosts of 10.16.0.0/24"
    ]


async def test_a_fixed_address_that_another_has_is_refused(world: World) -> None:
    await world.allocation.ensure([world.put_pod("first", ip_address="10.16.0.7")])
    owner = world.put_pod("second", ip_address="10.16.0.7")
    await world.allocation.ensure([owner])
    assert "second.default" not in world.api.records
    assert "10.16.0.7 is already taken" in world.troubles(owner)[0]


async def test_an_address_that_the_api_refuses_is_put_back_and_another_drawn(world: World) -> None:
    world.put_subnet("pair", "10.7.0.0/29", namespaces=("p",), exclude_ips=("10.7.0.4..10.7.0.6",))
    world.api.refused_addresses = {"10.7.0.2"}
    for attempt in range(10):
        await world.allocation.ensure([world.put_pod(f"w{attempt}", "p")])
        if f"w{attempt}.p" in world.api.records:
            break
    world.allocation.publish()
    usage = world.view.usage("pair")
    assert usage is not None
    assert (usage.v4_used, usage.v4_available) == (1, 1)


async def test_the_record_of_an_earlier_life_is_taken_over(world: World) -> None:
    spec = IPSpec(pod_name="web", namespace="default", subnet="ovn-default", ip_address="10.16.0.9")
    world.api.records["web.default"] = IP(metadata=ObjectMeta(name="web.default"), spec=spec)
    await world.allocation.ensure([world.put_pod("web")])
    found = world.view.get(IPS, "web.default")
    assert found is not None
    assert found.spec.ip_address == "10.16.0.9"
    world.allocation.publish()
    usage = world.view.usage("ovn-default")
    assert usage is not None
    assert usage.v4_used == 1


async def test_records_from_before_a_restart_are_not_given_away(world: World) -> None:
    spec = IPSpec(
        pod_name="old",
        namespace="small",
        subnet="tiny",
        ip_address="10.9.0.2",
        mac_address="0a:00:00:00:00:01",
    )
    world.allocation.recorded(IP(metadata=ObjectMeta(name="old.small"), spec=spec))
    owner = world.put_pod("new", "small")
    await world.allocation.ensure([owner])
    assert world.api.records == {}
    assert world.troubles(owner) == ["no free address is left in 10.9.0.0/30"]


async def test_a_dual_stack_pod_gets_both_or_none(world: World) -> None:
    world.put_subnet("dual", "10.5.0.0/30,fd00::/126", namespaces=("d",))
    await world.allocation.ensure([world.put_pod("a", "d")])
    spec = world.api.records["a.d"].spec
    assert spec.ip_address == f"{spec.v4_ip_address},{spec.v6_ip_address}"
    assert spec.v6_ip_address.startswith("fd00::")
    await world.allocation.ensure([world.put_pod("b", "d")])
    world.allocation.publish()
    usage = world.view.usage("dual")
    assert usage is not None
    assert (usage.v4_used, usage.v6_used) == (1, 1)


async def test_a_missing_subnet_is_named(world: World) -> None:
    owner = world.put_pod("web", logical_switch="nowhere")
    await world.allocation.ensure([owner])
    assert world.troubles(owner) == ["there is no subnet 'nowhere'"]
    world.engine.take(100)
    world.put_subnet("nowhere", "10.3.0.0/24")
    assert owner in world.engine.take(100)


async def test_a_lost_answer_gives_no_second_address(world: World) -> None:
    world.api.unreachable = 2
    await world.allocation.ensure([world.put_pod("web")])
    assert world.view.get(IPS, "web.default") == world.api.records["web.default"]
    world.allocation.publish()
    usage = world.view.usage("ovn-default")
    assert usage is not None
    assert usage.v4_used == 1


async def test_the_gateway_is_nobodys(world: World) -> None:
    owner = world.put_pod("web", ip_address="10.16.0.1")
    await world.allocation.ensure([owner])
    assert world.troubles(owner) == ["address 10.16.0.1 is already taken by the subnet's gateway"]


@pytest.mark.proves("ovn.kubernetes.io/mac_address")
async def test_a_mac_is_kept_in_one_spelling(world: World) -> None:
    await world.allocation.ensure([world.put_pod("web", mac_address="0A:00:00:00:00:AF")])
    assert world.api.records["web.default"].spec.mac_address == "0a:00:00:00:00:af"
    owner = world.put_pod("bad", mac_address="0a-00")
    await world.allocation.ensure([owner])
    assert world.troubles(owner)[0].startswith("annotation ovn.kubernetes.io/mac_address: found '0a-00'")


async def test_a_record_made_by_hand_that_is_no_address_takes_nothing(world: World) -> None:
    spec = IPSpec(
        pod_name="x", namespace="small", subnet="tiny", ip_address="nonsense", mac_address="nonsense"
    )
    world.allocation.recorded(IP(metadata=ObjectMeta(name="x.small"), spec=spec))
    await world.allocation.ensure([world.put_pod("web", "small")])
    assert world.api.records["web.small"].spec.ip_address == "10.9.0.2"


async def test_a_pod_that_is_scheduled_while_others_are_served_is_served_too(world: World) -> None:
    first = world.put_pod("first")
    waiting = Pod(metadata=ObjectMeta(name="late", namespace="default", uid="late"))
    world.view.put(PODS, waiting)
    create = world.api.create

    async def schedule_meanwhile(kind: Kind[IP], record: IP) -> Written[IP]:
        world.put_pod("late")
        return await create(kind, record)

    world.api.create = schedule_meanwhile  # type: ignore[method-assign]
    await world.allocation.ensure([first, "pod/default/late"])
    assert set(world.api.records) == {"first.default", "late.default"}
