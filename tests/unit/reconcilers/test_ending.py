"""What others still need does not go, says why, and goes with its rows once nobody does."""

from __future__ import annotations

from controller.api.kinds import OVN_FIPS, SUBNETS
from controller.api.kubeovn import Subnet, SubnetSpec, Vpc
from controller.api.meta import ObjectMeta
from controller.api.nat import OvnEip, OvnFip, OvnFipSpec
from controller.engine.fragment import Fragment
from controller.engine.usage import Users
from controller.engine.view import View
from controller.reconcilers import eip, subnet, vpc

DELETED = "2026-01-01T00:00:00Z"


def in_use(fragment: Fragment) -> list[str]:
    return [entry.message for entry in fragment.conditions if entry.type == "InUse"]


def meta(name: str, *, deleted: bool) -> ObjectMeta:
    return ObjectMeta(name=name, uid=name, deletion_timestamp=DELETED if deleted else None)


def a_subnet(*, deleted: bool, vpc: str = "") -> Subnet:
    return Subnet(metadata=meta("red", deleted=deleted), spec=SubnetSpec(cidr_block="10.1.0.0/24", vpc=vpc))


def test_a_subnet_that_nobody_deletes_is_held_whoever_uses_it() -> None:
    found = subnet.switch(a_subnet(deleted=False), View())
    assert (found.finalizer, in_use(found)) == (True, [])


def test_a_deleted_subnet_stays_with_its_rows_and_says_who_uses_it() -> None:
    view = View()
    view.set_users("red", Users(4, ("a.default", "b.default", "c.default")))
    found = subnet.switch(a_subnet(deleted=True), view)
    assert found.finalizer is None
    assert found.rows
    assert in_use(found) == ["used by 4: a.default, b.default, c.default, ..."]
    assert [(notice.type, notice.reason) for notice in found.notices] == [("Warning", "InUse")]


def test_it_stays_as_long_as_it_is_not_known_who_uses_it() -> None:
    found = subnet.switch(a_subnet(deleted=True), View())
    assert found.finalizer is None
    assert found.rows


def test_its_rows_go_with_its_last_user_and_then_its_finalizer() -> None:
    view = View()
    view.set_users("red", Users(0, ()))
    found = subnet.switch(a_subnet(deleted=True), view)
    assert (found.rows, found.finalizer) == ((), False)


def test_a_vpc_stays_as_long_as_subnets_are_in_it() -> None:
    view = View()
    view.put(SUBNETS, a_subnet(deleted=False, vpc="tenant"))
    gone = Vpc(metadata=meta("tenant", deleted=True))
    assert in_use(vpc.router(gone, view)) == ["used by 1: red"]
    view.drop(SUBNETS, "red")
    assert (vpc.router(gone, view).rows, vpc.router(gone, view).finalizer) == ((), False)


def test_a_public_address_stays_as_long_as_rules_use_it() -> None:
    view = View()
    view.put(OVN_FIPS, OvnFip(metadata=meta("f", deleted=False), spec=OvnFipSpec(ovn_eip="one")))
    gone = OvnEip(metadata=meta("one", deleted=True))
    assert in_use(eip.given(gone, view)) == ["used by 1: OvnFip f"]
    view.drop(OVN_FIPS, "f")
    assert eip.given(gone, view).finalizer is False
