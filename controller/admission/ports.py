"""Two objects may not come to one name in NB, nor to one record of an address.

Names of ports and records are put together from names of objects, as Kube-OVN has it, and some pairs of objects come to
the same: the port of the pod ``node-a`` in the namespace ``b`` is called like that of the node ``a.b``. The later of
the two is refused.
"""

from collections.abc import Iterator

from controller.admission import view
from controller.admission.cause import Cause, duplicate, invalid
from controller.admission.view import View
from controller.api.core import Node, Pod
from controller.api.gateway_links import is_centralised
from controller.api.kinds import IPPOOLS, NODES, PODS, SUBNETS
from controller.api.kubeovn import Subnet
from controller.api.names import (
    LOCALNET,
    NODE,
    RECORDS,
    gateway_link,
    localnet_port,
    node_port,
    pod_port,
    pool_set,
    router_port,
    switch_port,
)
from controller.api.placement import vpc_of
from controller.api.reservations import IPPool

FIELD = "metadata.name"
OWN_SETS = ("egress.", "external.")
"""How the address sets begin that no pool is behind."""


def of_pod(new: Pod, others: View) -> Iterator[Cause]:
    """The port of a pod is called like no node's, no physical network's, and no public address."""
    port = pod_port(new.namespace, new.name)
    if port.endswith(RECORDS):
        allowed = f"a name whose port {port} does not end in {RECORDS}, as records of public addresses do"
        yield invalid(FIELD, new.name, allowed)
    node, subnet = port.removeprefix(NODE), port.removeprefix(LOCALNET)
    if node != port and others.get(NODES.name, node) is not None:
        yield duplicate(FIELD, new.name, f"{NODES.name} {node}, as port {port},")
    if subnet != port and _lies_in_a_network(subnet, others):
        yield duplicate(FIELD, new.name, f"{SUBNETS.name} {subnet}, as port {port},")


def of_node(new: Node, others: View) -> Iterator[Cause]:
    """The port of a node is called like no pod's and no subnet's."""
    port = node_port(new.name)
    pod, _, namespace = port.rpartition(".")
    if pod and others.get(PODS.name, pod, namespace) is not None:
        yield duplicate(FIELD, new.name, f"{PODS.name} {namespace}/{pod}, as port {port},")
    for subnet in view.every(others, SUBNETS):
        if port in _of_subnet(subnet):
            yield duplicate(FIELD, new.name, f"{SUBNETS.name} {subnet.name}, as port {port},")


def of_subnet(new: Subnet, others: View) -> Iterator[Cause]:
    """The ports of a subnet are called like no node's and no pod's; its switch like that of no other's gateways."""
    for port in _of_subnet(new):
        node = port.removeprefix(NODE)
        if node != port and others.get(NODES.name, node) is not None:
            yield duplicate(FIELD, new.name, f"{NODES.name} {node}, as port {port},")
    if new.spec.vlan and others.get(PODS.name, LOCALNET.removesuffix("."), new.name) is not None:
        port = localnet_port(new.name)
        yield duplicate(
            FIELD, new.name, f"{PODS.name} {new.name}/{LOCALNET.removesuffix('.')}, as port {port},"
        )


def beside(new: Subnet, other: Subnet) -> Iterator[Cause]:
    """What speaks against the names that come of a subnet as long as there is that other one."""
    port = router_port(vpc_of(new), new.name)
    if port == router_port(vpc_of(other), other.name):
        owner = f"subnet {other.name} of VPC {vpc_of(other)}, as router port {port},"
        yield duplicate(FIELD, new.name, owner)
    for one, two in ((new, other), (other, new)):
        if is_centralised(one) and gateway_link(one.name) == two.name:
            yield duplicate(FIELD, new.name, f"subnet {other.name}, as switch {two.name},")


def of_pool(new: IPPool, others: View) -> Iterator[Cause]:
    """The address sets of a pool are called like no others, and so that expressions can speak of them."""
    if not new.spec.enable_address_set:
        return
    mine = _sets(new.name)
    if new.name[:1].isdecimal() or any(name.startswith(OWN_SETS) for name in mine):
        allowed = "with enableAddressSet a name that begins with a letter, and not with egress- or external-"
        yield invalid(FIELD, new.name, allowed)
    for other in view.every(others, IPPOOLS):
        if other.name != new.name and other.spec.enable_address_set and mine & _sets(other.name):
            yield duplicate(FIELD, new.name, f"{IPPOOLS.name} {other.name}, as an address set,")


def _of_subnet(subnet: Subnet) -> tuple[str, str]:
    vpc = vpc_of(subnet)
    return router_port(vpc, subnet.name), switch_port(subnet.name, vpc)


def _sets(pool: str) -> set[str]:
    return {pool_set(pool, version) for version in (None, 4, 6)}


def _lies_in_a_network(name: str, others: View) -> bool:
    found = view.get(others, SUBNETS, name)
    return found is not None and bool(found.spec.vlan)
