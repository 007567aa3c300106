"""What namespaces, nodes and services may not be: of annotations that nobody can read, of ports called like others'."""

from collections.abc import Iterator

from controller.admission import marks, ports
from controller.admission.cause import Cause, invalid
from controller.admission.view import View
from controller.api.addresses import InvalidAddress, parse_address
from controller.api.core import Namespace, Node
from controller.api.networking import Service

Named = Namespace | Node | Service

_PATH = "metadata.annotations"
_OF_IP = ("InternalIP", "ExternalIP")


def create(new: Named, others: View) -> Iterator[Cause]:
    """A new one."""
    yield from marks.readable(_PATH, new.annotations)
    if isinstance(new, Node):
        yield from ports.of_node(new, others)


def update(new: Named, old: Named, others: View) -> Iterator[Cause]:
    """Other annotations: only what changed is judged."""
    yield from marks.readable(_PATH, new.annotations, old.annotations)


def addresses(node: Node) -> Iterator[Cause]:
    """What speaks against the addresses that a node's kubelet reports: no admission judges a status."""
    for position, entry in enumerate(node.status.addresses):
        if entry.type in _OF_IP:
            try:
                parse_address(entry.address)
            except InvalidAddress as error:
                yield invalid(f"status.addresses[{position}].address", entry.address, error.allowed)


def delete(old: Named, others: View) -> Iterator[Cause]:
    """They may always go."""
    return iter(())
