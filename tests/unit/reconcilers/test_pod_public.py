"""Public addresses that pods ask for in annotations, as rows of OVN's NAT."""

from __future__ import annotations

import pytest

from controller.api.annotations import EIP, SNAT
from controller.api.core import Pod, PodSpec
from controller.api.kinds import IPS, PODS, SUBNETS, VPCS
from controller.api.kubeovn import IP, Vpc, VpcSpec
from controller.api.meta import ObjectMeta
from controller.api.names import public_record
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.view import View
from controller.northbound.rows import Member, Place, Row, RowKey
from controller.reconcilers import address, pod_public
from tests.unit.reconcilers.objects import a_subnet, an_ip

PUBLIC, INNER = "172.31.200.9", "10.16.0.9"


def a_pod(view: View, name: str, **annotations: str) -> Pod:
    said = {f"ovn.kubernetes.io/{key}": text for key, text in annotations.items()}
    view.put(
        PODS,
        Pod(
            metadata=ObjectMeta(name=name, namespace="default", uid=name, annotations=said),
            spec=PodSpec(node_name="n1"),
        ),
    )
    found = view.get(PODS, f"default/{name}")
    assert found is not None
    return found


def a_record(pod: str, annotation: str = EIP, text: str = PUBLIC, subnet: str = "out") -> IP:
    return an_ip(public_record(text), text, subnet, pod_name=pod, namespace="default", pod_type=annotation)


@pytest.fixture
def view() -> View:
    """The default VPC, joined with an external subnet, and the addresses of two pods."""
    view = View()
    view.put(
        VPCS, Vpc(metadata=ObjectMeta(name="ovn-cluster"), spec=VpcSpec(extra_external_subnets=("out",)))
    )
    view.put(SUBNETS, a_subnet("out", "172.31.0.0/16", vlan="v"))
    view.put(SUBNETS, a_subnet("ovn-default", "10.16.0.0/16"))
    view.put(IPS, an_ip("a.default", INNER, "ovn-default"))
    view.put(IPS, an_ip("b.default", "10.16.0.10", "ovn-default"))
    return view


def told(fragment: Fragment) -> str:
    (notice,) = fragment.notices
    return notice.message


def test_a_pod_that_asks_for_nothing_costs_nothing(view: View) -> None:
    assert pod_public.translation(a_pod(view, "a"), view) is NOTHING


@pytest.mark.parametrize(
    ("annotation", "type_", "key"),
    [(EIP, "dnat_and_snat", f"eip/{PUBLIC}"), (SNAT, "snat", "snat/default/a/4")],
)
def test_an_address_is_translated_once_it_is_recorded(
    view: View, annotation: str, type_: str, key: str
) -> None:
    pod = a_pod(view, "a", **{annotation.rpartition("/")[2]: PUBLIC})
    (wanted,) = pod_public.lacking(pod, view)
    assert (wanted.subnet.name, wanted.address, wanted.vpc) == ("out", PUBLIC, "ovn-cluster")
    assert pod_public.translation(pod, view).rows == ()
    view.put(IPS, a_record("a", annotation))
    assert list(pod_public.lacking(pod, view)) == []
    fragment = pod_public.translation(pod, view)
    columns = {"type": type_, "external_ip": PUBLIC, "logical_ip": INNER}
    assert fragment.rows == (Row(RowKey("NAT", key), columns, Place("Logical_Router", "ovn-cluster", "nat")),)
    assert fragment.members == (Member(Place("Address_Set", "external.out.ip4", "addresses"), INNER),)


def test_an_address_that_stands_for_one_pod_is_no_others(view: View) -> None:
    view.put(IPS, a_record("a"))
    assert "taken by pod default/a" in told(pod_public.translation(a_pod(view, "b", eip=PUBLIC), view))
    assert "taken by an annotation" in told(pod_public.translation(a_pod(view, "b", snat=PUBLIC), view))


def test_an_address_to_leave_under_is_shared(view: View) -> None:
    view.put(IPS, a_record("a", SNAT))
    for name in ("a", "b"):
        assert len(pod_public.translation(a_pod(view, name, snat=PUBLIC), view).rows) == 1


def test_what_cannot_be_is_told(view: View) -> None:
    reachable = "is of no external subnet that VPC ovn-cluster reaches"
    assert reachable in told(pod_public.translation(a_pod(view, "a", eip="172.30.0.1"), view))
    assert "no IPv6 address" in told(pod_public.translation(a_pod(view, "a", eip="fd00::1"), view))
    view.put(IPS, a_record("a"))
    both = a_pod(view, "a", eip=PUBLIC, snat="172.31.200.10")
    assert "leaves under the address of its annotation" in told(pod_public.translation(both, view))
    assert len(pod_public.translation(both, view).rows) == 1


def test_a_record_goes_with_the_last_who_asks_and_after_its_row(view: View) -> None:
    a_pod(view, "a", eip=PUBLIC)
    record = a_record("a")
    view.put(IPS, record)
    assert address.record(record, view) is NOTHING
    a_pod(view, "a")
    a_pod(view, "b", eip=PUBLIC)
    assert address.record(record, view).gone_after == RowKey("NAT", f"eip/{PUBLIC}")
    shared = a_record("a", SNAT)
    assert address.record(shared, view) is not NOTHING
    a_pod(view, "b", snat=PUBLIC)
    assert address.record(shared, view) is NOTHING
