"""What a `ProviderNetwork` may not be: on a node by two devices, by what is no device, or gone while VLANs use it."""

import re
from collections.abc import Iterator

from controller.admission import choosing, labels, view
from controller.admission.cause import Cause, duplicate, forbidden, invalid, required
from controller.admission.view import View
from controller.api.kinds import VLANS
from controller.api.underlay import ProviderNetwork

_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,14}")
DEVICES = 'the name of a network device: at most 15 letters, digits, "-", "_", "." and "@"'


def create(new: ProviderNetwork, others: View) -> Iterator[Cause]:
    """A network that nobody uses yet."""
    yield from itself(new)


def update(new: ProviderNetwork, old: ProviderNetwork, others: View) -> Iterator[Cause]:
    """Other devices or nodes."""
    yield from itself(new)


def delete(old: ProviderNetwork, others: View) -> Iterator[Cause]:
    """A network stays as long as a VLAN is of it."""
    users = sorted(vlan.name for vlan in view.every(others, VLANS) if vlan.spec.provider == old.name)
    if users:
        message = (
            f'ProviderNetwork "{old.name}" cannot be deleted as long as these are of it: {", ".join(users)}'
        )
        yield forbidden("metadata.name", message)


def itself(new: ProviderNetwork) -> Iterator[Cause]:
    """What speaks against a network whatever else there is."""
    spec = new.spec
    if not spec.default_interface:
        yield required("spec.defaultInterface", DEVICES)
    else:
        yield from _device("spec.defaultInterface", spec.default_interface)
    yield from labels.names("spec.excludeNodes", spec.exclude_nodes)
    seen: dict[str, str] = {}
    for position, custom in enumerate(spec.custom_interfaces):
        field = f"spec.customInterfaces[{position}]"
        yield from _device(f"{field}.interface", custom.interface)
        for number, node in enumerate(custom.nodes):
            at = f"{field}.nodes[{number}]"
            yield from labels.name(at, node)
            if node in seen:
                yield duplicate(at, node, f"interface {seen[node]}")
            seen[node] = custom.interface
    if spec.node_selector is not None:
        yield from choosing.rules("spec.nodeSelector", spec.node_selector)
    for position, device in enumerate(spec.vlan_interfaces):
        number = int(device.rpartition(".")[2])
        if not 1 <= number <= 4_094:
            yield invalid(
                f"spec.vlanInterfaces[{position}]", device, "a device and the number of a VLAN, 1 to 4094"
            )


def _device(field: str, name: str) -> Iterator[Cause]:
    if not _DEVICE.fullmatch(name):
        yield invalid(field, name, DEVICES)
