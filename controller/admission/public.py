"""The public addresses that a pod asks for by itself: they must be some, and nobody else's."""

from collections.abc import Iterator

from controller.admission import taken, view
from controller.admission.cause import Cause, duplicate, invalid
from controller.admission.networks import networks
from controller.admission.view import View
from controller.api.addresses import InvalidAddress, parse_address
from controller.api.annotations import SNAT
from controller.api.core import Pod
from controller.api.kinds import IPS, SUBNETS
from controller.api.names import public_record
from controller.api.public import addresses


def readable(field: str, text: str) -> Iterator[Cause]:
    """Whether an annotation says addresses, one of each family."""
    try:
        addresses(text)
    except InvalidAddress as error:
        yield invalid(field, error.found, error.allowed)


def asked_for(annotation: str, new: Pod, others: View) -> Iterator[Cause]:
    """What speaks against the addresses of one annotation. Pods without it cost nothing."""
    text = new.annotations.get(annotation)
    if not text:
        return
    field = f"metadata.annotations[{annotation}]"
    faults = list(readable(field, text))
    yield from faults
    for address in addresses(text) if not faults else ():
        owner = _owner(address, annotation, new, others)
        if owner:
            yield duplicate(field, address, f"{IPS.name} {owner}")


def _owner(text: str, annotation: str, new: Pod, others: View) -> str | None:
    address = parse_address(text)
    for subnet in view.every(others, SUBNETS):
        if subnet.spec.vlan and any(network.holds(address) for network in networks(subnet)):
            owner = taken.record_of(address, subnet.name, "", others)
            if owner is not None and not _may_use(owner, text, annotation, new, others):
                return owner
    return None


def _may_use(owner: str, text: str, annotation: str, new: Pod, others: View) -> bool:
    """Whether the record is the pod's own, or of an address that is shared."""
    record = view.get(others, IPS, owner)
    if owner != public_record(text) or record is None or record.spec.pod_type != annotation:
        return False
    own = (record.spec.namespace, record.spec.pod_name) == (new.namespace, new.name)
    return annotation == SNAT or own
