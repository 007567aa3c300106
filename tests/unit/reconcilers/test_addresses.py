"""How long an address is somebody's, and what an IPPool says of itself: objects in, statements out."""

import pytest

from controller.api.annotations import IP_POOL, KEEP_IP
from controller.api.core import Namespace, Pod, PodSpec, PodStatus
from controller.api.kinds import IPPOOLS, IPS, PODS, STATEFULSETS, SUBNETS
from controller.api.kubeovn import IP, IPSpec, Subnet, SubnetSpec
from controller.api.meta import Condition, ObjectMeta, OwnerReference
from controller.api.reservations import IPPool, IPPoolSpec
from controller.api.workloads import StatefulSet
from controller.engine.fragment import NOTHING
from controller.engine.settings import Settings
from controller.engine.usage import PoolUsage
from controller.engine.view import View
from controller.northbound.rows import Member, RowKey, shared
from controller.reconcilers import address, ippool, namespace, pod

OWNED = OwnerReference(api_version="apps/v1", kind="StatefulSet", name="db", uid="s", controller=True)


def a_record(pod_type: str = "StatefulSet") -> IP:
    spec = IPSpec(
        pod_name="db-0",
        namespace="shop",
        subnet="blue",
        node_name="node1",
        ip_address="10.1.0.7",
        mac_address="0a:00:00:00:00:07",
        pod_type=pod_type,
    )
    return IP(metadata=ObjectMeta(name="db-0.shop"), spec=spec)


def a_set(keep: str | None = None, going: str | None = None) -> StatefulSet:
    annotations = {KEEP_IP: keep} if keep else {}
    meta = ObjectMeta(name="db", namespace="shop", annotations=annotations, deletion_timestamp=going)
    return StatefulSet(metadata=meta)


def a_subnet(keep: str | None = None, cidr: str = "10.1.0.0/24") -> Subnet:
    annotations = {KEEP_IP: keep} if keep else {}
    return Subnet(metadata=ObjectMeta(name="blue", annotations=annotations), spec=SubnetSpec(cidr_block=cidr))


def a_view(*, keep: bool = True, of_set: str | None = None, of_subnet: str | None = None) -> View:
    view = View(Settings(keep_statefulset_ip=keep))
    view.put(SUBNETS, a_subnet(of_subnet))
    view.put(STATEFULSETS, a_set(of_set))
    view.put(IPS, a_record())
    return view


GONE_AFTER = RowKey("Logical_Switch_Port", "db-0.shop")


def test_the_address_of_a_set_waits_for_the_next_pod_of_that_name() -> None:
    assert address.record(a_record(), a_view()) is NOTHING


def test_it_goes_with_the_set() -> None:
    view = a_view()
    view.put(STATEFULSETS, a_set(going="2026-01-01T00:00:00Z"))
    assert address.record(a_record(), view).gone_after == GONE_AFTER
    view.drop(STATEFULSETS, "shop/db")
    assert address.record(a_record(), view).gone_after == GONE_AFTER


def test_a_pod_keeps_it_although_its_set_is_gone() -> None:
    view = a_view()
    view.drop(STATEFULSETS, "shop/db")
    view.put(PODS, Pod(metadata=ObjectMeta(name="db-0", namespace="shop"), spec=PodSpec(node_name="n")))
    assert address.record(a_record(), view) is NOTHING


def test_the_address_of_any_other_pod_goes_with_it() -> None:
    assert address.record(a_record(pod_type=""), a_view()).gone_after == GONE_AFTER


@pytest.mark.parametrize(
    ("flag", "of_subnet", "of_set", "kept"),
    [
        (True, None, None, True),
        (False, None, None, False),
        (True, "false", None, False),
        (False, "true", None, True),
        (True, "true", "false", False),
        (False, "false", "true", True),
    ],
)
def test_the_set_decides_before_the_subnet_and_that_before_the_controller(
    flag: bool, of_subnet: str | None, of_set: str | None, kept: bool
) -> None:
    view = a_view(keep=flag, of_subnet=of_subnet, of_set=of_set)
    assert (address.record(a_record(), view) is NOTHING) == kept


def test_a_record_that_is_outdated_goes_whoever_bears_its_name() -> None:
    view = a_view()
    current = Pod(metadata=ObjectMeta(name="db-0", namespace="shop", uid="u"), spec=PodSpec(node_name="n"))
    view.put(PODS, current)
    assert pod.port(current, view).rows
    view.set_outdated("db-0.shop")
    assert address.record(a_record(), view).gone_after == GONE_AFTER
    assert pod.port(current, view) is NOTHING


def test_of_a_pods_owners_only_its_statefulset_is_kept() -> None:
    view = View()
    other = OwnerReference(api_version="apps/v1", kind="ReplicaSet", name="web", uid="r", controller=True)
    for name, owner in (("db-0", OWNED), ("web", other)):
        meta = ObjectMeta(name=name, namespace="shop", owner_references=(owner,))
        view.put(PODS, Pod(metadata=meta, status=PodStatus(phase="Running")))
    owners = [view.get(PODS, f"shop/{name}") for name in ("db-0", "web")]
    assert [found.metadata.owner_references for found in owners if found] == [(OWNED,), ()]


def a_pool(*ips: str, name: str = "pool-1", subnet: str = "blue", wants_set: bool = False) -> IPPool:
    spec = IPPoolSpec(subnet=subnet, ips=ips, enable_address_set=wants_set)
    return IPPool(metadata=ObjectMeta(name=name), spec=spec)


def said(pool: IPPool, view: View) -> Condition:
    (condition,) = ippool.division(pool, view).conditions
    return condition


def test_a_pool_that_serves_says_so() -> None:
    condition = said(a_pool("10.1.0.8/29"), a_view())
    assert (condition.type, condition.status) == ("Ready", "True")


@pytest.mark.parametrize(
    ("pool", "reason", "words"),
    [
        (a_pool("10.1.0.1", subnet="nowhere"), "SubnetNotFound", "'nowhere'"),
        (a_pool("192.168.0.1"), "OutOfSubnet", "10.1.0.0/24"),
        (a_pool("10.1"), "InvalidAddress", "found '10.1'"),
        (a_pool("10.1.0.0/24"), "Overlap", "IPPool a has 10.1.0.9 already"),
    ],
)
def test_a_pool_that_does_not_serve_says_why(pool: IPPool, reason: str, words: str) -> None:
    view = a_view()
    view.put(IPPOOLS, a_pool("10.1.0.9", name="a"))
    view.put(IPPOOLS, pool)
    condition = said(pool, view)
    assert (condition.status, condition.reason) == ("False", reason)
    assert words in condition.message


@pytest.mark.proves("IPPool.spec.enableAddressSet")
def test_a_pool_is_an_address_set_if_it_asks_for_one() -> None:
    fragment = ippool.division(a_pool("10.1.0.7", "10.1.0.8..10.1.0.15", wants_set=True), a_view())
    (row,) = fragment.rows
    assert row.key == RowKey("Address_Set", "pool.1")
    place = shared(row.key)
    assert fragment.members == (Member(place, "10.1.0.7"), Member(place, "10.1.0.8/29"))


def test_a_pool_of_both_families_is_two_address_sets() -> None:
    view = a_view()
    view.put(SUBNETS, a_subnet(cidr="10.1.0.0/24,fd00::/112"))
    fragment = ippool.division(a_pool("10.1.0.7", "fd00::7", wants_set=True), view)
    assert [row.key.name for row in fragment.rows] == ["pool.1.ip4", "pool.1.ip6"]


def test_a_namespace_says_which_pools_serve_it() -> None:
    view = a_view()
    view.put(
        SUBNETS, Subnet(metadata=ObjectMeta(name="ovn-default"), spec=SubnetSpec(cidr_block="10.2.0.0/24"))
    )
    shop = Namespace(metadata=ObjectMeta(name="shop"))
    assert namespace.placement(shop, view).annotations[IP_POOL] is None
    for name, subnet in (("b", "ovn-default"), ("a", "ovn-default"), ("c", "blue")):
        spec = IPPoolSpec(subnet=subnet, ips=("10.2.0.9",), namespaces=("shop",))
        view.put(IPPOOLS, IPPool(metadata=ObjectMeta(name=name), spec=spec))
    assert namespace.placement(shop, view).annotations[IP_POOL] == "a,b"


def test_a_pool_tells_how_it_is_used() -> None:
    view = a_view()
    pool = a_pool("10.1.0.8..10.1.0.9")
    assert ippool.usage(pool, view) is NOTHING
    view.set_pool_usage("pool-1", PoolUsage(1, 1, v4_available_ranges="10.1.0.9", v4_used_ranges="10.1.0.8"))
    fragment = ippool.usage(pool, view)
    assert (fragment.status["v4AvailableIPs"], fragment.status["v4UsingIPRange"]) == (1, "10.1.0.8")
    (condition,) = fragment.conditions
    assert (condition.type, condition.status) == ("Exhausted", "False")


def test_a_pool_of_which_nothing_is_left_says_so() -> None:
    view = a_view()
    view.set_pool_usage("pool-1", PoolUsage(0, 2, is_exhausted=True))
    (condition,) = ippool.usage(a_pool("10.1.0.8..10.1.0.9"), view).conditions
    assert (condition.status, condition.reason) == ("True", "NoFreeAddress")
