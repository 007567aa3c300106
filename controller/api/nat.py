"""``kubeovn.io/v1``: external addresses and what is translated to and from them.

The names that begin with Iptables belong to NAT gateways, those that begin with Ovn to OVN's own translation.
Source of the names: Kube-OVN's CRDs (``charts/kube-ovn-v2/crds/kube-ovn-crd.yaml`` and ``pkg/apis/kubeovn/v1`` of its
repository).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from controller.api.meta import Condition, Resource, Wire


class IptablesEIPSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of an external address of a NAT gateway."""

    v4ip: str = ""
    v6ip: str = ""
    mac_address: str = ""
    nat_gw_dp: str = ""
    qos_policy: str = ""
    external_subnet: str = ""
    namespace: str = ""


class IptablesEIPStatus(Wire, frozen=True, gc=False, kw_only=True):
    """The address that was given."""

    conditions: tuple[Condition, ...] = ()
    ready: bool = False
    ip: str = ""
    nat: str = ""
    redo: str = ""
    qos_policy: str = ""


class IptablesEIP(Resource, frozen=True, gc=False, kw_only=True):
    """An external address of a NAT gateway."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "IptablesEIP"
    spec: IptablesEIPSpec = IptablesEIPSpec()
    status: IptablesEIPStatus = IptablesEIPStatus()


class IptablesFIPRuleSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Which external address stands for which pod's."""

    eip: str = ""
    internal_ip: str = ""


class IptablesFIPRuleStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was made of it."""

    conditions: tuple[Condition, ...] = ()
    ready: bool = False
    v4ip: str = ""
    v6ip: str = ""
    nat_gw_dp: str = ""
    redo: str = ""
    internal_ip: str = ""


class IptablesFIPRule(Resource, frozen=True, gc=False, kw_only=True):
    """An external address of a NAT gateway that stands for one pod's, both ways."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "IptablesFIPRule"
    spec: IptablesFIPRuleSpec = IptablesFIPRuleSpec()
    status: IptablesFIPRuleStatus = IptablesFIPRuleStatus()


class IptablesDnatRuleSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Which port of an external address leads to which port of a pod."""

    eip: str = ""
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    vpc_nat_gw_dp: str = ""
    external_port: str = ""
    protocol: str = ""
    internal_ip: str = ""
    internal_port: str = ""
    type: Literal["", "exclusive", "share"] = ""
    session_affinity: Literal["", "ClientIP"] = ""
    session_affinity_timeout_seconds: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0


class IptablesDnatRuleStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was made of it."""

    conditions: tuple[Condition, ...] = ()
    ready: bool = False
    v4ip: str = ""
    v6ip: str = ""
    nat_gw_dp: str = ""
    redo: str = ""
    protocol: str = ""
    internal_ip: str = ""
    internal_port: str = ""
    external_port: str = ""


class IptablesDnatRule(Resource, frozen=True, gc=False, kw_only=True):
    """A port of a NAT gateway's external address that leads to a pod."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "IptablesDnatRule"
    spec: IptablesDnatRuleSpec = IptablesDnatRuleSpec()
    status: IptablesDnatRuleStatus = IptablesDnatRuleStatus()


class IptablesSnatRuleSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Which sources leave under which external address."""

    eip: str = ""
    internal_cidr: str = msgspec.field(default="", name="internalCIDR")


class IptablesSnatRuleStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was made of it."""

    conditions: tuple[Condition, ...] = ()
    ready: bool = False
    v4ip: str = ""
    v6ip: str = ""
    nat_gw_dp: str = ""
    redo: str = ""
    internal_cidr: str = msgspec.field(default="", name="internalCIDR")


class IptablesSnatRule(Resource, frozen=True, gc=False, kw_only=True):
    """Sources that leave a NAT gateway under an external address of it."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "IptablesSnatRule"
    spec: IptablesSnatRuleSpec = IptablesSnatRuleSpec()
    status: IptablesSnatRuleStatus = IptablesSnatRuleStatus()


OF_VIP = "vip"
"""The ``ipType`` of a rule that leads to a virtual address."""

DISTRIBUTED = "distributed"
"""The ``type`` of an ``OvnFip`` that is translated on the node of its pod."""


class OvnEipSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of an external address of OVN's; ``type`` is nat, lrp or lsp."""

    external_subnet: str = ""
    v4_ip: str = ""
    v6_ip: str = ""
    mac_address: str = ""
    type: str = ""


class OvnEipStatus(Wire, frozen=True, gc=False, kw_only=True):
    """The address that was given."""

    conditions: tuple[Condition, ...] = ()
    type: str = ""
    nat: str = ""
    ready: bool = False
    v4_ip: str = ""
    v6_ip: str = ""
    mac_address: str = ""


class OvnEip(Resource, frozen=True, gc=False, kw_only=True):
    """An external address of a VPC's logical router."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "OvnEip"
    spec: OvnEipSpec = OvnEipSpec()
    status: OvnEipStatus = OvnEipStatus()


class OvnFipSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Which external address stands for which internal one: an IP or Vip by its name, or an address of a VPC."""

    ovn_eip: str = ""
    ip_type: str = ""
    ip_name: str = ""
    vpc: str = ""
    v4_ip: str = ""
    v6_ip: str = ""
    type: str = ""


class OvnFipStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was made of it."""

    conditions: tuple[Condition, ...] = ()
    vpc: str = ""
    v4_eip: str = ""
    v6_eip: str = ""
    v4_ip: str = ""
    v6_ip: str = ""
    ready: bool = False


class OvnFip(Resource, frozen=True, gc=False, kw_only=True):
    """An external address that stands for an internal one, both ways."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "OvnFip"
    spec: OvnFipSpec = OvnFipSpec()
    status: OvnFipStatus = OvnFipStatus()


class OvnSnatRuleSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Which sources leave under which external address: a subnet, an IP by its name, or a range of a VPC."""

    ovn_eip: str = ""
    vpc_subnet: str = ""
    ip_name: str = ""
    vpc: str = ""
    v4_ip_cidr: str = ""
    v6_ip_cidr: str = ""


class OvnSnatRuleStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was made of it."""

    conditions: tuple[Condition, ...] = ()
    vpc: str = ""
    v4_eip: str = ""
    v6_eip: str = ""
    v4_ip_cidr: str = ""
    v6_ip_cidr: str = ""
    ready: bool = False


class OvnSnatRule(Resource, frozen=True, gc=False, kw_only=True):
    """Sources that leave a VPC under an external address."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "OvnSnatRule"
    spec: OvnSnatRuleSpec = OvnSnatRuleSpec()
    status: OvnSnatRuleStatus = OvnSnatRuleStatus()


class OvnDnatRuleSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Which port of an external address leads to which port of an IP, a Vip, an address or a Service."""

    ovn_eip: str = ""
    ip_type: str = ""
    ip_name: str = ""
    internal_port: str = ""
    external_port: str = ""
    protocol: str = ""
    vpc: str = ""
    v4_ip: str = ""
    v6_ip: str = ""
    service_name: str = ""
    service_namespace: str = ""


class OvnDnatRuleStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was made of it."""

    conditions: tuple[Condition, ...] = ()
    vpc: str = ""
    v4_eip: str = ""
    v6_eip: str = ""
    external_port: str = ""
    v4_ip: str = ""
    v6_ip: str = ""
    internal_port: str = ""
    protocol: str = ""
    ip_name: str = ""
    ready: bool = False


class OvnDnatRule(Resource, frozen=True, gc=False, kw_only=True):
    """A port of an external address that leads into a VPC."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "OvnDnatRule"
    spec: OvnDnatRuleSpec = OvnDnatRuleSpec()
    status: OvnDnatRuleStatus = OvnDnatRuleStatus()
