"""``kubeovn.io/v1``: the physical networks that subnets can lie in.

Source of the names: Kube-OVN's CRDs (``charts/kube-ovn-v2/crds/kube-ovn-crd.yaml`` of its repository).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from controller.api.meta import Condition, Resource, Wire
from controller.api.scheduling import LabelSelector

InterfaceName = Annotated[str, msgspec.Meta(max_length=15, pattern=r"^[^/\s]+$")]


class VlanSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of a VLAN; ``vlan_id`` and ``provider_interface_name`` are the former names of the others."""

    id: Annotated[int, msgspec.Meta(ge=0, le=4095)] = 0
    provider: str
    vlan_id: int = 0
    provider_interface_name: str = ""


class VlanStatus(Wire, frozen=True, gc=False, kw_only=True):
    """Who uses a VLAN."""

    subnets: tuple[str, ...] = ()
    conflict: bool = False
    conditions: tuple[Condition, ...] = ()


class Vlan(Resource, frozen=True, gc=False, kw_only=True):
    """A tag on a provider network."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "Vlan"
    spec: VlanSpec = VlanSpec(provider="")
    status: VlanStatus = VlanStatus()


class CustomInterface(Wire, frozen=True, gc=False, kw_only=True):
    """Nodes that reach a provider network by another interface than most."""

    interface: InterfaceName
    nodes: tuple[str, ...] = ()


class ProviderNetworkSpec(Wire, frozen=True, gc=False, kw_only=True):
    """By which interface each node reaches a physical network."""

    default_interface: InterfaceName
    custom_interfaces: tuple[CustomInterface, ...] = ()
    node_selector: LabelSelector | None = None
    exclude_nodes: tuple[str, ...] = ()
    exchange_link_name: bool = False
    auto_create_vlan_subinterfaces: bool = False
    preserve_vlan_interfaces: bool = False
    vlan_interfaces: tuple[Annotated[str, msgspec.Meta(pattern=r"^[a-zA-Z0-9_-]+\.[0-9]{1,4}$")], ...] = ()


class NodeCondition(Condition, frozen=True, gc=False, kw_only=True):
    """One statement about a provider network on one node, or on all of them where none is named."""

    node: str = ""


class ProviderNetworkStatus(Wire, frozen=True, gc=False, kw_only=True):
    """On which nodes a provider network works."""

    ready: bool = False
    ready_nodes: tuple[str, ...] = ()
    not_ready_nodes: tuple[str, ...] = ()
    vlans: tuple[str, ...] = ()
    conditions: tuple[NodeCondition, ...] = ()


class ProviderNetwork(Resource, frozen=True, gc=False, kw_only=True):
    """A physical network that nodes are attached to."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "ProviderNetwork"
    spec: ProviderNetworkSpec = ProviderNetworkSpec(default_interface="")
    status: ProviderNetworkStatus = ProviderNetworkStatus()
