"""What a `Vlan` may not be: a number that no frame carries, another one's number, or gone while subnets lie in it."""

from collections.abc import Iterator

from controller.admission import labels, view
from controller.admission.cause import Cause, duplicate, forbidden, invalid, required
from controller.admission.view import View
from controller.api.kinds import SUBNETS, VLANS
from controller.api.underlay import Vlan

LARGEST = 4_094
"""The last number of a VLAN (IEEE 802.1Q, 9.6); 0 is no tag at all."""


def create(new: Vlan, others: View) -> Iterator[Cause]:
    """A VLAN that nobody uses yet."""
    yield from itself(new)
    yield from _beside_others(new, others)


def update(new: Vlan, old: Vlan, others: View) -> Iterator[Cause]:
    """Another number or physical network."""
    yield from itself(new)
    yield from _beside_others(new, others)


def delete(old: Vlan, others: View) -> Iterator[Cause]:
    """A VLAN stays as long as a subnet lies in it."""
    inside = sorted(others.index(SUBNETS.name, "spec.vlan").get(old.name, ()))
    if inside:
        message = (
            f'Vlan "{old.name}" cannot be deleted as long as these subnets lie in it: {", ".join(inside)}'
        )
        yield forbidden("metadata.name", message)


def itself(new: Vlan) -> Iterator[Cause]:
    """What speaks against a VLAN whatever else there is."""
    spec = new.spec
    if not spec.provider:
        yield required("spec.provider", "the name of the ProviderNetwork that the VLAN is of")
    else:
        yield from labels.name("spec.provider", spec.provider)
    for field, number in (("spec.id", spec.id), ("spec.vlanId", spec.vlan_id)):
        if not 0 <= number <= LARGEST:
            yield invalid(field, number, f"1 to {LARGEST}, or 0 for frames without a tag")
    if spec.vlan_id and spec.id and spec.vlan_id != spec.id:
        yield invalid("spec.vlanId", spec.vlan_id, f"{spec.id}, as spec.id says")
    if spec.provider_interface_name and spec.provider_interface_name != spec.provider:
        yield invalid(
            "spec.providerInterfaceName",
            spec.provider_interface_name,
            f"{spec.provider}, as spec.provider says",
        )


def _beside_others(new: Vlan, others: View) -> Iterator[Cause]:
    for other in view.every(others, VLANS):
        if other.name != new.name and _place(other) == _place(new) and new.spec.id:
            yield duplicate("spec.id", new.spec.id, f"{VLANS.name} {other.name} of {new.spec.provider}")


def _place(vlan: Vlan) -> tuple[str, int]:
    return vlan.spec.provider, vlan.spec.id
