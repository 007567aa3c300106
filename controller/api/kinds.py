"""The kinds as data: where each is found in the REST API, what it is called, what a table of it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from controller.api import core, kubeovn
from controller.api.meta import Resource

T = TypeVar("T", bound=Resource)


@dataclass(frozen=True)
class Column:
    """One column of a kind's table.

    ``path`` is a JSONPath below the object; a ``priority`` above 0 shows with ``-o wide`` only.
    """

    name: str
    type: str
    path: str
    priority: int = 0


@dataclass(frozen=True, eq=False)
class Kind(Generic[T]):
    """A kind of object and its place in the API. Each exists once: kinds are compared and hashed by identity."""

    type: type[T]
    group: str
    version: str
    name: str
    plural: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    columns: tuple[Column, ...] = field(default=())
    has_status: bool = True

    @property
    def api_version(self) -> str:
        """``group/version``, or the bare version of the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(
        self, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> str:
        """The URL path of a collection or an object.

        Raises ``ValueError`` for a namespace given to a cluster-wide kind, or a single namespaced object without one.
        """
        if namespace and not self.namespaced:
            raise ValueError(f"{self.name} is cluster-wide: no namespace belongs to it, found {namespace!r}")
        if self.namespaced and name and not namespace:
            raise ValueError(f"{self.name} {name!r} needs its namespace")
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)


NAMESPACES = Kind(core.Namespace, "", "v1", "Namespace", "namespaces", False, ("ns",))
NODES = Kind(core.Node, "", "v1", "Node", "nodes", False, ("no",))
PODS = Kind(core.Pod, "", "v1", "Pod", "pods", True, ("po",))
EVENTS = Kind(core.Event, "", "v1", "Event", "events", True, ("ev",), has_status=False)
LEASES = Kind(core.Lease, "coordination.k8s.io", "v1", "Lease", "leases", True, has_status=False)
VPCS = Kind(
    kubeovn.Vpc,
    "kubeovn.io",
    "v1",
    "Vpc",
    "vpcs",
    False,
    columns=(
        Column("Standby", "boolean", ".status.standby"),
        Column("Subnets", "string", ".status.subnets"),
        Column("Namespaces", "string", ".spec.namespaces"),
    ),
)
SUBNETS = Kind(
    kubeovn.Subnet,
    "kubeovn.io",
    "v1",
    "Subnet",
    "subnets",
    False,
    columns=(
        Column("Vpc", "string", ".spec.vpc"),
        Column("Protocol", "string", ".spec.protocol"),
        Column("CIDR", "string", ".spec.cidrBlock"),
        Column("Private", "boolean", ".spec.private"),
        Column("NAT", "boolean", ".spec.natOutgoing"),
        Column("Default", "boolean", ".spec.default"),
        Column("GatewayType", "string", ".spec.gatewayType"),
        Column("V4Used", "number", ".status.v4usingIPs"),
        Column("V4Available", "number", ".status.v4availableIPs"),
        Column("V6Used", "number", ".status.v6usingIPs"),
        Column("V6Available", "number", ".status.v6availableIPs"),
        Column("ExcludeIPs", "string", ".spec.excludeIps"),
    ),
)
IPS = Kind(
    kubeovn.IP,
    "kubeovn.io",
    "v1",
    "IP",
    "ips",
    False,
    ("ip",),
    columns=(
        Column("V4IP", "string", ".spec.v4IpAddress"),
        Column("V6IP", "string", ".spec.v6IpAddress"),
        Column("Mac", "string", ".spec.macAddress"),
        Column("Node", "string", ".spec.nodeName"),
        Column("Subnet", "string", ".spec.subnet"),
    ),
    has_status=False,
)

KINDS: tuple[Kind[Any], ...] = (NAMESPACES, NODES, PODS, EVENTS, LEASES, VPCS, SUBNETS, IPS)


def kind_of(name: str) -> Kind[Any]:
    """The kind called ``name`` (``"Pod"``); raises ``KeyError`` naming those that are known."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise KeyError(f"no kind {name!r}; known: {', '.join(kind.name for kind in KINDS)}")
