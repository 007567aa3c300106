"""The core Kubernetes kinds, reduced to what an OVN network needs of them."""

from __future__ import annotations

import msgspec

from controller.api.meta import Condition, ObjectMeta, Resource, Wire

READY = "Ready"
"""The condition by which a kubelet says that its pod or its node is well."""


class Namespace(Resource, frozen=True, gc=False, kw_only=True):
    """A tenant's name space; the subnet that serves it gives its pods their addresses."""

    api_version: str = "v1"
    kind: str = "Namespace"


class ConfigMap(Resource, frozen=True, gc=False, kw_only=True):
    """Settings as text, by their keys."""

    api_version: str = "v1"
    kind: str = "ConfigMap"
    data: dict[str, str] = msgspec.field(default_factory=dict)


class NodeAddress(Wire, frozen=True, gc=False, kw_only=True):
    """One address of a node: ``type`` is InternalIP, ExternalIP or Hostname."""

    type: str
    address: str


class NodeSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of a node."""

    unschedulable: bool = False


class NodeStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What a node's kubelet reports."""

    addresses: tuple[NodeAddress, ...] = ()
    conditions: tuple[Condition, ...] = ()


class Node(Resource, frozen=True, gc=False, kw_only=True):
    """A machine of the cluster; it is one OVN chassis of the same name."""

    api_version: str = "v1"
    kind: str = "Node"
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def is_living(self) -> bool:
        """Whether nothing speaks against it: its kubelet says that it is well, or has said nothing yet."""
        return all(entry.status == "True" for entry in self.status.conditions if entry.type == READY)

    @property
    def internal_addresses(self) -> tuple[str, ...]:
        """The node's addresses on the physical network, in the order its kubelet gives."""
        return tuple(entry.address for entry in self.status.addresses if entry.type == "InternalIP")


class ContainerPort(Wire, frozen=True, gc=False, kw_only=True):
    """A port that a container listens on."""

    container_port: int
    name: str = ""
    protocol: str = "TCP"
    host_port: int = 0


class Container(Wire, frozen=True, gc=False, kw_only=True):
    """A container, reduced to what is run and reached over the network."""

    name: str
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    ports: tuple[ContainerPort, ...] = ()


class PodSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What was asked of a pod."""

    node_name: str = ""
    host_network: bool = False
    restart_policy: str = "Always"
    containers: tuple[Container, ...] = ()


class PodIP(Wire, frozen=True, gc=False, kw_only=True):
    """One of a pod's addresses."""

    ip: str = ""


class PodStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What a pod's kubelet reports."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    pod_ip: str = msgspec.field(default="", name="podIP")
    pod_ips: tuple[PodIP, ...] = msgspec.field(default=(), name="podIPs")
    host_ip: str = msgspec.field(default="", name="hostIP")
    start_time: str | None = None
    conditions: tuple[Condition, ...] = ()


class Pod(Resource, frozen=True, gc=False, kw_only=True):
    """A workload's endpoint: one logical switch port."""

    api_version: str = "v1"
    kind: str = "Pod"
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def is_finished(self) -> bool:
        """Whether the pod has ended for good: completed, failed or evicted. It needs no network any more."""
        return self.status.phase in ("Succeeded", "Failed")

    @property
    def is_ready(self) -> bool:
        """Whether its kubelet reports the condition Ready."""
        return any(entry.type == READY and entry.status == "True" for entry in self.status.conditions)


class ObjectReference(Wire, frozen=True, gc=False, kw_only=True):
    """Which object an event is about."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    uid: str = ""


class EventSource(Wire, frozen=True, gc=False, kw_only=True):
    """Which component on which host saw it."""

    component: str = ""
    host: str = ""


class Event(Resource, frozen=True, gc=False, kw_only=True):
    """Something worth telling a person about an object: ``type`` is Normal or Warning."""

    api_version: str = "v1"
    kind: str = "Event"
    metadata: ObjectMeta = ObjectMeta()
    involved_object: ObjectReference = ObjectReference()
    type: str = "Normal"
    reason: str = ""
    message: str = ""
    count: int = 1
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    source: EventSource = EventSource()


class LeaseSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Who holds a lease and since when; times are RFC 3339 with microseconds."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class Lease(Resource, frozen=True, gc=False, kw_only=True):
    """A claim that must be renewed: a node's heartbeat, a controller's leadership."""

    api_version: str = "coordination.k8s.io/v1"
    kind: str = "Lease"
    spec: LeaseSpec = LeaseSpec()
