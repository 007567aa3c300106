"""What an `OvnEip` may not be: of no subnet, an address that cannot be, or gone while rules use it."""

from collections.abc import Iterator

from controller.admission import taken, view
from controller.admission.cause import Cause, duplicate, forbidden, invalid, required, unsupported
from controller.admission.networks import networks
from controller.admission.view import View
from controller.api.addresses import InvalidAddress, parse_address, parse_mac
from controller.api.kinds import IPS, OVN_DNAT_RULES, OVN_FIPS, OVN_SNAT_RULES, SUBNETS
from controller.api.names import eip_record
from controller.api.nat import OvnEip

TYPES = ("nat", "lrp", "lsp")
RULES = (OVN_FIPS, OVN_SNAT_RULES, OVN_DNAT_RULES)


def create(new: OvnEip, others: View) -> Iterator[Cause]:
    """A public address that nobody has yet."""
    if not new.spec.external_subnet:
        yield required("spec.externalSubnet", "the name of the subnet that the address is of")
    if new.spec.type and new.spec.type not in TYPES:
        yield unsupported("spec.type", new.spec.type, TYPES)
    subnet = view.get(others, SUBNETS, new.spec.external_subnet) if new.spec.external_subnet else None
    for field, text, version in (("spec.v4Ip", new.spec.v4_ip, 4), ("spec.v6Ip", new.spec.v6_ip, 6)):
        if not text:
            continue
        try:
            address = parse_address(text)
        except InvalidAddress as error:
            yield invalid(field, text, error.allowed)
            continue
        if address.version != version:
            yield invalid(field, text, f"an IPv{version} address")
        elif subnet is not None and not any(network.holds(address) for network in networks(subnet)):
            yield invalid(field, text, f"an address of {subnet.spec.cidr_block}")
        elif owner := taken.record_of(address, new.spec.external_subnet, eip_record(new.name), others):
            yield duplicate(field, text, f"{IPS.name} {owner}")
    try:
        parse_mac(new.spec.mac_address) if new.spec.mac_address else None
    except InvalidAddress as error:
        yield invalid("spec.macAddress", new.spec.mac_address, error.allowed)


def update(new: OvnEip, old: OvnEip, others: View) -> Iterator[Cause]:
    """A public address stays what it is: whoever wants another makes another."""
    for field in ("external_subnet", "v4_ip", "v6_ip", "mac_address"):
        before, after = getattr(old.spec, field), getattr(new.spec, field)
        if before != after:
            name = {"external_subnet": "externalSubnet", "mac_address": "macAddress"}.get(
                field, field.replace("_ip", "Ip")
            )
            yield forbidden(
                f"spec.{name}", f'found "{after}", allowed "{before}": an address stays what it is'
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
