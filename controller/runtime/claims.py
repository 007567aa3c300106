"""What a pod or a node asks for: from which subnet, which address and MAC, from which pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from controller.api import choices
from controller.api.addresses import InvalidAddress, of_version, parse_address, parse_mac, version_of
from controller.api.annotations import FAMILIES, IP_ADDRESS, IP_FAMILY, IP_POOL, LOGICAL_SWITCH, MAC_ADDRESS
from controller.api.choices import Addresses, Choices
from controller.api.core import Pod
from controller.api.kinds import IPPOOLS, NAMESPACES, OVN_EIPS, PODS, STATEFULSETS, VIPS, VPCS
from controller.api.kubeovn import IP, IPSpec
from controller.api.meta import ObjectMeta
from controller.api.names import (
    JOIN_SUBNET,
    eip_record,
    node_port,
    pod_port,
    public_record,
    router_port,
    vip_record,
)
from controller.api.nat import OvnEip
from controller.api.reservations import Vip
from controller.engine.asking import BY_LABELS, SERVING
from controller.engine.settings import Settings
from controller.engine.view import View
from controller.ipam import IpamError
from controller.reconcilers import external, namespace
from controller.reconcilers.address import STATEFULSET
from controller.reconcilers.pod_public import Wanted
from controller.runtime.ranges import Ranges

OTHERS = "others"
"""What awaits that a subnet or an ``IPPool`` comes or becomes another."""


class NoAddress(Exception):
    """Why a claim got no address, as a sentence for people; ``awaits`` is what must change first."""

    def __init__(self, why: str, awaits: str) -> None:
        super().__init__(why)
        self.awaits = awaits


@dataclass(frozen=True)
class Wish:
    """Which addresses somebody would have; of families that ``fixed`` leaves open, any.

    ``choices``: one of these, the first that is free. ``divisions``: any of these ``IPPool`` objects.
    ``versions``: of these versions of IP alone; of all that the subnet has if there are none.
    """

    fixed: Addresses = ()
    choices: Choices | None = None
    divisions: tuple[str, ...] = ()
    mac: str = ""
    versions: tuple[int, ...] = ()

    def is_met_by(self, record: IP, ranges: Ranges) -> bool:
        """Whether an address of an earlier life is one that could be given now."""
        have = record.addresses
        try:
            return (
                ranges.are_for_ports(have)
                and set(self.fixed) <= set(have)
                and (not self.versions or {version_of(text) for text in have} <= set(self.versions))
                and (self.choices is None or self.choices.offers(have))
                and (not self.divisions or ranges.are_of(have, self.divisions))
                and self.mac in ("", record.spec.mac_address)
            )
        except (IpamError, InvalidAddress):
            return False


@dataclass(frozen=True)
class Claim:
    """Somebody who needs an address: the port that will have it, the subnet that it is of, and what was asked for."""

    owner: str
    port: str
    subnet: str
    name: str
    namespace: str
    node: str
    pod_type: str = ""
    wish: Wish = field(default_factory=Wish)

    def record(self, addresses: Addresses, mac: str) -> IP:
        """The IP object that says that these addresses are the claimant's."""
        return IP(
            metadata=ObjectMeta(name=self.port),
            spec=IPSpec(
                pod_name=self.name,
                namespace=self.namespace,
                subnet=self.subnet,
                node_name=self.node,
                ip_address=",".join(addresses),
                v4_ip_address=of_version(4, addresses),
                v6_ip_address=of_version(6, addresses),
                mac_address=mac,
                pod_type=self.pod_type,
            ),
        )


def of_node(owner: str, name: str) -> Claim:
    """A node claims an address of the join subnet."""
    port = node_port(name)
    return Claim(owner=owner, port=port, subnet=JOIN_SUBNET, name=port, namespace="", node=name)


def of_eip(owner: str, eip: OvnEip, settings: Settings) -> Claim:
    """A public address claims what it states, of the external subnet that it names, or of the cluster's.

    Raises ``NoAddress``.
    """
    spec = eip.spec
    return Claim(
        owner=owner,
        port=eip_record(eip.name),
        subnet=spec.external_subnet or settings.external_gateway_switch,
        name=eip.name,
        namespace="",
        node="",
        pod_type=OVN_EIPS.name,
        wish=_stated((spec.v4_ip, spec.v6_ip), spec.mac_address, "spec.v4Ip or spec.v6Ip"),
    )


def of_vip(owner: str, vip: Vip) -> Claim:
    """A virtual address claims what it states, of the subnet that it names. Raises ``NoAddress``."""
    spec = vip.spec
    return Claim(
        owner=owner,
        port=vip_record(vip.name),
        subnet=spec.subnet,
        name=vip.name,
        namespace="",
        node="",
        pod_type=VIPS.name,
        wish=_stated((spec.v4ip, spec.v6ip), spec.mac_address, "spec.v4ip or spec.v6ip"),
    )


def of_reservation(owner: str, record: IP) -> Claim:
    """A record that people made claims what it states, for the pod that it names. Raises ``NoAddress``."""
    spec = record.spec
    stated = (spec.ip_address,) if spec.ip_address else (spec.v4_ip_address, spec.v6_ip_address)
    return Claim(
        owner=owner,
        port=record.name,
        subnet=spec.subnet,
        name=spec.pod_name,
        namespace=spec.namespace,
        node="",
        pod_type=spec.pod_type,
        wish=_stated(stated, spec.mac_address, "spec.ipAddress, spec.v4IpAddress or spec.v6IpAddress"),
    )


def of_public(owner: str, pod: Pod, wanted: Wanted) -> Claim:
    """A pod claims a public address that it asks for by itself."""
    return Claim(
        owner=owner,
        port=public_record(wanted.address),
        subnet=wanted.subnet.name,
        name=pod.name,
        namespace=pod.namespace,
        node="",
        pod_type=wanted.annotation,
        wish=Wish(fixed=(wanted.address,)),
    )


def of_router(owner: str, vpc: str, subnet: str, view: View) -> Claim:
    """The router of a VPC claims an address of an external subnet: of the cluster's the one that is configured."""
    port = router_port(vpc, subnet)
    wish = Wish()
    if subnet == view.settings.external_gateway_switch:
        configured = external.gateway_of(vpc, view)
        wish = Wish(fixed=(configured.address,) if configured.address else (), mac=configured.mac)
    return Claim(owner, port, subnet, name=vpc, namespace="", node="", pod_type=VPCS.name, wish=wish)


def of_pod(owner: str, pod: Pod, view: View) -> Claim:
    """A pod claims what its annotations say, of the subnet that it names or that serves its namespace.

    Raises ``NoAddress`` where they say what cannot be.
    """
    stated = said(pod.path, view)
    subnet = stated.get(LOGICAL_SWITCH) or _serving(pod.namespace, view)
    mac = _mac(stated)
    if stated.get(IP_ADDRESS):
        wish = Wish(fixed=_fixed(stated[IP_ADDRESS]), mac=mac)
    elif stated.get(IP_POOL):
        subnet, wish = _of_pool(stated, subnet, pod, view, mac)
    else:
        wish = Wish(divisions=_of_namespace(pod.namespace, subnet, view), mac=mac)
    if stated.get(IP_FAMILY):
        wish = replace(wish, versions=_versions(stated[IP_FAMILY]))
    return Claim(
        owner=owner,
        port=pod_port(pod.namespace, pod.name),
        subnet=subnet,
        name=pod.name,
        namespace=pod.namespace,
        node=pod.spec.node_name,
        pod_type=pod_type(pod),
        wish=wish,
    )


def _serving(name: str, view: View) -> str:
    """The subnet that serves a namespace: where labels decide, these must be known."""
    if view.get(NAMESPACES, name) is None and view.asking(SERVING, BY_LABELS):
        raise NoAddress(f"namespace {name} is not known yet, and its labels decide on the subnet", OTHERS)
    return namespace.serving_subnet(name, view)


def pod_type(pod: Pod) -> str:
    """The kind of workload that the pod's address may be kept for."""
    return STATEFULSET if pod.metadata.owner_references else ""


def said(path: str, view: View) -> Mapping[str, str]:
    """The annotations of a pod."""
    stated = view.stated(PODS, path)
    return stated.annotations if stated is not None else {}


def of_subnet(name: str) -> str:
    """What awaits that something of a subnet is taken or becomes free."""
    return f"subnet/{name}"


def of_mac(mac: str) -> str:
    """What awaits that a MAC becomes free."""
    return f"mac/{mac}"


def _of_pool(stated: Mapping[str, str], subnet: str, pod: Pod, view: View, mac: str) -> tuple[str, Wish]:
    try:
        found = choices.parse(stated[IP_POOL])
    except InvalidAddress as error:
        raise NoAddress(f"annotation {IP_POOL}: {error}", OTHERS) from None
    if isinstance(found, tuple):
        return _of_divisions(found, stated, view), Wish(divisions=found, mac=mac)
    if not pod.metadata.owner_references:
        return subnet, Wish(choices=found, mac=mac)
    number = _number(pod, view)
    if not 0 <= number < len(found):
        why = f"annotation {IP_POOL} has {len(found)} addresses: the pod with number {number} of its set gets none"
        raise NoAddress(why, OTHERS)
    return subnet, Wish(fixed=found[number], mac=mac)


def _of_divisions(names: tuple[str, ...], stated: Mapping[str, str], view: View) -> str:
    """The subnet that the ``IPPool`` objects divide."""
    subnet = stated.get(LOGICAL_SWITCH, "")
    for name in names:
        division = view.get(IPPOOLS, name)
        if division is None:
            why = f"annotation {IP_POOL}: found {name!r}, allowed: addresses, or an IPPool that exists"
            raise NoAddress(why, OTHERS)
        if subnet and division.spec.subnet != subnet:
            why = f"IPPool {name} is of subnet {division.spec.subnet}, not of {subnet}"
            raise NoAddress(why, OTHERS)
        subnet = division.spec.subnet
    return subnet


def _of_namespace(name: str, subnet: str, view: View) -> tuple[str, ...]:
    return tuple(
        sorted(
            division.name
            for division in view.all(IPPOOLS)
            if name in division.spec.namespaces and division.spec.subnet == subnet
        )
    )


def _number(pod: Pod, view: View) -> int:
    """The place of a StatefulSet's pod among those of its set."""
    name, _, number = pod.name.rpartition("-")
    owner = view.get(STATEFULSETS, f"{pod.namespace}/{name}")
    start = owner.spec.ordinals.start if owner is not None else 0
    return int(number) - start if number.isdecimal() else -1


def _stated(addresses: Addresses, mac: str, where: str) -> Wish:
    text = ",".join(filter(None, addresses))
    return Wish(fixed=_addresses(text, where) if text else (), mac=_spelled(mac, "spec.macAddress"))


def _versions(text: str) -> tuple[int, ...]:
    if text not in FAMILIES:
        why = f"annotation {IP_FAMILY}: found {text!r}, allowed: {' or '.join(FAMILIES)}"
        raise NoAddress(why, OTHERS)
    return (FAMILIES[text],)


def _fixed(text: str) -> Addresses:
    return _addresses(text, f"annotation {IP_ADDRESS}")


def _mac(stated: Mapping[str, str]) -> str:
    return _spelled(stated.get(MAC_ADDRESS, ""), f"annotation {MAC_ADDRESS}")


def _addresses(text: str, where: str) -> Addresses:
    try:
        return tuple(str(parse_address(part.strip())) for part in text.split(","))
    except InvalidAddress as error:
        raise NoAddress(f"{where}: {error}", OTHERS) from None


def _spelled(mac: str, where: str) -> str:
    """The MAC that was asked for in the one spelling that is compared."""
    try:
        return parse_mac(mac) if mac else ""
    except InvalidAddress as error:
        raise NoAddress(f"{where}: {error}", OTHERS) from None
