"""Addresses of workloads: pools to choose from, IPPools by name, addresses that are kept by name."""

import pytest

from controller.api.kinds import STATEFULSETS
from controller.engine.settings import Settings
from tests.unit.runtime.allocating import World


@pytest.fixture
def world() -> World:
    return World()


async def test_pods_of_a_workload_share_its_pool(world: World) -> None:
    for name in ("a", "b", "c"):
        world.put_pod(name, ip_pool="10.16.0.15,10.16.0.17..10.16.0.18")
    await world.settle()
    given = {world.addresses(f"{name}.default") for name in "abc"}
    assert given == {"10.16.0.15", "10.16.0.17", "10.16.0.18"}


async def test_who_finds_the_pool_used_up_is_told_and_served_when_one_goes(world: World) -> None:
    world.put_pod("old", ip_pool="10.16.0.15")
    await world.settle()
    owner = world.put_pod("new", ip_pool="10.16.0.15")
    await world.allocation.ensure([owner])
    assert world.troubles(owner) == ["no free address is left in its pool of 1"]
    world.drop_pod("old")
    await world.settle()
    assert world.addresses("new.default") == "10.16.0.15"
    assert world.troubles(owner) == []


async def test_one_address_that_becomes_free_wakes_one_of_many(world: World) -> None:
    world.put_pod("old", "small")
    await world.settle()
    waiting = [world.put_pod(f"w{number}", "small") for number in range(50)]
    await world.settle()
    world.drop_pod("old", "small")
    await world.settle()
    assert [name for name in world.api.records] == ["w0.small"]
    world.drop_pod("w0", "small")
    world.engine.take(1000)
    world.drop_record("w0.small")
    world.allocation.publish()
    woken = [owner for owner in world.engine.take(1000) if owner in waiting[1:]]
    assert woken == waiting[1:2]


async def test_a_waiting_pod_that_goes_leaves_its_turn_to_the_next(world: World) -> None:
    world.put_pod("old", "small")
    await world.settle()
    for name in ("first", "second"):
        world.put_pod(name, "small")
    await world.settle()
    world.drop_pod("first", "small")
    world.drop_pod("old", "small")
    await world.settle()
    assert world.addresses("second.small") == "10.9.0.2"


async def test_pairs_are_given_as_pairs(world: World) -> None:
    world.put_subnet("dual", "10.5.0.0/24,fd00::/112", namespaces=("d",))
    for name in ("a", "b"):
        world.put_pod(name, "d", ip_pool="10.5.0.7,fd00::7;10.5.0.8,fd00::8")
    await world.settle()
    given = {world.addresses(f"{name}.d") for name in "ab"}
    assert given == {"10.5.0.7,fd00::7", "10.5.0.8,fd00::8"}


async def test_a_pair_half_of_which_is_taken_is_passed_over(world: World) -> None:
    world.put_subnet("dual", "10.5.0.0/24,fd00::/112", namespaces=("d",))
    world.put_pod("other", "d", ip_address="10.5.0.99,fd00::7")
    await world.settle()
    world.put_pod("a", "d", ip_pool="10.5.0.7,fd00::7;10.5.0.8,fd00::8")
    await world.settle()
    assert world.addresses("a.d") == "10.5.0.8,fd00::8"


@pytest.mark.parametrize("fixed", ["10.5.0.7", "fd00::7"])
async def test_of_a_family_that_is_left_open_any_address_is_given(world: World, fixed: str) -> None:
    world.put_subnet("dual", "10.5.0.0/24,fd00::/112", namespaces=("d",))
    world.put_pod("a", "d", ip_address=fixed)
    await world.settle()
    spec = world.api.records["a.d"].spec
    assert fixed in (spec.v4_ip_address, spec.v6_ip_address)
    assert spec.ip_address == f"{spec.v4_ip_address},{spec.v6_ip_address}"


async def test_two_addresses_of_one_family_are_refused(world: World) -> None:
    owner = world.put_pod("a", ip_address="10.16.0.7,10.16.0.8")
    await world.allocation.ensure([owner])
    assert "one address of each family" in world.troubles(owner)[0]


async def test_a_mac_alone_is_given_with_any_address(world: World) -> None:
    world.put_pod("a", mac_address="00:00:00:53:6B:B6")
    await world.settle()
    assert world.api.records["a.default"].spec.mac_address == "00:00:00:53:6b:b6"
    assert world.addresses("a.default").startswith("10.16.0.")


async def test_a_mac_in_use_is_told_and_had_once_it_is_free(world: World) -> None:
    world.put_pod("a", mac_address="0a:00:00:00:00:07")
    await world.settle()
    owner = world.put_pod("b", "small", mac_address="0A:00:00:00:00:07")
    await world.allocation.ensure([owner])
    assert world.troubles(owner) == ["MAC address 0a:00:00:00:00:07 is already taken by IP a.default"]
    world.allocation.publish()
    usage = world.view.usage("tiny")
    assert usage is not None
    assert usage.v4_used == 0
    world.drop_pod("a")
    await world.settle()
    assert world.api.records["b.small"].spec.mac_address == "0a:00:00:00:00:07"


async def test_who_has_a_fixed_address_is_named(world: World) -> None:
    world.put_pod("a", ip_address="10.16.0.7")
    await world.settle()
    owner = world.put_pod("b", ip_address="10.16.0.7")
    await world.allocation.ensure([owner])
    assert world.troubles(owner) == ["address 10.16.0.7 is already taken by IP a.default"]


async def test_a_waiting_pod_that_asks_for_something_else_gets_that(world: World) -> None:
    world.put_pod("a", ip_address="10.16.0.7")
    world.put_pod("b", ip_address="10.16.0.7")
    await world.settle()
    world.put_pod("b", ip_address="10.16.0.8")
    await world.settle()
    assert world.addresses("b.default") == "10.16.0.8"


async def test_the_ith_pod_of_a_set_gets_the_ith_address(world: World) -> None:
    world.put_set("db")
    for name in ("db-2", "db-0", "db-1"):
        world.put_member(name, ip_pool="10.16.0.30,10.16.0.20..10.16.0.21")
    await world.settle()
    given = [world.addresses(f"db-{number}.default") for number in range(3)]
    assert given == ["10.16.0.30", "10.16.0.20", "10.16.0.21"]


async def test_a_set_that_counts_from_another_number_is_counted_from_there(world: World) -> None:
    world.put_set("db", start=5)
    world.put_member("db-6", ip_pool="10.16.0.30,10.16.0.20")
    await world.settle()
    assert world.addresses("db-6.default") == "10.16.0.20"


async def test_a_pod_beyond_the_pool_of_its_set_is_told(world: World) -> None:
    world.put_set("db")
    owner = world.put_member("db-2", ip_pool="10.16.0.30,10.16.0.20")
    await world.allocation.ensure([owner])
    assert "has 2 addresses: the pod with number 2 of its set gets none" in world.troubles(owner)[0]


async def test_a_set_keeps_its_addresses_by_name_though_everything_else_asks(world: World) -> None:
    world.put_subnet("few", "10.8.0.0/29", namespaces=())
    world.put_set("db")
    for number in range(3):
        world.put_member(f"db-{number}", logical_switch="few")
    await world.settle()
    before = {name: world.addresses(name) for name in world.api.records}
    for number in range(3):
        world.drop_pod(f"db-{number}")
    for number in range(5):
        world.put_pod(f"greedy-{number}", logical_switch="few")
    await world.settle()
    for number in range(3):
        world.put_member(f"db-{number}", node="elsewhere", logical_switch="few")
    await world.settle()
    assert {name: world.addresses(name) for name in before} == before
    assert world.api.records["db-0.default"].spec.node_name == "elsewhere"
    assert world.api.records["db-0.default"].spec.pod_type == "StatefulSet"


async def test_the_addresses_of_a_set_are_free_once_it_is_gone(world: World) -> None:
    world.put_set("db")
    world.put_member("db-0")
    await world.settle()
    world.drop_pod("db-0")
    await world.settle()
    assert set(world.api.records) == {"db-0.default"}
    world.view.drop(STATEFULSETS, "default/db")
    await world.settle()
    assert world.api.records == {}


@pytest.mark.parametrize("by", ["set", "subnet", "controller"])
async def test_where_it_is_switched_off_the_next_pod_of_a_name_gets_any(by: str) -> None:
    world = World(Settings(keep_statefulset_ip=by != "controller"))
    world.put_subnet("wide", "10.40.0.0/16", keep_ip="false" if by == "subnet" else "")
    if by == "set":
        world.put_set("db", keep_ip="false")
    else:
        world.put_set("db")
    given = set()
    for _ in range(3):
        world.put_member("db-0", logical_switch="wide")
        await world.settle()
        given.add(world.addresses("db-0.default"))
        world.drop_pod("db-0")
    assert len(given) == 3


async def test_a_kept_address_that_the_template_no_longer_asks_for_is_given_back_first(world: World) -> None:
    world.put_set("db")
    world.put_member("db-0", ip_pool="10.16.0.30")
    await world.settle()
    world.drop_pod("db-0")
    await world.settle()
    world.put_member("db-0", ip_pool="10.16.0.31")
    await world.settle()
    assert world.addresses("db-0.default") == "10.16.0.31"
    world.put_pod("other", ip_address="10.16.0.30")
    await world.settle()
    assert world.addresses("other.default") == "10.16.0.30"


async def test_a_pod_that_comes_again_by_the_same_name_gets_what_it_asks_for_now(world: World) -> None:
    world.put_pod("web", ip_address="10.16.0.30")
    await world.settle()
    world.drop_pod("web")
    world.put_pod("web", ip_address="10.16.0.31")
    await world.settle()
    assert world.addresses("web.default") == "10.16.0.31"


async def test_an_ippool_by_name_gives_from_it_alone_in_its_subnet(world: World) -> None:
    world.put_ippool("front", "tiny", "10.9.0.2")
    world.put_pod("a", ip_pool="front")
    await world.settle()
    assert (world.addresses("a.default"), world.api.records["a.default"].spec.subnet) == ("10.9.0.2", "tiny")
    owner = world.put_pod("b", ip_pool="front")
    await world.allocation.ensure([owner])
    assert world.troubles(owner) == ["no free address is left in 10.9.0.0/30, IPPool front"]


async def test_what_is_in_an_ippool_is_not_given_to_others_at_random(world: World) -> None:
    world.put_subnet("few", "10.8.0.0/29", namespaces=("f",))
    world.put_ippool("front", "few", "10.8.0.2..10.8.0.5")
    for name in ("a", "b"):
        world.put_pod(name, "f")
    await world.settle()
    assert {name: world.addresses(name) for name in world.api.records} == {"a.f": "10.8.0.6"}
    world.put_pod("c", "f", ip_address="10.8.0.3")
    await world.settle()
    assert world.addresses("c.f") == "10.8.0.3"
    usage = world.view.pool_usage("front")
    assert usage is not None
    assert (usage.v4_available, usage.v4_used, usage.v4_used_ranges) == (3, 1, "10.8.0.3")


async def test_pods_of_a_namespace_that_an_ippool_serves_get_their_addresses_there(world: World) -> None:
    world.put_ippool("front", "ovn-default", "10.16.0.40..10.16.0.41", namespaces=("shop",))
    world.put_ippool("back", "ovn-default", "10.16.0.50", namespaces=("shop", "bar"))
    for name in ("a", "b", "c"):
        world.put_pod(name, "shop")
    await world.settle()
    given = {world.addresses(f"{name}.shop") for name in "abc"}
    assert given == {"10.16.0.40", "10.16.0.41", "10.16.0.50"}


async def test_an_ippool_that_grows_serves_those_who_wait_and_one_that_comes_those_who_named_it(
    world: World,
) -> None:
    owner = world.put_pod("a", ip_pool="front")
    await world.settle()
    assert world.api.records == {}
    world.put_ippool("front", "ovn-default", "10.16.0.40")
    world.put_pod("b", ip_pool="front")
    await world.settle()
    assert world.addresses("a.default") == "10.16.0.40"
    world.put_ippool("front", "ovn-default", "10.16.0.40..10.16.0.41")
    await world.settle()
    assert world.addresses("b.default") == "10.16.0.41"
    assert world.troubles(owner) == []


async def test_an_ippool_of_one_family_leaves_the_other_to_the_rest(world: World) -> None:
    world.put_subnet("dual", "10.5.0.0/24,fd00::/112")
    world.put_ippool("front", "dual", "10.5.0.7")
    world.put_pod("a", ip_pool="front")
    await world.settle()
    assert world.api.records["a.default"].spec.v4_ip_address == "10.5.0.7"
    assert world.api.records["a.default"].spec.v6_ip_address.startswith("fd00::")


async def test_an_ippool_that_divides_a_subnet_in_use_knows_what_is_taken(world: World) -> None:
    world.put_pod("a", ip_address="10.16.0.40")
    await world.settle()
    world.put_ippool("front", "ovn-default", "10.16.0.40..10.16.0.41")
    world.put_pod("b", ip_pool="front")
    await world.settle()
    assert world.addresses("b.default") == "10.16.0.41"


async def test_a_record_deleted_by_hand_frees_nothing_while_its_pod_is_there(world: World) -> None:
    world.put_pod("a", "small")
    await world.settle()
    world.put_pod("greedy", "small")
    await world.settle()
    world.drop_record("a.small")
    world.allocation.publish()
    await world.settle()
    assert {name: world.addresses(name) for name in world.api.records} == {"a.small": "10.9.0.2"}
    world.drop_pod("a", "small")
    await world.settle()
    assert world.addresses("greedy.small") == "10.9.0.2"


async def test_a_subnet_is_exhausted_when_all_that_is_left_is_an_ippools(world: World) -> None:
    world.put_subnet("few", "10.8.0.0/29", namespaces=("f",))
    world.put_ippool("front", "few", "10.8.0.2..10.8.0.5")
    world.allocation.publish()
    usage = world.view.usage("few")
    assert usage is not None
    assert not usage.is_exhausted
    world.put_pod("a", "f")
    await world.settle()
    usage, of_pool = world.view.usage("few"), world.view.pool_usage("front")
    assert usage is not None
    assert of_pool is not None
    assert (usage.v4_available, usage.is_exhausted, of_pool.is_exhausted) == (4, True, False)


async def test_a_pod_says_why_it_waits_and_no_longer_once_it_is_served(world: World) -> None:
    world.put_pod("old", ip_address="10.16.0.15")
    await world.settle()
    owner = world.put_pod("new", ip_address="10.16.0.15")
    await world.settle()
    assert world.said(owner) == ("False", "address 10.16.0.15 is already taken by IP old.default")
    world.drop_pod("old")
    await world.settle()
    assert world.said(owner) == ("True", "")


async def test_of_a_pod_that_never_waited_nothing_is_said(world: World) -> None:
    owner = world.put_pod("a")
    await world.settle()
    assert world.said(owner) is None


async def test_a_pool_lists_its_addresses_as_long_as_few_are_taken(world: World) -> None:
    world.put_subnet("wide", "10.40.0.0/16")
    world.put_ippool("front", "wide", "10.40.1.0/24", "10.40.2.0/24")
    for number in range(257):
        world.put_pod(f"p{number}", ip_pool="front")
    await world.settle()
    usage = world.view.pool_usage("front")
    assert usage is not None
    assert (usage.v4_used, usage.v4_used_ranges) == (257, "")
    world.drop_pod("p7")
    await world.settle()
    usage = world.view.pool_usage("front")
    assert usage is not None
    assert usage.v4_used == 256
    assert usage.v4_used_ranges.startswith("10.40.1.")
