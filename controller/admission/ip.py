"""What the record of an allocation may not be: an address from elsewhere, or one that another record has."""

from collections.abc import Iterator

from controller.admission import labels, reserving, taken, view
from controller.admission.cause import Cause, duplicate, invalid, not_found, required
from controller.admission.networks import canonical_addresses, for_a_pod
from controller.admission.reserving import Reservation
from controller.admission.view import View
from controller.api.addresses import Address, InvalidAddress, parse_address, parse_mac
from controller.api.kinds import IPS, SUBNETS
from controller.api.kubeovn import IP
from controller.api.names import pod_port


def create(new: IP, others: View) -> Iterator[Cause]:
    """A new record."""
    yield from itself(new)
    yield from _beside_others(new, others)


def update(new: IP, old: IP, others: View) -> Iterator[Cause]:
    """Another address, MAC or subnet."""
    yield from itself(new)
    yield from _beside_others(new, others)


def delete(old: IP, others: View) -> Iterator[Cause]:
    """A record may always go: it is the controller that says when."""
    return iter(())


def itself(new: IP) -> Iterator[Cause]:
    """What speaks against a record whatever else there is."""
    spec = new.spec
    faults: list[Cause] = []
    if spec.ip_address:
        addresses = canonical_addresses("spec.ipAddress", spec.ip_address, faults)
        yield from faults
        if not faults:
            yield from _families(new, addresses)
    elif not _is_reservation(new):
        yield required("spec.ipAddress", "an address, or one of each family joined by a comma")
    else:
        yield from reserving.itself(_reserved(new))
    if not spec.subnet:
        yield required("spec.subnet", "the name of the subnet that the address is of")
    for field, name in (
        ("spec.subnet", spec.subnet),
        ("spec.podName", spec.pod_name),
        ("spec.nodeName", spec.node_name),
    ):
        if name:
            yield from labels.name(field, name)
    if spec.namespace:
        yield from labels.label("spec.namespace", spec.namespace)
    port = pod_port(spec.namespace, spec.pod_name)
    if _is_reservation(new) and new.name != port:
        yield invalid("metadata.name", new.name, f"{port}, the name of the pod with its namespace")
    for field, text in (("spec.podType", spec.pod_type), ("spec.containerID", spec.container_id)):
        yield from labels.word(field, text)
    yield from labels.names("spec.attachSubnets", spec.attach_subnets)
    yield from _attached(new)
    if spec.mac_address:
        try:
            parse_mac(spec.mac_address)
        except InvalidAddress as error:
            yield invalid("spec.macAddress", spec.mac_address, error.allowed)


def _beside_others(new: IP, others: View) -> Iterator[Cause]:
    spec = new.spec
    addresses = canonical_addresses("spec.ipAddress", spec.ip_address, []) if spec.ip_address else []
    yield from _both_families(new, addresses)
    subnet = view.get(others, SUBNETS, spec.subnet) if spec.subnet else None
    if subnet is None and spec.subnet:
        yield not_found("spec.subnet", spec.subnet, "a subnet that exists")
    if _is_reservation(new):
        yield from reserving.beside_others(_reserved(new), others)
    for address in addresses:
        outside = list(for_a_pod("spec.ipAddress", address, subnet)) if subnet is not None else []
        yield from outside
        owner = None if outside else taken.record_of(address, spec.subnet, new.name, others)
        if owner is not None:
            yield duplicate("spec.ipAddress", str(address), f"{IPS.name} {owner}")
    if spec.mac_address:
        yield from _mac(new, others)


def _is_reservation(new: IP) -> bool:
    """Whether people ask by the record that an address be set aside for a pod: it may leave open which."""
    spec = new.spec
    return not spec.ip_address and not spec.node_name and bool(spec.namespace and spec.pod_name)


def _reserved(new: IP) -> Reservation:
    spec = new.spec
    stated = (("spec.v4IpAddress", spec.v4_ip_address, 4), ("spec.v6IpAddress", spec.v6_ip_address, 6))
    return Reservation(IPS, new.name, new.name, "spec.subnet", spec.subnet, stated, "")


def _attached(new: IP) -> Iterator[Cause]:
    """Addresses and MACs of the pod's further interfaces."""
    for field, texts, parse in (
        ("spec.attachIps", new.spec.attach_ips, parse_address),
        ("spec.attachMacs", new.spec.attach_macs, parse_mac),
    ):
        for position, text in enumerate(texts):
            try:
                parse(text)
            except InvalidAddress as error:
                yield invalid(f"{field}[{position}]", text, error.allowed)


def _families(new: IP, addresses: list[Address]) -> Iterator[Cause]:
    """The members for one family repeat what `ipAddress` says, for whoever reads but one."""
    for field, said, expected in _by_family(new, addresses):
        if said and said != expected:
            yield invalid(field, said, f'"{expected}", as spec.ipAddress says')


def _both_families(new: IP, addresses: list[Address]) -> Iterator[Cause]:
    """With two addresses both members are there; what reads one alone would find one family and miss the other."""
    for field, said, expected in _by_family(new, addresses) if len(addresses) > 1 else ():
        if expected and not said:
            yield required(field, f'"{expected}", as spec.ipAddress says')


def _by_family(new: IP, addresses: list[Address]) -> Iterator[tuple[str, str, str]]:
    """The member for each family: its path, what it says, and what it ought to say."""
    for version, field, said in (
        (4, "spec.v4IpAddress", new.spec.v4_ip_address),
        (6, "spec.v6IpAddress", new.spec.v6_ip_address),
    ):
        yield field, said, next((str(address) for address in addresses if address.version == version), "")


def _mac(new: IP, others: View) -> Iterator[Cause]:
    try:
        mac = parse_mac(new.spec.mac_address)
    except InvalidAddress:
        return
    owner = taken.record_of_mac(mac, new.name, others)
    if owner is not None:
        yield duplicate("spec.macAddress", new.spec.mac_address, f"{IPS.name} {owner}")
