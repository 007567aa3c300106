"""What the annotation `ip_pool` may not say, on a pod or in the template of one.

Addresses that are taken may stand in it: it is there to choose from. An `IPPool` that does not exist yet is waited for.
"""

from collections.abc import Iterator

from controller.admission import taken, view
from controller.admission.cause import Cause, invalid
from controller.admission.networks import for_a_pod, gateways
from controller.admission.view import View
from controller.api import choices
from controller.api.addresses import Address, InvalidAddress
from controller.api.annotations import IP_POOL, LOGICAL_SWITCH
from controller.api.core import Pod
from controller.api.kinds import IPPOOLS, SUBNETS


def pool(field: str, asking: Pod, others: View) -> Iterator[Cause]:
    """What speaks against the pool that a pod asks for; `field` is the path of the annotation."""
    text = asking.annotations.get(IP_POOL)
    if not text:
        return
    try:
        found = choices.parse(text)
    except InvalidAddress as error:
        yield invalid(field, text, error.allowed)
        return
    if isinstance(found, tuple):
        yield from _divisions(field, found, asking.annotations.get(LOGICAL_SWITCH, ""), others)
        return
    subnet = view.get(others, SUBNETS, taken.subnet_of(asking, others))
    if subnet is None:
        return
    for member in found.members:
        for part in member:
            ends = dict.fromkeys(Address(part.version, value) for value in (part.first, part.last))
            faults = [fault for address in ends for fault in for_a_pod(field, address, subnet)]
            yield from faults
            if not faults:
                inside = (gateway for gateway in gateways(subnet) if part.holds(gateway))
                yield from (
                    invalid(field, text, f"addresses other than the gateway {gateway}") for gateway in inside
                )


def _divisions(field: str, names: tuple[str, ...], switch: str, others: View) -> Iterator[Cause]:
    subnet = switch
    for name in names:
        division = view.get(others, IPPOOLS, name)
        if division is None:
            continue
        if subnet and division.spec.subnet != subnet:
            yield invalid(field, name, f"an IPPool of subnet {subnet}: this one is of {division.spec.subnet}")
        subnet = subnet or division.spec.subnet
