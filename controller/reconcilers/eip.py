"""``OvnEip``: a public address of an external subnet, which rules translate to and from."""

from __future__ import annotations

from collections.abc import Iterator

from controller.api.kinds import IPS, OVN_DNAT_RULES, OVN_EIPS, OVN_FIPS, OVN_SNAT_RULES
from controller.api.kubeovn import IP
from controller.api.meta import Condition
from controller.api.names import eip_record
from controller.api.nat import OvnDnatRule, OvnEip, OvnFip, OvnSnatRule
from controller.engine.asking import RULES_OF
from controller.engine.fragment import Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.reconcilers.ending import named, needed
from controller.reconcilers.not_carried import support

USES = {OVN_FIPS.name: "fip", OVN_SNAT_RULES.name: "snat", OVN_DNAT_RULES.name: "dnat"}
"""What an address is used for, in the words of its status."""


@reconciler("ovn-eip", OVN_EIPS)
def given(eip: OvnEip, view: View) -> Fragment:
    """The address that was given, told where people look for it. It stays as long as a rule uses it."""
    record = view.get(IPS, eip_record(eip.name))
    carried = support(OVN_EIPS, eip.spec)
    fragment = Fragment(conditions=(carried,)) if record is None else _told(eip, record, carried, view)
    return needed(eip, fragment, lambda: named(_rules(eip, view)))


def _told(eip: OvnEip, record: IP, carried: Condition, view: View) -> Fragment:
    return Fragment(
        spec={} if eip.spec.external_subnet else {"externalSubnet": record.spec.subnet},
        status={
            "type": eip.spec.type or "nat",
            "v4Ip": record.spec.v4_ip_address,
            "v6Ip": record.spec.v6_ip_address,
            "macAddress": record.spec.mac_address,
            "ready": True,
            "nat": ",".join(sorted({USES[kind] for kind, _ in view.asking(RULES_OF, eip.name)})),
        },
        conditions=(Condition(type="Ready", status="True", reason="AddressGiven"), carried),
    )


def _rules(eip: OvnEip, view: View) -> Iterator[str]:
    """The rules that use a public address."""
    every: tuple[OvnFip | OvnSnatRule | OvnDnatRule, ...] = (
        *view.all(OVN_FIPS),
        *view.all(OVN_SNAT_RULES),
        *view.all(OVN_DNAT_RULES),
    )
    return (f"{rule.kind} {rule.name}" for rule in every if rule.spec.ovn_eip == eip.name)
