"""What all rules that translate have in common: an inner side, a public address as their outer one, and their turn.

A rule is carried out once it is its turn and both sides are known. Until then its condition says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from controller.api.addresses import of_version, version_of
from controller.api.kind import Kind
from controller.api.kinds import IPS, OVN_EIPS, OVN_FIPS, SUBNETS
from controller.api.kubeovn import IP, Subnet
from controller.api.meta import Condition
from controller.api.names import DEFAULT_VPC, eip_record, vip_record
from controller.api.nat import OvnDnatRule, OvnFip, OvnSnatRule
from controller.api.placement import vpc_of
from controller.engine.addressing import Addressing
from controller.engine.asking import RULES_OF
from controller.engine.fragment import Fragment
from controller.engine.reconciler import Compile, Reconciler
from controller.engine.view import View
from controller.northbound.rows import Member, Row
from controller.reconcilers.external import leaves_by, reached_by
from controller.reconcilers.not_carried import support

R = TypeVar("R", OvnFip, OvnSnatRule, OvnDnatRule)

READY = Condition(type="Ready", status="True", reason="Translated")


class NotYet(Exception):
    """Why nothing can be made of a rule now, for its condition."""


@dataclass(frozen=True)
class Inside:
    """The inner side: addresses or networks of a VPC, and the logical switch port where there is one endpoint."""

    vpc: str
    addresses: tuple[str, ...]
    port: str = ""


@dataclass(frozen=True)
class Outside:
    """The outer side: the addresses, their MAC, and the external subnet that they are of."""

    addresses: tuple[str, ...]
    mac: str
    subnet: Subnet


@dataclass(frozen=True)
class Sides:
    """Both sides of a rule that can be carried out."""

    inside: Inside
    outside: Outside

    @classmethod
    def of(cls, inside: Inside, eip: str, view: View) -> Sides:
        """The inner side with the ``OvnEip`` of that name. Raises ``NotYet``."""
        return cls(inside, _outside(eip, inside, view))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Outer and inner address of each family that both sides have."""
        inner = {version_of(text): text for text in self.inside.addresses}
        return [
            (text, inner[version_of(text)]) for text in self.outside.addresses if version_of(text) in inner
        ]

    def carried_out(
        self,
        rows: Iterable[Row],
        status: dict[str, Any],
        members: tuple[Member, ...] = (),
        remark: str = "",
    ) -> Fragment:
        """What the rule needs: its own ``rows`` and ``members``, and what every rule needs and says besides."""
        inner = [inner for _, inner in self.pairs]
        return Fragment(
            rows=tuple(rows),
            members=(*members, *leaves_by(self.inside.vpc, self.outside.subnet, inner)),
            status={
                "vpc": self.inside.vpc,
                "ready": True,
                **by_version("Eip", self.outside.addresses),
                **status,
            },
            conditions=(msgspec.structs.replace(READY, message=remark),),
        )


def rule(name: str, kind: Kind[R]) -> Callable[[Compile[R]], Reconciler]:
    """Declares the reconciler of a kind of rules, which raises ``NotYet`` while a rule cannot be carried out."""

    def declare(carry_out: Compile[R]) -> Reconciler:
        def compile(subject: R, view: View) -> Fragment:
            fragment: Fragment
            try:
                _check_turn(kind, subject, view)
                fragment = carry_out(subject, view)
            except NotYet as why:
                condition = Condition(type="Ready", status="False", reason="NotTranslated", message=str(why))
                fragment = Fragment(status={"ready": False}, conditions=(condition,))
            conditions = (*fragment.conditions, support(kind, subject.spec))
            return msgspec.structs.replace(fragment, conditions=conditions)

        return Reconciler(name, kind, compile)

    return declare


def by_version(suffix: str, addresses: tuple[str, ...]) -> dict[str, str]:
    """Addresses or networks as fields of a status: ``v4Ip`` and ``v6Ip`` where the suffix is ``Ip``."""
    return {f"v{version}{suffix}": of_version(version, addresses) for version in (4, 6)}


def an_ip(name: str, view: View) -> Inside:
    """The pod, or whoever else has the IP object of that name. Raises ``NotYet``."""
    record = view.get(IPS, name)
    if record is None:
        raise NotYet(f"spec.ipName: there is no IP {name!r} (yet)")
    return Inside(_vpc_of(record, view), record.addresses, record.name)


def a_vip(name: str, view: View) -> Inside:
    """The virtual address of that name; whoever has it, its port is not one that stays. Raises ``NotYet``."""
    record = view.get(IPS, vip_record(name))
    if record is None:
        raise NotYet(f"spec.ipName: Vip {name!r} does not exist or has no address (yet)")
    return Inside(_vpc_of(record, view), record.addresses)


def _vpc_of(record: IP, view: View) -> str:
    subnet = view.get(SUBNETS, record.spec.subnet)
    if subnet is None:
        raise NotYet(f"there is no subnet {record.spec.subnet!r}, which {record.name} is of")
    return vpc_of(subnet)


def a_subnet(name: str, view: View) -> Inside:
    """All of a subnet. Raises ``NotYet``."""
    subnet = view.get(SUBNETS, name)
    if subnet is None:
        raise NotYet(f"spec.vpcSubnet: there is no subnet {name!r} (yet)")
    networks = tuple(str(family.network) for family in Addressing.of(subnet).families)
    return Inside(vpc_of(subnet), networks)


def stated(vpc: str, *addresses: str) -> Inside:
    """Addresses or networks of a VPC, as the rule writes them. Raises ``NotYet``."""
    found = tuple(filter(None, addresses))
    if not found:
        raise NotYet("neither spec.ipName nor an address says what is to be translated")
    return Inside(vpc or DEFAULT_VPC, found)


def _outside(name: str, inside: Inside, view: View) -> Outside:
    """The public address of a rule, if the VPC of its inner side reaches the network that it is of."""
    eip = view.get(OVN_EIPS, name)
    record = view.get(IPS, eip_record(name))
    if eip is None or record is None:
        raise NotYet(f"spec.ovnEip: OvnEip {name!r} does not exist or has no address (yet)")
    spec = record.spec
    subnet = next((entry for entry in reached_by(inside.vpc, view) if entry.name == spec.subnet), None)
    if subnet is None:
        raise NotYet(
            f"VPC {inside.vpc} does not reach {spec.subnet}: name it in extraExternalSubnets of the VPC"
        )
    return Outside(record.addresses, spec.mac_address, subnet)


def _check_turn(kind: Kind[Any], subject: OvnFip | OvnSnatRule | OvnDnatRule, view: View) -> None:
    """A floating address is one rule's alone: the first's by name, where several got past admission at once."""
    eip = subject.spec.ovn_eip
    floating = [path for of, path in view.asking(RULES_OF, eip) if of == OVN_FIPS.name]
    if floating and (kind.name, subject.name) != (OVN_FIPS.name, floating[0]):
        raise NotYet(f"spec.ovnEip: {eip} is taken by {OVN_FIPS.name} {floating[0]}")
