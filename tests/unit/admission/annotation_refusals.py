"""What each annotation may not say, on each kind of object that heeds it."""

from __future__ import annotations

from typing import Any, NamedTuple

from controller.api.annotations import (
    AAPS,
    ALLOCATED,
    CHASSIS,
    CIDR,
    EIP,
    EXCLUDE_IPS,
    GATEWAY,
    IP_ADDRESS,
    IP_FAMILY,
    IP_POOL,
    IP_RESERVED,
    KEEP_IP,
    KUBELET,
    LOGICAL_ROUTER,
    LOGICAL_SWITCH,
    MAC_ADDRESS,
    MTU,
    NODE_NETWORKS,
    POD_KIND,
    PORT_NAME,
    PORT_SECURITY,
    ROUTES,
    SNAT,
    TUNNEL_INTERFACE,
    VPC,
)

POD = {"containers": [{"name": "c", "image": "i"}]}


class Annotated(NamedTuple):
    """An annotation on an object of a kind: what it says, what the message has as ``found`` and as ``allowed``."""

    kind: str
    name: str
    value: str
    allowed: str
    found: str = ""

    @property
    def in_template(self) -> bool:
        """Whether it stands in the template of a workload, and not on the object itself."""
        return self.kind == "Deployment"

    @property
    def path(self) -> str:
        """Where it is blamed."""
        where = "spec.template.metadata.annotations" if self.in_template else "metadata.annotations"
        return f"{where}[{self.name}]"

    @property
    def spec(self) -> Any:
        """The specification of the object that has it."""
        if self.kind == "Pod":
            return POD
        if self.kind == "Subnet":
            return {"cidrBlock": "10.66.0.0/16"}
        if self.kind == "Service":
            return {"ports": [{"port": 80}]}
        if not self.in_template and self.kind != "StatefulSet":
            return {} if self.kind == "Node" else None
        stated = {self.name: self.value} if self.in_template else {}
        template = {"metadata": {"labels": {"a": "b"}, "annotations": stated}, "spec": POD}
        served_by = {"serviceName": "s"} if self.kind == "StatefulSet" else {}
        return {"selector": {"matchLabels": {"a": "b"}}, "template": template, **served_by}


def _on(kinds: tuple[str, ...], *rest: str) -> list[Annotated]:
    return [Annotated(kind, *rest) for kind in kinds]


PODS = ("Pod", "Deployment")

ANNOTATIONS: list[Annotated] = [
    *_on(("Pod", "Node", "Deployment"), ALLOCATED, "$(id)", '"true" or "false"'),
    *_on(PODS, IP_ADDRESS, "10.16.0", "an IPv4 or IPv6 address"),
    *_on(("Pod",), IP_ADDRESS, "10.17.0.1", "a host of 10.16.0.0/16"),
    *_on(("Pod",), IP_ADDRESS, "10.16.0.9", "IP web.default has it"),
    *_on(PODS, MAC_ADDRESS, "ff:ff:ff:ff:ff:ff", "a unicast MAC address"),
    *_on(("Pod",), MAC_ADDRESS, "0a:00:00:00:00:09", "IP web.default has it"),
    *_on(("Pod", "Namespace", "Node", "Deployment"), CIDR, "10.0.0.1/8", "the same network as 10.0.0.0/8"),
    *_on(("Pod", "Namespace", "Node"), GATEWAY, "`id`", "an IPv4 or IPv6 address"),
    *_on((*PODS, "Namespace", "Node"), LOGICAL_SWITCH, "a|b", "a DNS label"),
    *_on(("Pod", "Node"), LOGICAL_ROUTER, "a b", "a DNS label"),
    *_on(("Pod", "Node"), MTU, "99", "576 to 65535 bytes"),
    *_on(("Pod", "Node"), PORT_NAME, "a b", "the name of an object"),
    *_on(("Node", "Pod"), CHASSIS, "a\nb", "letters, digits"),
    *_on(("Namespace",), EXCLUDE_IPS, "10.0.0.9..10.0.0.1", "a range FIRST..LAST"),
    *_on(PODS, IP_POOL, "10.16.0.5,10.16.0.5", "each address once"),
    *_on(("StatefulSet", "Subnet"), KEEP_IP, "perhaps", '"true", "false"'),
    *_on(PODS, EIP, "172.31.0.4,172.31.0.5", "one address of each family"),
    *_on(PODS, SNAT, "172.31.0", "an IPv4 or IPv6 address", "172.31.0"),
    *_on(PODS, ROUTES, '[{"gw": "10.0.0.1"', "routes as JSON"),
    *_on(PODS, ROUTES, '[{"gw": "10.0.0.1", "via": "x"}]', "routes as JSON"),
    *_on(PODS, ROUTES, '[{"gw": "10.0.0.1", "dst": "fd00::/64"}]', "an address of the family", "10.0.0.1"),
    *_on(PODS, PORT_SECURITY, "no", '"true" or "false"'),
    *_on(PODS, AAPS, "vip_1", "the name of an object"),
    *_on(("Service",), VPC, "a b", "a DNS label"),
    *_on(PODS, IP_FAMILY, "ipx", "ipv4 or ipv6"),
]

JUDGED_ELSEWHERE = {
    IP_RESERVED: "a label of IP objects that the controller writes",
    NODE_NETWORKS: "not carried: whoever asks for it is told so",
    TUNNEL_INTERFACE: "not carried: whoever asks for it is told so",
    POD_KIND: "the kubelet of the testbed knows which kinds of pods there are, and says so on the pod",
    KUBELET: "written by the kubelet of the testbed on its own node, and only ever opened as a socket",
}
"""Annotations that admission lets say anything, and why."""
