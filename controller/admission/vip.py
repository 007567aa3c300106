"""What a `Vip` may not be: of no subnet, an address that cannot be, or gone while rules lead to it."""

from collections.abc import Iterator
from typing import Any

from controller.admission import labels, reserving, view
from controller.admission.cause import Cause, forbidden, invalid, required, unsupported
from controller.admission.reserving import Reservation
from controller.admission.view import View
from controller.api.kinds import OVN_DNAT_RULES, OVN_FIPS, VIPS, Kind
from controller.api.names import vip_record
from controller.api.nat import OF_VIP
from controller.api.reservations import Vip
from controller.api.vips import required as labels_of

RULES: tuple[Kind[Any], ...] = (OVN_FIPS, OVN_DNAT_RULES)
TYPES = ("switch_lb_vip", "kube_host_vm_vip", "bgp_lb_vip")
"""What an address may be for besides pods."""


def create(new: Vip, others: View) -> Iterator[Cause]:
    """A virtual address that nobody has yet."""
    yield from itself(new)
    yield from reserving.beside_others(_asked(new), others)


def update(new: Vip, old: Vip, others: View) -> Iterator[Cause]:
    """Other pods may use it; the address stays what it is: whoever wants another makes another."""
    yield from itself(new)
    yield from reserving.unchanged(_asked(new), _asked(old))


def delete(old: Vip, others: View) -> Iterator[Cause]:
    """A virtual address stays as long as a rule leads to it."""
    used = [
        f"{kind.name} {name}"
        for kind in RULES
        for name in others.index(kind.name, "spec.ipName").get(old.name, ())
        if (rule := view.get(others, kind, name)) is not None and rule.spec.ip_type == OF_VIP
    ]
    if used:
        message = f'Vip "{old.name}" cannot be deleted as long as it is used by {", ".join(used)}'
        yield forbidden("metadata.name", message)


def itself(new: Vip) -> Iterator[Cause]:
    """What speaks against a virtual address whatever else there is."""
    spec = new.spec
    if not spec.subnet:
        yield required("spec.subnet", "the name of the subnet that the address is of")
    if spec.type and spec.type not in TYPES:
        yield unsupported("spec.type", spec.type, TYPES)
    if spec.namespace:
        yield from labels.label("spec.namespace", spec.namespace)
    for position, text in enumerate(spec.selector):
        try:
            labels_of((text,))
        except ValueError:
            yield invalid(f"spec.selector[{position}]", text, 'a label as "KEY: VALUE"')
    yield from labels.names("spec.attachSubnets", spec.attach_subnets)
    for field, text in (
        ("spec.parentV4ip", spec.parent_v4ip),
        ("spec.parentV6ip", spec.parent_v6ip),
        ("spec.parentMac", spec.parent_mac),
    ):
        yield from labels.word(field, text)
    yield from reserving.itself(_asked(new))


def _asked(new: Vip) -> Reservation:
    spec = new.spec
    stated = (("spec.v4ip", spec.v4ip, 4), ("spec.v6ip", spec.v6ip, 6))
    return Reservation(
        VIPS, new.name, vip_record(new.name), "spec.subnet", spec.subnet, stated, spec.mac_address
    )
