"""What the record of an allocation may not be: an address from elsewhere, or one that another record has."""

from collections.abc import Iterator

from controller.admission import taken, view
from controller.admission.cause import Cause, duplicate, invalid, not_found, required
from controller.admission.networks import canonical_addresses, for_a_pod
from controller.admission.view import View
from controller.api.addresses import Address, InvalidAddress, parse_mac
from controller.api.kinds import IPS, SUBNETS
from controller.api.kubeovn import IP


def create(new: IP, others: View) -> Iterator[Cause]:
    """A new record."""
    return _specification(new, others)


def update(new: IP, old: IP, others: View) -> Iterator[Cause]:
    """Another address, MAC or subnet."""
    return _specification(new, others)


def delete(old: IP, others: View) -> Iterator[Cause]:
    """A record may always go: it is the controller that says when."""
    return iter(())


def _specification(new: IP, others: View) -> Iterator[Cause]:
    spec = new.spec
    faults: list[Cause] = []
    addresses: list[Address] = []
    if spec.ip_address:
        addresses = canonical_addresses("spec.ipAddress", spec.ip_address, faults)
    else:
        yield required("spec.ipAddress", "an address, or one of each family joined by a comma")
    yield from faults
    if not faults:
        yield from _families(new, addresses)
    if not spec.subnet:
        yield required("spec.subnet", "the name of the subnet that the address is of")
    else:
        subnet = view.get(others, SUBNETS, spec.subnet)
        if subnet is None:
            yield not_found("spec.subnet", spec.subnet, "a subnet that exists")
        for address in addresses:
            outside = list(for_a_pod("spec.ipAddress", address, subnet)) if subnet is not None else []
            yield from outside
            owner = None if outside else taken.record_of(address, spec.subnet, new.name, others)
            if owner is not None:
                yield duplicate("spec.ipAddress", str(address), f"{IPS.name} {owner}")
    if spec.mac_address:
        yield from _mac(new, others)


def _families(new: IP, addresses: list[Address]) -> Iterator[Cause]:
    """The members for one family repeat what `ipAddress` says, for whoever reads but one."""
    for version, field, said in (
        (4, "spec.v4IpAddress", new.spec.v4_ip_address),
        (6, "spec.v6IpAddress", new.spec.v6_ip_address),
    ):
        expected = next((str(address) for address in addresses if address.version == version), "")
        if said and said != expected:
            yield invalid(field, said, f'"{expected}", as spec.ipAddress says')
        elif not said and expected and len(addresses) > 1:
            yield required(field, f'"{expected}", as spec.ipAddress says')


def _mac(new: IP, others: View) -> Iterator[Cause]:
    try:
        mac = parse_mac(new.spec.mac_address)
    except InvalidAddress as error:
        yield invalid("spec.macAddress", new.spec.mac_address, error.allowed)
        return
    owner = taken.record_of_mac(mac, new.name, others)
    if owner is not None:
        yield duplicate("spec.macAddress", new.spec.mac_address, f"{IPS.name} {owner}")
