"""What a pod may not ask for: a fixed address from elsewhere, one that somebody has, or a MAC that is none.

A pod whose subnet does not exist yet is let pass: it waits for it, and the controller tells why. Ordinary pods ask for
nothing and cost nothing here.
"""

from collections.abc import Iterator

from controller.admission import choices, marks, ports, public, taken, view
from controller.admission.cause import Cause, duplicate, invalid
from controller.admission.networks import canonical_addresses, for_a_pod
from controller.admission.view import View
from controller.api.addresses import InvalidAddress, parse_mac
from controller.api.annotations import IP_ADDRESS, IP_POOL, LOGICAL_SWITCH, MAC_ADDRESS
from controller.api.core import Pod
from controller.api.kinds import IPS, PODS, SUBNETS
from controller.api.names import pod_port
from controller.api.public import ASKED_BY

_ADDRESS = f"metadata.annotations[{IP_ADDRESS}]"
_POOL = f"metadata.annotations[{IP_POOL}]"
_MAC = f"metadata.annotations[{MAC_ADDRESS}]"


def create(new: Pod, others: View) -> Iterator[Cause]:
    """A new pod, with what it asks for in its annotations."""
    yield from marks.readable("metadata.annotations", new.annotations)
    if not new.spec.host_network:
        yield from ports.of_pod(new, others)
        yield from _address(new, others)
        yield from choices.pool(_POOL, new, others)
        yield from _mac(new, others)
        for annotation in ASKED_BY:
            yield from public.asked_for(annotation, new, others)


def update(new: Pod, old: Pod, others: View) -> Iterator[Cause]:
    """Other annotations: only what changed is judged, so that a finished pod can still be told so."""
    if new.spec.host_network or new.is_finished:
        return
    before, after = old.annotations, new.annotations
    yield from marks.readable("metadata.annotations", after, before)
    if any(before.get(key) != after.get(key) for key in (IP_ADDRESS, LOGICAL_SWITCH)):
        yield from _address(new, others)
    if any(before.get(key) != after.get(key) for key in (IP_POOL, LOGICAL_SWITCH)):
        yield from choices.pool(_POOL, new, others)
    if before.get(MAC_ADDRESS) != after.get(MAC_ADDRESS):
        yield from _mac(new, others)
    for annotation in ASKED_BY:
        if before.get(annotation) != after.get(annotation):
            yield from public.asked_for(annotation, new, others)


def delete(old: Pod, others: View) -> Iterator[Cause]:
    """A pod may always go."""
    return iter(())


def _address(new: Pod, others: View) -> Iterator[Cause]:
    fixed = new.annotations.get(IP_ADDRESS)
    if not fixed:
        return
    faults: list[Cause] = []
    addresses = canonical_addresses(_ADDRESS, fixed, faults)
    yield from faults
    name = taken.subnet_of(new, others)
    subnet = view.get(others, SUBNETS, name)
    if subnet is None:
        return
    port = pod_port(new.namespace, new.name)
    for address in addresses:
        outside = list(for_a_pod(_ADDRESS, address, subnet))
        yield from outside
        if outside:
            faults += outside
        elif owner := taken.record_of(address, name, port, others):
            fault = duplicate(_ADDRESS, str(address), f"{IPS.name} {owner}")
            faults.append(fault)
            yield fault
    if not faults and (rival := taken.pod_that_asked_for(fixed, name, new.path, others)):
        yield duplicate(_ADDRESS, fixed, f"{PODS.name} {rival}")


def _mac(new: Pod, others: View) -> Iterator[Cause]:
    fixed = new.annotations.get(MAC_ADDRESS)
    if not fixed:
        return
    try:
        mac = parse_mac(fixed)
    except InvalidAddress as error:
        yield invalid(_MAC, fixed, error.allowed)
        return
    owner = taken.record_of_mac(mac, pod_port(new.namespace, new.name), others)
    if owner is not None:
        yield duplicate(_MAC, fixed, f"{IPS.name} {owner}")
