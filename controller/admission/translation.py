"""What the rules that use public addresses may not be: of an address that is another's, or of ends that are none."""

import re
from collections.abc import Callable, Iterator

from controller.admission import labels, view
from controller.admission.cause import Cause, duplicate, invalid, required, unsupported
from controller.admission.view import View
from controller.api.addresses import Address, InvalidAddress, Network, parse_address, parse_network
from controller.api.kinds import OVN_DNAT_RULES, OVN_FIPS, OVN_SNAT_RULES
from controller.api.nat import OvnDnatRule, OvnDnatRuleSpec, OvnFip, OvnSnatRule, OvnSnatRuleSpec

Rule = OvnFip | OvnSnatRule | OvnDnatRule

KINDS = (OVN_FIPS, OVN_SNAT_RULES, OVN_DNAT_RULES)
IP_TYPES = ("ip", "vip")
PLACES = ("centralized", "distributed")
PROTOCOLS = ("tcp", "udp")
LARGEST_PORT = 65_535
_PORT = re.compile(r"[1-9][0-9]{0,4}")


def create(new: Rule, others: View) -> Iterator[Cause]:
    """A new rule."""
    yield from itself(new)
    yield from _inside(new)
    if new.spec.ovn_eip:
        yield from _sharing(new, others)


def itself(new: Rule) -> Iterator[Cause]:
    """What speaks against a rule whatever else there is."""
    if not new.spec.ovn_eip:
        yield required("spec.ovnEip", "the name of the OvnEip that the rule uses")
    else:
        yield from labels.name("spec.ovnEip", new.spec.ovn_eip)
    if new.spec.vpc:
        yield from labels.label("spec.vpc", new.spec.vpc)
    if new.spec.ip_name:
        yield from labels.name("spec.ipName", new.spec.ip_name)
    match new:
        case OvnFip():
            yield from _end(new)
            if new.spec.type and new.spec.type not in PLACES:
                yield unsupported("spec.type", new.spec.type, PLACES)
        case OvnDnatRule():
            yield from _end(new)
            yield from _ports(new)
            yield from _service(new)
        case OvnSnatRule():
            yield from _sources(new)


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


def _inside(new: Rule) -> Iterator[Cause]:
    """Somebody must be meant."""
    spec = new.spec
    if isinstance(spec, OvnSnatRuleSpec):
        if not (spec.vpc_subnet or spec.ip_name or spec.v4_ip_cidr or spec.v6_ip_cidr):
            allowed = "the name of a subnet, or else spec.ipName, spec.v4IpCidr or spec.v6IpCidr"
            yield required("spec.vpcSubnet", allowed)
        return
    is_service = isinstance(spec, OvnDnatRuleSpec) and bool(spec.service_name)
    if not (spec.ip_name or spec.v4_ip or spec.v6_ip or is_service):
        yield required("spec.ipName", "the name of an IP, or else an address in spec.v4Ip or spec.v6Ip")


def _end(new: OvnFip | OvnDnatRule) -> Iterator[Cause]:
    spec = new.spec
    if spec.ip_type and spec.ip_type not in IP_TYPES:
        yield unsupported("spec.ipType", spec.ip_type, IP_TYPES)
    for field, text, version in (("spec.v4Ip", spec.v4_ip, 4), ("spec.v6Ip", spec.v6_ip, 6)):
        yield from _readable(field, text, version, parse_address)


def _sources(new: OvnSnatRule) -> Iterator[Cause]:
    spec = new.spec
    if spec.vpc_subnet:
        yield from labels.label("spec.vpcSubnet", spec.vpc_subnet)
    for field, text, version in (
        ("spec.v4IpCidr", spec.v4_ip_cidr, 4),
        ("spec.v6IpCidr", spec.v6_ip_cidr, 6),
    ):
        yield from _readable(field, text, version, parse_network if "/" in text else parse_address)


def _service(new: OvnDnatRule) -> Iterator[Cause]:
    for field, name in (
        ("spec.serviceName", new.spec.service_name),
        ("spec.serviceNamespace", new.spec.service_namespace),
    ):
        if name:
            yield from labels.label(field, name)


def _ports(new: OvnDnatRule) -> Iterator[Cause]:
    spec = new.spec
    if spec.protocol and spec.protocol.lower() not in PROTOCOLS:
        yield unsupported("spec.protocol", spec.protocol, PROTOCOLS)
    for field, text in (("spec.externalPort", spec.external_port), ("spec.internalPort", spec.internal_port)):
        if not text:
            yield required(field, f"a port, 1 to {LARGEST_PORT}")
        elif not _PORT.fullmatch(text) or int(text) > LARGEST_PORT:
            yield invalid(field, text, f"a port, 1 to {LARGEST_PORT}")


def _readable(
    field: str, text: str, version: int, parse: Callable[[object], Address | Network]
) -> Iterator[Cause]:
    if not text:
        return
    try:
        found = parse(text)
    except InvalidAddress as error:
        yield invalid(field, text, error.allowed)
        return
    if found.version != version:
        yield invalid(field, text, f"of version {version} of IP")
    elif str(found) != text:
        yield invalid(field, text, f"the same address as {found}")
