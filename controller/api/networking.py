"""Kinds of others that ask something of the network: services and what is behind them, policies, further interfaces.

Typed is what is read; of policies only that they exist: whoever comes to carry them adds what it reads.
Sources: https://kubernetes.io/docs/concepts/services-networking/service/ and .../endpoint-slices/
"""

from __future__ import annotations

import msgspec

from controller.api.meta import Resource, Wire

SERVICE_NAME = "kubernetes.io/service-name"
"""The label of an EndpointSlice that names its service."""
NO_ADDRESS = "None"
"""The ``clusterIP`` of a headless service."""


class ServicePort(Wire, frozen=True, gc=False, kw_only=True):
    """A port of a service. Where it leads to is said by the slices, port by port of the same name."""

    name: str = ""
    port: int = 0
    protocol: str = "TCP"


class ClientIPConfig(Wire, frozen=True, gc=False, kw_only=True):
    """For how many seconds after its last connection a client keeps its pod."""

    timeout_seconds: int = 10_800


class SessionAffinityConfig(Wire, frozen=True, gc=False, kw_only=True):
    """How clients keep their pods."""

    client_ip: ClientIPConfig = msgspec.field(default=ClientIPConfig(), name="clientIP")


class ServiceSpec(Wire, frozen=True, gc=False, kw_only=True):
    """The addresses of a service, its ports, and who may reach it how."""

    type: str = "ClusterIP"
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    cluster_ips: tuple[str, ...] = msgspec.field(default=(), name="clusterIPs")
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str = ""
    selector: dict[str, str] = msgspec.field(default_factory=dict)
    ports: tuple[ServicePort, ...] = ()
    publish_not_ready_addresses: bool = False
    session_affinity: str = ""
    session_affinity_config: SessionAffinityConfig = SessionAffinityConfig()
    internal_traffic_policy: str = ""
    traffic_distribution: str = ""
    external_name: str = ""
    external_ips: tuple[str, ...] = msgspec.field(default=(), name="externalIPs")
    external_traffic_policy: str = ""
    load_balancer_ip: str = msgspec.field(default="", name="loadBalancerIP")
    load_balancer_class: str = ""
    load_balancer_source_ranges: tuple[str, ...] = ()
    allocate_load_balancer_node_ports: bool | None = None
    health_check_node_port: int = 0

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses within the cluster; none of a headless service, or of one that stands for a name."""
        return tuple(text for text in self.cluster_ips or (self.cluster_ip,) if text not in ("", NO_ADDRESS))


class Service(Resource, frozen=True, gc=False, kw_only=True):
    """A stable address for the pods of a selector."""

    api_version: str = "v1"
    kind: str = "Service"
    spec: ServiceSpec = ServiceSpec()


class EndpointConditions(Wire, frozen=True, gc=False, kw_only=True):
    """Whether an endpoint takes new connections, and whether one that is to end still serves.

    What is not said is to be taken as: ready, serving as it is ready, not terminating.
    """

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class EndpointTarget(Wire, frozen=True, gc=False, kw_only=True):
    """Whose address an endpoint is."""

    kind: str = ""
    namespace: str = ""
    name: str = ""


class Endpoint(Wire, frozen=True, gc=False, kw_only=True):
    """One that is behind a service; its addresses stand for one another."""

    addresses: tuple[str, ...]
    conditions: EndpointConditions = EndpointConditions()
    target_ref: EndpointTarget | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it takes new connections."""
        return self.conditions.ready is not False

    @property
    def is_last_resort(self) -> bool:
        """Whether it is to end but still serves, and so is better than nothing."""
        conditions = self.conditions
        serving = conditions.ready if conditions.serving is None else conditions.serving
        return bool(conditions.terminating) and serving is not False


class EndpointPort(Wire, frozen=True, gc=False, kw_only=True):
    """The endpoints' port for the service's port of that name."""

    name: str | None = None
    port: int | None = None
    protocol: str = "TCP"


class EndpointSlice(Resource, frozen=True, gc=False, kw_only=True):
    """Some of the endpoints of a service, of one family and with the same ports."""

    api_version: str = "discovery.k8s.io/v1"
    kind: str = "EndpointSlice"
    address_type: str = ""
    endpoints: tuple[Endpoint, ...] | None = None
    ports: tuple[EndpointPort, ...] | None = None

    @property
    def service(self) -> str:
        """The path of the service that it belongs to; empty if it says none."""
        name = self.metadata.labels.get(SERVICE_NAME)
        return f"{self.namespace}/{name}" if name else ""


class NetworkPolicy(Resource, frozen=True, gc=False, kw_only=True):
    """Which traffic pods of a namespace may receive and send."""

    api_version: str = "networking.k8s.io/v1"
    kind: str = "NetworkPolicy"


class NetworkAttachmentDefinitionSpec(Wire, frozen=True, gc=False, kw_only=True):
    """A CNI configuration as JSON text."""

    config: str = ""


class NetworkAttachmentDefinition(Resource, frozen=True, gc=False, kw_only=True):
    """A further network that pods can be attached to.

    Source: the Kubernetes Network Custom Resource Definition De-facto Standard of the Network Plumbing Working Group.
    """

    api_version: str = "k8s.cni.cncf.io/v1"
    kind: str = "NetworkAttachmentDefinition"
    spec: NetworkAttachmentDefinitionSpec = NetworkAttachmentDefinitionSpec()
