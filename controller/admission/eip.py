"""What an `OvnEip` may not be: of no subnet, an address that cannot be, or gone while rules use it."""

from collections.abc import Iterator

from controller.admission import reserving, view
from controller.admission.cause import Cause, forbidden, invalid, unsupported
from controller.admission.reserving import Reservation
from controller.admission.view import View
from controller.api.kinds import OVN_DNAT_RULES, OVN_EIPS, OVN_FIPS, OVN_SNAT_RULES, SUBNETS
from controller.api.names import eip_record
from controller.api.nat import OvnEip

TYPES = ("nat", "lrp", "lsp")
RULES = (OVN_FIPS, OVN_SNAT_RULES, OVN_DNAT_RULES)


def create(new: OvnEip, others: View) -> Iterator[Cause]:
    """A public address that nobody has yet."""
    yield from itself(new)
    name = new.spec.external_subnet
    subnet = view.get(others, SUBNETS, name) if name else None
    if subnet is not None and not subnet.spec.vlan:
        yield invalid("spec.externalSubnet", name, "a subnet that lies in a Vlan")
    yield from reserving.beside_others(_asked(new), others)


def itself(new: OvnEip) -> Iterator[Cause]:
    """What speaks against a public address whatever else there is."""
    if new.spec.type and new.spec.type not in TYPES:
        yield unsupported("spec.type", new.spec.type, TYPES)
    yield from reserving.itself(_asked(new))


def update(new: OvnEip, old: OvnEip, others: View) -> Iterator[Cause]:
    """A public address stays what it is: whoever wants another makes another."""
    yield from itself(new)
    yield from reserving.unchanged(_asked(new), _asked(old))


def _asked(new: OvnEip) -> Reservation:
    spec = new.spec
    stated = (("spec.v4Ip", spec.v4_ip, 4), ("spec.v6Ip", spec.v6_ip, 6))
    return Reservation(
        OVN_EIPS,
        new.name,
        eip_record(new.name),
        "spec.externalSubnet",
        spec.external_subnet,
        stated,
        spec.mac_address,
    )


def delete(old: OvnEip, others: View) -> Iterator[Cause]:
    """A public address stays as long as a rule uses it."""
    used = [
        f"{kind.name} {name}"
        for kind in RULES
        for name in others.index(kind.name, "spec.ovnEip").get(old.name, ())
    ]
    if used:
        message = f'OvnEip "{old.name}" cannot be deleted as long as it is used by {", ".join(used)}'
        yield forbidden("metadata.name", message)
