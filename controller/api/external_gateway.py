"""The ConfigMap ``ovn-external-gw-config``: how the default VPC reaches an external network, as Kube-OVN has it.

What it says of the nodes' devices (``external-gw-nic``) is the physical network's business: a ``Vlan`` of a provider
network, which the external subnet lies in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.api.addresses import InvalidAddress, parse_address, parse_mac

NAMESPACE, NAME = "kube-system", "ovn-external-gw-config"
PATH = f"{NAMESPACE}/{NAME}"

ENABLED = "enable-external-gw"


@dataclass(frozen=True)
class ExternalGateway:
    """What is asked for, and what of it cannot be read: ``faults`` by the key.

    ``nodes``: those that the router's port may be on, the first one first; any without. ``address`` and ``mac`` are the
    port's own, any if they are empty.
    """

    is_enabled: bool = False
    nodes: tuple[str, ...] = ()
    address: str = ""
    mac: str = ""
    faults: tuple[tuple[str, str], ...] = ()


def read(data: Mapping[str, str]) -> ExternalGateway:
    """What the ConfigMap says."""
    faults: list[tuple[str, str]] = []
    address = mac = ""
    try:
        text = data.get("nic-ip", "").partition("/")[0]
        address = str(parse_address(text)) if text else ""
    except InvalidAddress as error:
        faults.append(("nic-ip", str(error)))
    try:
        mac = parse_mac(data["nic-mac"]) if data.get("nic-mac") else ""
    except InvalidAddress as error:
        faults.append(("nic-mac", str(error)))
    nodes = (name.strip() for name in data.get("external-gw-nodes", "").split(","))
    return ExternalGateway(
        is_enabled=data.get(ENABLED) == "true",
        nodes=tuple(dict.fromkeys(filter(None, nodes))),
        address=address,
        mac=mac,
        faults=tuple(faults),
    )
