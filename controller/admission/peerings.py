"""What the links between VPCs may not be: of no other VPC, or of ends that are not in one network."""

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv6Interface, ip_interface

from controller.admission.cause import Cause, duplicate, invalid
from controller.admission.labels import label
from controller.api.addresses import InvalidAddress, network_around
from controller.api.kubeovn import Vpc

EXAMPLE = "an address with its prefix, 169.254.0.1/30"


def stated(new: Vpc) -> Iterator[Cause]:
    """What speaks against the links that a VPC states."""
    seen: set[str] = set()
    for position, peering in enumerate(new.spec.vpc_peerings):
        field = f"spec.vpcPeerings[{position}]"
        remote = peering.remote_vpc
        if not remote or remote == new.name:
            yield invalid(f"{field}.remoteVpc", remote, "the name of another VPC")
        elif remote in seen:
            yield duplicate(f"{field}.remoteVpc", remote, "this list")
        else:
            yield from label(f"{field}.remoteVpc", remote)
        seen.add(remote)
        if _end(peering.local_connect_ip) is None:
            yield invalid(f"{field}.localConnectIP", peering.local_connect_ip, EXAMPLE)


def beside(new: Vpc, other: Vpc) -> Iterator[Cause]:
    """The two ends of a link are two addresses of one network."""
    theirs = next(
        (_end(link.local_connect_ip) for link in other.spec.vpc_peerings if link.remote_vpc == new.name), None
    )
    for position, peering in enumerate(new.spec.vpc_peerings):
        mine = _end(peering.local_connect_ip)
        if peering.remote_vpc != other.name or mine is None or theirs is None:
            continue
        if mine.network != theirs.network or mine.ip == theirs.ip:
            allowed = f"another address of {theirs.network} than {theirs.ip}, the end of VPC {other.name}"
            yield invalid(f"spec.vpcPeerings[{position}].localConnectIP", peering.local_connect_ip, allowed)


def _end(text: str) -> IPv4Interface | IPv6Interface | None:
    """The end of a link: a host of its network. None for anything else."""
    try:
        network_around(text)
        found = ip_interface(text)
    except (InvalidAddress, ValueError):
        return None
    single = found.network.prefixlen == found.max_prefixlen
    is_host = single or found.ip not in (found.network.network_address, found.network.broadcast_address)
    return found if is_host or (found.version == 6 and found.ip != found.network.network_address) else None
