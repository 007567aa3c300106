"""``kubeovn.io/v1``: who may speak to whom, and how much.

Source of the names: Kube-OVN's CRDs (``charts/kube-ovn-v2/crds/kube-ovn-crd.yaml`` and ``pkg/apis/kubeovn/v1`` of its
repository).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from controller.api.meta import Condition, Resource, Wire

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
Rate = Annotated[str, msgspec.Meta(pattern=r"^([0-9]+(\.[0-9]+)?)?$")]


class SecurityGroupRule(Wire, frozen=True, gc=False, kw_only=True):
    """One rule of a security group; of several that match, the one of the lowest number decides."""

    ip_version: str = ""
    protocol: str = ""
    priority: Annotated[int, msgspec.Meta(ge=0, le=16_384)] = 0
    remote_type: str = ""
    remote_address: str = ""
    remote_security_group: str = ""
    port_range_min: Port = 0
    port_range_max: Port = 0
    local_address: str = ""
    source_port_range_min: Port = 0
    source_port_range_max: Port = 0
    policy: str = ""


class SecurityGroupSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What ports of a security group may receive and send."""

    ingress_rules: tuple[SecurityGroupRule, ...] = ()
    egress_rules: tuple[SecurityGroupRule, ...] = ()
    allow_same_group_traffic: bool = False
    tier: int = 0


class SecurityGroupStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was made of it."""

    port_group: str = ""
    allow_same_group_traffic: bool = False
    ingress_md5: str = ""
    egress_md5: str = ""
    ingress_last_sync_success: bool = False
    egress_last_sync_success: bool = False
    conditions: tuple[Condition, ...] = ()


class SecurityGroup(Resource, frozen=True, gc=False, kw_only=True):
    """Rules for the ports that name the group."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "SecurityGroup"
    spec: SecurityGroupSpec = SecurityGroupSpec()
    status: SecurityGroupStatus = SecurityGroupStatus()


class BandwidthLimitRule(Wire, frozen=True, gc=False, kw_only=True):
    """One limit: ``rate_max`` in Mbit/s, ``burst_max`` in MB."""

    name: str
    interface: str = ""
    rate_max: Rate = ""
    burst_max: Rate = ""
    priority: int = 0
    direction: str = ""
    match_type: str = ""
    match_value: str = ""


class QoSPolicySpec(Wire, frozen=True, gc=False, kw_only=True):
    """Limits, and whether those who name the policy share them; ``binding_type`` is EIP or NATGW."""

    bandwidth_limit_rules: tuple[BandwidthLimitRule, ...] = ()
    shared: bool = False
    binding_type: str = ""


class QoSPolicyStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What is in force."""

    bandwidth_limit_rules: tuple[BandwidthLimitRule, ...] = ()
    shared: bool = False
    binding_type: str = ""
    conditions: tuple[Condition, ...] = ()


class QoSPolicy(Resource, frozen=True, gc=False, kw_only=True):
    """Limits of bandwidth for external addresses and NAT gateways."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "QoSPolicy"
    spec: QoSPolicySpec = QoSPolicySpec()
    status: QoSPolicyStatus = QoSPolicyStatus()
