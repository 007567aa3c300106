"""``kubeovn.io/v1``: services within a VPC, and names.

Source of the names: Kube-OVN's CRDs (``charts/kube-ovn-v2/crds/kube-ovn-crd.yaml`` and ``pkg/apis/kubeovn/v1`` of its
repository).
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from controller.api.meta import Condition, Resource, Wire

Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]


class SwitchLBRulePort(Wire, frozen=True, gc=False, kw_only=True):
    """A port of a load balancer and the backends' port that it leads to."""

    name: str = ""
    port: Port
    target_port: Port | None = None
    protocol: str = ""


class SwitchLBRuleSpec(Wire, frozen=True, gc=False, kw_only=True):
    """An address, its ports, and the pods or addresses behind it."""

    vip: str = ""
    namespace: str = ""
    selector: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    session_affinity: str = ""
    ports: tuple[SwitchLBRulePort, ...] = ()


class SwitchLBRuleStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was made of it."""

    ports: str = ""
    service: str = ""
    conditions: tuple[Condition, ...] = ()


class SwitchLBRule(Resource, frozen=True, gc=False, kw_only=True):
    """A load balancer on the switches of a VPC."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "SwitchLBRule"
    spec: SwitchLBRuleSpec = SwitchLBRuleSpec()
    status: SwitchLBRuleStatus = SwitchLBRuleStatus()


class RouterLBRuleSpec(Wire, frozen=True, gc=False, kw_only=True):
    """An address on a VPC's router, its ports, and the pods or addresses behind it."""

    ovn_eip: str = ""
    vpc: str = ""
    namespace: str = ""
    selector: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    session_affinity: str = ""
    ports: tuple[SwitchLBRulePort, ...] = ()


class RouterLBRule(Resource, frozen=True, gc=False, kw_only=True):
    """A load balancer on the router of a VPC."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "RouterLBRule"
    spec: RouterLBRuleSpec = RouterLBRuleSpec()
    status: SwitchLBRuleStatus = SwitchLBRuleStatus()


class VpcEndpointServiceSpec(Wire, frozen=True, gc=False, kw_only=True):
    """The Service that a VPC offers, and the VPCs (empty: any) that may use it."""

    vpc: str
    namespace: str
    service: str
    allowed_vpcs: tuple[str, ...] = ()


class VpcEndpointServiceStatus(Wire, frozen=True, gc=False, kw_only=True):
    """Where the service is offered."""

    transit_vip: str = msgspec.field(default="", name="transitVIP")
    mac: str = ""
    ports: str = ""
    ready: bool = False
    conditions: tuple[Condition, ...] = ()


class VpcEndpointService(Resource, frozen=True, gc=False, kw_only=True):
    """A Service that one VPC offers to others."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "VpcEndpointService"
    spec: VpcEndpointServiceSpec = VpcEndpointServiceSpec(vpc="", namespace="", service="")
    status: VpcEndpointServiceStatus = VpcEndpointServiceStatus()


class VpcEndpointSpec(Wire, frozen=True, gc=False, kw_only=True):
    """The subnet that a service of another VPC gets an address in."""

    vpc: str
    subnet: str
    endpoint_service: str
    ip: str = ""


class VpcEndpointStatus(Wire, frozen=True, gc=False, kw_only=True):
    """The addresses by which the service is reached."""

    local_vip: str = msgspec.field(default="", name="localVIP")
    transit_vip: str = msgspec.field(default="", name="transitVIP")
    snat_ip: str = msgspec.field(default="", name="snatIP")
    ready: bool = False
    conditions: tuple[Condition, ...] = ()


class VpcEndpoint(Resource, frozen=True, gc=False, kw_only=True):
    """A service of another VPC, reached by an address of one's own."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "VpcEndpoint"
    spec: VpcEndpointSpec = VpcEndpointSpec(vpc="", subnet="", endpoint_service="")
    status: VpcEndpointStatus = VpcEndpointStatus()


class VpcDnsSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Where the name server of a VPC runs."""

    vpc: str = ""
    subnet: str = ""
    replicas: Annotated[int, msgspec.Meta(ge=1, le=3)] | None = None
    corefile: str = "vpc-dns-corefile"


class VpcDnsStatus(Wire, frozen=True, gc=False, kw_only=True):
    """Whether it serves."""

    active: bool = False
    conditions: tuple[Condition, ...] = ()


class VpcDns(Resource, frozen=True, gc=False, kw_only=True):
    """The name server of a VPC."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "VpcDns"
    spec: VpcDnsSpec = VpcDnsSpec()
    status: VpcDnsStatus = VpcDnsStatus()


class DNSNameResolverSpec(Wire, frozen=True, gc=False, kw_only=True):
    """The name whose addresses are kept; a wildcard stands for one label."""

    name: Annotated[
        str,
        msgspec.Meta(max_length=254, pattern=r"^((\*\.)?([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.){2,})?$"),
    ] = ""


class DNSNameResolverStatus(Wire, frozen=True, gc=False, kw_only=True):
    """The addresses that were found."""

    resolved_names: tuple[dict[str, Any], ...] = ()
    conditions: tuple[Condition, ...] = ()


class DNSNameResolver(Resource, frozen=True, gc=False, kw_only=True):
    """The addresses of a name, for policies that speak of names."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "DNSNameResolver"
    spec: DNSNameResolverSpec = DNSNameResolverSpec()
    status: DNSNameResolverStatus = DNSNameResolverStatus()
