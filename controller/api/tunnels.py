"""``kubeovn.io/v1``: encrypted tunnels into a VPC: IPsec between sites, WireGuard for single machines.

Source of the names: ``pkg/apis/kubeovn/v1`` of Kube-OVN's repository (``vpc-ipsec-gateway.go``, ``vpc-wireguard.go``,
``vpc-wireguard-peer.go``).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from controller.api.gateways import EgressWorkload
from controller.api.meta import Condition, Resource, Wire
from controller.api.scheduling import Affinity, Toleration

Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]


class KeyReference(Wire, frozen=True, gc=False, kw_only=True):
    """A key within a Secret."""

    name: str
    namespace: str = ""
    key: str = "psk"


class VpcIPsecGatewaySpec(Wire, frozen=True, gc=False, kw_only=True):
    """A subnet, the site that it is joined to, and the address that stands between them."""

    namespace: str = ""
    vpc: str
    subnet: str
    external_subnet: str
    lan_ip: str
    remote_endpoint: str
    remote_cidrs: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = msgspec.field(name="remoteCIDRs")
    local_cidrs: tuple[str, ...] = msgspec.field(default=(), name="localCIDRs")
    psk_secret_ref: KeyReference
    selector: tuple[str, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    affinity: Affinity = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)


class VpcIPsecGatewayStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What the gateway was made with."""

    ready: bool = False
    lan_ip: str = ""
    remote_endpoint: str = ""
    remote_cidrs: tuple[str, ...] = msgspec.field(default=(), name="remoteCIDRs")
    external_subnet: str = ""
    local_cidrs: tuple[str, ...] = msgspec.field(default=(), name="localCIDRs")
    selector: tuple[str, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    affinity: Affinity = msgspec.field(default_factory=dict)
    workload: EgressWorkload = EgressWorkload()
    phase: str = ""
    message: str = ""


class VpcIPsecGateway(Resource, frozen=True, gc=False, kw_only=True):
    """A tunnel between a VPC and another site."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "VpcIPsecGateway"
    spec: VpcIPsecGatewaySpec = VpcIPsecGatewaySpec(
        vpc="",
        subnet="",
        external_subnet="",
        lan_ip="",
        remote_endpoint="",
        remote_cidrs=(),
        psk_secret_ref=KeyReference(name=""),
    )
    status: VpcIPsecGatewayStatus = VpcIPsecGatewayStatus()


class SecretKey(Wire, frozen=True, gc=False, kw_only=True):
    """A key within a Secret of the same namespace."""

    name: str = ""
    key: str
    optional: bool = False


class WireGuardExposure(Wire, frozen=True, gc=False, kw_only=True):
    """How a server is reached from outside."""

    type: Literal["DualNIC", "DNAT", "FIP"]
    external_subnets: tuple[str, ...] = ()
    eip: str = ""
    nat_gateway: str = ""


class VpcWireGuardSpec(Wire, frozen=True, gc=False, kw_only=True):
    """A server, its subnet, and the one that its clients get addresses of."""

    namespace: str = ""
    vpc: str
    subnet: str
    lan_ip: str = ""
    client_subnet: str
    listen_port: Port = 51_820
    mtu: Annotated[int, msgspec.Meta(ge=1280, le=65_535)] | None = None
    exposure: WireGuardExposure
    generate_server_key: bool = False
    public_key: str = ""
    private_key_secret_ref: SecretKey | None = None
    allowed_ips: tuple[str, ...] = msgspec.field(default=(), name="allowedIPs")
    selector: tuple[str, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    affinity: Affinity = msgspec.field(default_factory=dict)


class VpcWireGuardStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What clients need to know of a server."""

    ready: bool = False
    lan_ip: str = ""
    endpoint: str = ""
    public_key: str = ""
    client_cidr: str = msgspec.field(default="", name="clientCIDR")
    server_tunnel_ip: str = msgspec.field(default="", name="serverTunnelIP")
    server_key_secret: str = ""
    conditions: tuple[Condition, ...] = ()


class VpcWireGuard(Resource, frozen=True, gc=False, kw_only=True):
    """A server by which single machines enter a VPC."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "VpcWireGuard"
    spec: VpcWireGuardSpec = VpcWireGuardSpec(
        vpc="", subnet="", client_subnet="", exposure=WireGuardExposure(type="DualNIC")
    )
    status: VpcWireGuardStatus = VpcWireGuardStatus()


class VpcWireGuardPeerSpec(Wire, frozen=True, gc=False, kw_only=True):
    """A client of a server; ``persistent_keepalive`` in seconds, 0 for none."""

    wire_guard: str
    public_key: str = ""
    generate_key: bool = False
    preshared_key_secret_ref: SecretKey | None = None
    client_ip: str = msgspec.field(default="", name="clientIP")
    persistent_keepalive: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0


class VpcWireGuardPeerStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What the client was given."""

    ready: bool = False
    client_ip: str = msgspec.field(default="", name="clientIP")
    public_key: str = ""
    server_public_key: str = ""
    endpoint: str = ""
    config_secret: str = ""
    conditions: tuple[Condition, ...] = ()


class VpcWireGuardPeer(Resource, frozen=True, gc=False, kw_only=True):
    """A machine that enters a VPC by WireGuard."""

    api_version: str = "kubeovn.io/v1"
    kind: str = "VpcWireGuardPeer"
    spec: VpcWireGuardPeerSpec = VpcWireGuardPeerSpec(wire_guard="")
    status: VpcWireGuardPeerStatus = VpcWireGuardPeerStatus()
