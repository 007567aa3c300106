"""What the rules that use public addresses may not be: of an address that is another's, or of ends that are none."""

from collections.abc import Iterator

from controller.admission import view
from controller.admission.cause import Cause, duplicate, invalid, required, unsupported
from controller.admission.view import View
from controller.api.addresses import InvalidAddress, parse_address, parse_network
from controller.api.kinds import OVN_DNAT_RULES, OVN_FIPS, OVN_SNAT_RULES
from controller.api.nat import OvnDnatRule, OvnFip, OvnSnatRule

Rule = OvnFip | OvnSnatRule | OvnDnatRule

KINDS = (OVN_FIPS, OVN_SNAT_RULES, OVN_DNAT_RULES)
IP_TYPES = ("ip", "vip")
PLACES = ("centralized", "distributed")
PROTOCOLS = ("tcp", "udp")
LARGEST_PORT = 65_535


def create(new: Rule, others: View) -> Iterator[Cause]:
    """A new rule."""
    if not new.spec.ovn_eip:
        yield required("spec.ovnEip", "the name of the OvnEip that the rule uses")
    else:
        yield from _sharing(new, others)
    match new:
        case OvnFip():
            yield from _end(new)
            if new.spec.type and new.spec.type not in PLACES:
                yield unsupported("spec.type", new.spec.type, PLACES)
        case OvnDnatRule():
            yield from _end(new)
            yield from _ports(new)
        case OvnSnatRule():
            for field, text in (
                ("spec.v4IpCidr", new.spec.v4_ip_cidr),
                ("spec.v6IpCidr", new.spec.v6_ip_cidr),
            ):
                yield from _readable(field, text)


def update(new: Rule, old: Rule, others: View) -> Iterator[Cause]:
    """Another inner side, or another public address."""
    yield from create(new, others)


def delete(old: Rule, others: View) -> Iterator[Cause]:
    """A rule may always go."""
    return iter(())


def _sharing(new: Rule, others: View) -> Iterator[Cause]:
    """A floating address is one rule's alone; of others' ports each leads to one place."""
    for kind in KINDS:
        for name in others.index(kind.name, "spec.ovnEip").get(new.spec.ovn_eip, ()):
            if isinstance(new, kind.type) and name == new.name:
                continue
            if isinstance(new, OvnFip) or kind is OVN_FIPS:
                yield duplicate("spec.ovnEip", new.spec.ovn_eip, f"{kind.name} {name}")
            elif isinstance(new, OvnDnatRule) and kind is OVN_DNAT_RULES:
                rival = view.get(others, OVN_DNAT_RULES, name)
                if rival is not None and _port(rival) == _port(new):
                    yield duplicate("spec.externalPort", new.spec.external_port, f"{kind.name} {name}")


def _port(rule: OvnDnatRule) -> tuple[str, str]:
    return rule.spec.protocol.lower() or PROTOCOLS[0], rule.spec.external_port


def _end(new: OvnFip | OvnDnatRule) -> Iterator[Cause]:
    spec = new.spec
    if spec.ip_type and spec.ip_type not in IP_TYPES:
        yield unsupported("spec.ipType", spec.ip_type, IP_TYPES)
    for field, text in (("spec.v4Ip", spec.v4_ip), ("spec.v6Ip", spec.v6_ip)):
        yield from _readable(field, text)


def _ports(new: OvnDnatRule) -> Iterator[Cause]:
    spec = new.spec
    if spec.protocol and spec.protocol.lower() not in PROTOCOLS:
        yield unsupported("spec.protocol", spec.protocol, PROTOCOLS)
    for field, text in (("spec.externalPort", spec.external_port), ("spec.internalPort", spec.internal_port)):
        if not text:
            yield required(field, f"a port, 1 to {LARGEST_PORT}")
        elif not text.isdecimal() or not 1 <= int(text) <= LARGEST_PORT:
            yield invalid(field, text, f"a port, 1 to {LARGEST_PORT}")


def _readable(field: str, text: str) -> Iterator[Cause]:
    if not text:
        return
    try:
        parse_network(text) if "/" in text else parse_address(text)
    except InvalidAddress as error:
        yield invalid(field, text, error.allowed)
