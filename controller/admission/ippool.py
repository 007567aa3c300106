"""What an `IPPool` may not be: of no subnet, called like an address, or of addresses that another one has.

Addresses beyond the subnet may stand in it, as Kube-OVN has it: those in both count.
"""

from collections.abc import Iterator, Sequence

from controller.admission import labels, ports, view
from controller.admission.cause import Cause, duplicate, forbidden, invalid, required
from controller.admission.networks import networks
from controller.admission.view import View
from controller.api.addresses import BITS, InvalidAddress, Network, Range
from controller.api.choices import parse
from controller.api.kinds import IPPOOLS, SUBNETS
from controller.api.pools import common, effective, parse_entry
from controller.api.reservations import IPPool

_ANYWHERE = tuple(Network(version, 0, 0) for version in BITS)


def create(new: IPPool, others: View) -> Iterator[Cause]:
    """A pool that nobody has addresses of yet."""
    yield from itself(new)
    yield from _beside_others(new, others)


def update(new: IPPool, old: IPPool, others: View) -> Iterator[Cause]:
    """Other addresses or namespaces; addresses that pods have already stay theirs."""
    if new.spec.subnet != old.spec.subnet:
        yield forbidden(
            "spec.subnet", f'found "{new.spec.subnet}", allowed "{old.spec.subnet}": a pool keeps its subnet'
        )
    yield from itself(new)
    yield from _beside_others(new, others)


def delete(old: IPPool, others: View) -> Iterator[Cause]:
    """A pool may always go; addresses that pods have stay theirs."""
    return iter(())


def itself(new: IPPool) -> Iterator[Cause]:
    """What speaks against a pool whatever else there is."""
    try:
        is_name = parse(new.name) == (new.name,)
    except InvalidAddress:
        is_name = False
    if not is_name:
        allowed = "a name that is not read as an address in the annotation ip_pool: one with a letter in it"
        yield invalid("metadata.name", new.name, allowed)
    if not new.spec.subnet:
        yield required("spec.subnet", "the name of the subnet that the pool is of")
    else:
        yield from labels.label("spec.subnet", new.spec.subnet)
    yield from labels.labels("spec.namespaces", new.spec.namespaces)
    for number, text in enumerate(new.spec.ips):
        try:
            parse_entry(text)
        except InvalidAddress as error:
            yield invalid(f"spec.ips[{number}]", text, error.allowed)


def _beside_others(new: IPPool, others: View) -> Iterator[Cause]:
    yield from ports.of_pool(new, others)
    subnet = view.get(others, SUBNETS, new.spec.subnet)
    within = networks(subnet) if subnet is not None else _ANYWHERE
    rivals = [
        (pool.name, _readable(pool, within))
        for pool in view.every(others, IPPOOLS)
        if pool.name != new.name and pool.spec.subnet == new.spec.subnet
    ]
    for number, text in enumerate(new.spec.ips):
        part = _readable(IPPool(spec=type(new.spec)(subnet=new.spec.subnet, ips=(text,))), within)
        for name, ranges in rivals:
            if (address := common(part, ranges)) is not None:
                yield duplicate(f"spec.ips[{number}]", str(address), f"{IPPOOLS.name} {name}")


def _readable(pool: IPPool, within: Sequence[Network]) -> list[Range]:
    try:
        return effective(pool, within)
    except InvalidAddress:
        return []
