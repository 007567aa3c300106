"""Objects as the API tells of them, with what a test says of each and nothing else; and what of a fragment is asked."""

from __future__ import annotations

from typing import Any

from controller.api.core import Node
from controller.api.kinds import IPS, NODES, OVN_EIPS, SUBNETS, VPCS
from controller.api.kubeovn import IP, IPSpec, Subnet, SubnetSpec, Vpc, VpcSpec
from controller.api.meta import Condition, ObjectMeta
from controller.api.names import eip_record
from controller.api.nat import OvnEip, OvnEipSpec
from controller.engine.fragment import Fragment
from controller.engine.view import View
from controller.northbound.rows import Row
from controller.reconcilers.external import GATEWAY_LABEL

EIP, INNER = "172.31.200.7", "10.9.0.5"
MAC = "0a:00:00:00:00:07"


def meta(name: str, **more: Any) -> ObjectMeta:
    return ObjectMeta(name=name, uid=name, **more)


def a_subnet(name: str = "blue", cidr: str = "10.1.0.0/24", **spec: Any) -> Subnet:
    return Subnet(metadata=meta(name), spec=SubnetSpec(cidr_block=cidr, **spec))


def an_ip(name: str, address: str, subnet: str = "", **spec: Any) -> IP:
    return IP(metadata=meta(name), spec=IPSpec(ip_address=address, subnet=subnet, **spec))


def a_node(name: str, **labels: str) -> Node:
    return Node(metadata=meta(name, labels=labels))


def rows(fragment: Fragment, table: str) -> list[Row]:
    return [row for row in fragment.rows if row.key.table == table]


def condition(fragment: Fragment, name: str) -> Condition:
    """The condition of that type; there must be one."""
    (found,) = (entry for entry in fragment.conditions if entry.type == name)
    return found


def a_joined_vpc() -> View:
    """VPC red with a pod, joined with an external subnet of which a public address was given."""
    view = View()
    view.put(SUBNETS, a_subnet("out", "172.31.0.0/16", vlan="v", gateway="172.31.0.1"))
    view.put(SUBNETS, a_subnet("red-net", "10.9.0.0/24", vpc="red"))
    view.put(VPCS, Vpc(metadata=meta("red"), spec=VpcSpec(extra_external_subnets=("out",))))
    view.put(NODES, a_node("n1"))
    view.put(NODES, a_node("n2", **{GATEWAY_LABEL: "true"}))
    view.put(OVN_EIPS, OvnEip(metadata=meta("one"), spec=OvnEipSpec(external_subnet="out")))
    view.put(IPS, an_ip(eip_record("one"), EIP, "out", mac_address=MAC, pod_name="one", pod_type="OvnEip"))
    view.put(IPS, an_ip("red-out", "172.31.200.2", "out", pod_name="red", pod_type="Vpc"))
    view.put(IPS, an_ip("a.default", INNER, "red-net"))
    return view


def the_vpc(view: View, name: str = "red") -> Vpc:
    vpc = view.get(VPCS, name)
    assert vpc is not None
    return vpc
