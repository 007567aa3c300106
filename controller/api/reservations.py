"""``kubeovn.io/v1``: addresses that are set aside: pools for workloads and virtual ones.

Source of the names: Kube-OVN's CRDs (``charts/kube-ovn-v2/crds/kube-ovn-crd.yaml`` of its repository).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from controller.api.meta import Condition, Resource, Wire


class IPPoolSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Which addresses of a subnet form a pool, each an address, a network or a range FIRST..LAST; and who has it."""

    subnet: str
    ips: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    namespaces: tuple[str, ...] = ()
    enable_address_set: bool = False


class IPPoolStatus(Wire, frozen=True, gc=False, kw_only=True):
    """How many addresses of a pool are free and in use."""

    v4_available_ips: float = msgspec.field(default=0, name="v4AvailableIPs")
    v4_available_ip_range: str = msgspec.field(default="", name="v4AvailableIPRange")
    v4_using_ips: float = msgspec.field(default=0, name="v4UsingIPs")
    v4_using_ip_range: str = msgspec.field(default="", name="v4UsingIPRange")
    v6_available_ips: float = msgspec.field(default=0, name="v6AvailableIPs")
    v6_available_ip_range: str = msgspec.field(default="", name="v6AvailableIPRange")
    v6_using_ips: float = msgspec.field(default=0, name="v6UsingIPs")
    v6_using_ip_range: str = msgspec.field(default="", name="v6UsingIPRange")
    conditions: tuple[Condition, ...] = ()


class IPPool(Resource, frozen=True, gc=False, kw_only=True):
    """Addresses of a subnet that some workloads or namespaces have for themselves."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "IPPool"
    spec: IPPoolSpec = IPPoolSpec(subnet="", ips=())
    status: IPPoolStatus = IPPoolStatus()


class VipSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of a virtual address; the ``parent`` fields are of Kube-OVN before 1.13, which never read them."""

    namespace: str = ""
    subnet: str = ""
    type: str = ""
    v4ip: str = ""
    v6ip: str = ""
    mac_address: str = ""
    selector: tuple[str, ...] = ()
    attach_subnets: tuple[str, ...] = ()
    parent_v4ip: str = msgspec.field(default="", name="parentV4ip")
    parent_v6ip: str = msgspec.field(default="", name="parentV6ip")
    parent_mac: str = ""


class VipStatus(Wire, frozen=True, gc=False, kw_only=True):
    """The address that was set aside."""

    ready: bool = False
    type: str = ""
    v4ip: str = ""
    v6ip: str = ""
    mac: str = ""
    selector: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


class Vip(Resource, frozen=True, gc=False, kw_only=True):
    """A virtual address: reserved, and given to no single port."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "Vip"
    spec: VipSpec = VipSpec()
    status: VipStatus = VipStatus()
