"""What pods and nodes have in common: a port with an address, and a promise to the daemon that plugs it."""

from typing import Any

from controller.api import annotations
from controller.api.core import Pod
from controller.api.kinds import IPS, SUBNETS
from controller.api.kubeovn import IP, Subnet
from controller.api.names import pod_port
from controller.api.placement import vpc_of
from controller.engine.addressing import Addressing
from controller.engine.view import View
from controller.northbound.rows import Place, Row, RowKey
from controller.reconcilers.reservation import is_asking


def allocation(port: str, view: View) -> tuple[IP, Subnet] | None:
    """The address of a port and the subnet that it is in; None while either is missing, or the address is to go."""
    address = view.get(IPS, port)
    if address is None or is_asking(address) or view.is_outdated(port):
        return None
    subnet = view.get(SUBNETS, address.spec.subnet)
    return None if subnet is None else (address, subnet)


def allocation_of(pod: Pod, view: View) -> tuple[IP, Subnet] | None:
    """The address of a pod and the subnet that it is in; None while it has none of its own."""
    found = allocation(pod_port(pod.namespace, pod.name), view)
    return found if found is not None and is_of(found[0], pod) else None


def is_of(record: IP, pod: Pod) -> bool:
    """Whether a record that is called like a pod's port is the pod's: a node's or a public address's may be as well."""
    return record.spec.namespace in ("", pod.namespace) and record.spec.pod_name in ("", pod.name)


def addresses_of(address: IP, *more: str) -> frozenset[str]:
    """The MAC and the addresses of an endpoint, with ``more`` that it may use, as NB writes them."""
    return frozenset((" ".join((address.spec.mac_address, *address.addresses, *more)),))


def port_row(address: IP, labels: dict[str, str], **columns: Any) -> Row:
    """The endpoint's logical switch port; ``columns`` are those besides its addresses."""
    return Row(
        RowKey("Logical_Switch_Port", address.name),
        {"addresses": addresses_of(address), **columns},
        Place("Logical_Switch", address.spec.subnet, "ports"),
        labels,
    )


def promise(address: IP, subnet: Subnet) -> dict[str, str | None]:
    """The annotations by which Kube-OVN's controller tells a daemon what to plug."""
    addressing = Addressing.of(subnet).of_addresses(address.addresses)
    return {
        annotations.ALLOCATED: annotations.TRUE,
        annotations.IP_ADDRESS: address.spec.ip_address,
        annotations.MAC_ADDRESS: address.spec.mac_address,
        annotations.CIDR: addressing.cidr,
        annotations.GATEWAY: addressing.gateway,
        annotations.LOGICAL_SWITCH: subnet.name,
        annotations.LOGICAL_ROUTER: vpc_of(subnet),
        annotations.MTU: str(subnet.spec.mtu) if subnet.spec.mtu else None,
    }
