"""What pods and nodes have in common as endpoints.

Each is a port that may use its own addresses and no others, and a promise to the daemon that plugs it.
"""

from controller.api import annotations
from controller.api.kinds import IPS, SUBNETS
from controller.api.kubeovn import IP, Subnet
from controller.api.names import DEFAULT_VPC
from controller.engine.addressing import Addressing
from controller.engine.view import View
from controller.northbound.rows import Place, Row, RowKey


def allocation(port: str, view: View) -> tuple[IP, Subnet] | None:
    """The address of a port and the subnet that it is in; None while either is missing."""
    address = view.get(IPS, port)
    if address is None:
        return None
    subnet = view.get(SUBNETS, address.spec.subnet)
    return None if subnet is None else (address, subnet)


def port_row(address: IP, labels: dict[str, str]) -> Row:
    """The endpoint's logical switch port. Port security drops what is sent under another's address."""
    addresses = " ".join((address.spec.mac_address, *address.spec.ip_address.split(",")))
    return Row(
        RowKey("Logical_Switch_Port", address.name),
        {"addresses": frozenset((addresses,)), "port_security": frozenset((addresses,))},
        Place("Logical_Switch", address.spec.subnet, "ports"),
        labels,
    )


def promise(address: IP, subnet: Subnet) -> dict[str, str | None]:
    """The annotations by which Kube-OVN's controller tells a daemon what to plug."""
    addressing = Addressing.of(subnet)
    return {
        annotations.ALLOCATED: annotations.TRUE,
        annotations.IP_ADDRESS: address.spec.ip_address,
        annotations.MAC_ADDRESS: address.spec.mac_address,
        annotations.CIDR: addressing.cidr,
        annotations.GATEWAY: addressing.gateway,
        annotations.LOGICAL_SWITCH: subnet.name,
        annotations.LOGICAL_ROUTER: subnet.spec.vpc or DEFAULT_VPC,
    }
