"""What each field may not say, and in which words that is refused: one value for each field whose type does not tell.

The table is read by three: the API must refuse each of them, the controller must cope with each that is there all the
same, and a field that is missing here is a field that nobody judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.unit.admission.fields import document

LABEL = "a DNS label"
NAME = "the name of an object"
WORD = "letters, digits and"
ADDRESS = "an IPv4 or IPv6 address"
NETWORK = "a network in CIDR notation"
MAC = "six pairs of hexadecimal digits"
EXPRESSION = "an expression of OVN"
ROUTES = {"staticRoutes": [{"cidr": "0.0.0.0/0", "nextHopIP": "10.0.1.254"}]}
POLICIES = {
    "policyRoutes": [{"match": "ip4.src == 10.0.0.0/24", "action": "reroute", "nextHopIP": "10.0.0.7"}]
}
LINKS = {"vpcPeerings": [{"remoteVpc": "tenant", "localConnectIP": "169.254.0.1/30"}]}
ACLS = {"acls": [{"direction": "to-lport", "match": "ip4", "action": "drop", "priority": 1}]}
NAT = {"natOutgoingPolicyRules": [{"action": "nat"}]}
DETOUR = {"policyRoutingTableID": 7, "policyRoutingPriority": 7}
CUSTOM = {"customInterfaces": [{"interface": "eth2"}]}


class Refusal(NamedTuple):
    """A value at a path of a kind's specification, ``found`` in the message with what is ``allowed``.

    ``found`` is the value unless said otherwise. ``beside`` is what the specification says else, by its members.
    """

    kind: str
    path: str
    value: Any
    allowed: str
    found: Any = None
    beside: Mapping[str, Any] = MappingProxyType({})

    @property
    def spec(self) -> dict[str, Any]:
        """The whole specification."""
        specification: dict[str, Any] = document(
            self.path, self.value, {"spec": SOUND[self.kind] | dict(self.beside)}
        )["spec"]
        return specification

    @property
    def said(self) -> Any:
        """What the message says was found."""
        return self.value if self.found is None else self.found


SOUND: dict[str, dict[str, Any]] = {
    "Subnet": {"cidrBlock": "10.66.0.0/16"},
    "Vpc": {},
    "IPPool": {"subnet": "ovn-default", "ips": ["10.16.0.200"]},
    "IP": {"subnet": "ovn-default", "ipAddress": "10.16.0.77"},
    "Vip": {"subnet": "ovn-default"},
    "Vlan": {"provider": "net1", "id": 7},
    "ProviderNetwork": {"defaultInterface": "eth1"},
    "OvnEip": {"externalSubnet": "outside"},
    "OvnFip": {"ovnEip": "one", "ipName": "web.default"},
    "OvnSnatRule": {"ovnEip": "one", "vpcSubnet": "ovn-default"},
    "OvnDnatRule": {"ovnEip": "one", "ipName": "web.default", "externalPort": "80", "internalPort": "80"},
}
"""A specification of each kind that nothing speaks against."""


def _of(kind: str, *cases: tuple[Any, ...]) -> list[Refusal]:
    return [Refusal(kind, f"spec.{path}", *rest) for path, *rest in cases]


def _selector(field: str) -> list[tuple[Any, ...]]:
    """The faults of a selector by labels, wherever one stands."""
    rule = {"key": "a", "operator": "In", "values": ["b"]}
    first, _, rest = field.partition(".")
    name, is_list, _ = first.partition("[")
    inner: Any = {"matchExpressions": [rule]}
    inner = {rest: inner} if rest else inner
    beside = {name: [inner] if is_list else inner}
    return [
        (f"{field}.matchLabels[a/key]", "no label", "at most 63 letters"),
        (f"{field}.matchExpressions[0].key", "a b", "a label", None, beside),
        (f"{field}.matchExpressions[0].operator", "Is", '"In", "NotIn"', None, beside),
        (f"{field}.matchExpressions[0].values[0]", "a b", "at most 63 letters", None, beside),
    ]


REFUSALS: list[Refusal] = [
    *_of(
        "Subnet",
        ("cidrBlock", "10.66.0.7/16", "the same network as 10.66.0.0/16"),
        ("cidrBlock", "10.66.0.0/16,10.67.0.0/16", "one network of each family"),
        ("cidrBlock", "10.66.0.0/31", "at least 4 addresses"),
        ("cidrBlock", "fd00::/64,10.66.0.0/16,fd01::/64", "one network of each family"),
        ("vpc", "no/vpc", NAME),
        ("vpc", "nowhere", "a VPC that exists"),
        ("protocol", "IPX", '"IPv4", "IPv6", "Dual"'),
        ("protocol", "IPv6", "IPv4, for cidrBlock"),
        ("namespaces[0]", "A.b", LABEL),
        *_selector("namespaceSelectors[0]"),
        ("gateway", "10.67.0.1", "a host of 10.66.0.0/16"),
        ("gateway", "10.66.0.0", "a host of 10.66.0.0/16"),
        ("gateway", "$(reboot)", ADDRESS),
        ("excludeIps[0]", "10.66.0.9..10.66.0.1", "a range FIRST..LAST"),
        ("excludeIps[0]", "10.67.0.1", "within 10.66.0.0/16"),
        ("provider", "a provider", NAME),
        ("gatewayType", "none", '"distributed", "centralized"'),
        ("gatewayNode", "node_1", NAME),
        ("gatewayNode", "node1:10.0.0", ADDRESS, "10.0.0"),
        *_selector("gatewayNodeSelectors[0]"),
        ("natOutgoingPolicyRules[0].match.srcIPs", "10.66.0.300", ADDRESS, None, NAT),
        ("natOutgoingPolicyRules[0].match.dstIPs", "fd00::1", "addresses of IPv4", None, NAT),
        ("externalEgressGateway", "fd00::1", "one address of each family", None, DETOUR),
        ("mtu", 500, "576 to 65535 bytes"),
        ("mtu", 70_000, "576 to 65535 bytes"),
        ("mtu", -1, "576 to 65535 bytes"),
        ("allowSubnets[0]", "10.9.0.1/24", "the same network as 10.9.0.0/24"),
        ("allowSubnets[0]", "fd00::/64", "a network of a family of 10.66.0.0/16"),
        ("vlan", "no vlan", NAME),
        ("vips[0]", "10.67.0.1", "a host of 10.66.0.0/16"),
        ("dhcpV4Options", "dns_server=1.1.1.1); output; (", ADDRESS),
        ("dhcpV4Options", "no_option=1", "the options "),
        ("dhcpV4Options", "mtu=10", "68 to 65535", "mtu=10"),
        ("dhcpV6Options", "server_id=fd00::1", MAC),
        ("ipv6RAConfigs", 'address_mode=slaac"; drop;', "slaac or dhcpv6_stateful"),
        ("acls[0].match", "ip4) || (1", EXPRESSION, None, ACLS),
        ("acls[0].match", "ip4.src == 10.0.0.1 // ", "no comments", None, ACLS),
        ("acls[0].match", "ip4.source == 10.0.0.1", "the name of a field", None, ACLS),
        ("acls[0].match", 'inport == "a', "no closing quote", None, ACLS),
        ("u2oInterconnectionIP", "10.67.0.1", "a host of 10.66.0.0/16"),
        ("routeTable", "no table", WORD),
        ("nodeNetwork", "no network", WORD),
        ("htbqos", "`id`", WORD),
    ),
    *_of(
        "Vpc",
        ("defaultSubnet", "No", LABEL),
        ("defaultSubnet", "ovn-default", "a subnet of VPC new"),
        ("namespaces[0]", "-a", LABEL),
        ("staticRoutes[0].cidr", "10.0.0.1/8", "the same network as 10.0.0.0/8", None, ROUTES),
        ("staticRoutes[0].nextHopIP", "fd00::1", "an address of the family of 0.0.0.0/0", None, ROUTES),
        ("staticRoutes[0].policy", "dst", '"policyDst", "policySrc"', None, ROUTES),
        ("staticRoutes[0].ecmpMode", "none", "ecmp_symmetric_reply", None, ROUTES),
        ("staticRoutes[0].bfdId", "a b", WORD, None, ROUTES),
        ("staticRoutes[0].routeTable", "a;b", WORD, None, ROUTES),
        ("policyRoutes[0].match", "ip4 && tcp || udp", "&& and || together need parentheses", None, POLICIES),
        ("policyRoutes[0].action", "jump", '"allow", "drop", "reroute"', None, POLICIES),
        ("policyRoutes[0].nextHopIP", "fd00::1", "an IPv4 address, as the match says", None, POLICIES),
        ("vpcPeerings[0].remoteVpc", "new", "the name of another VPC", None, LINKS),
        ("vpcPeerings[0].localConnectIP", "169.254.0.0/30", "an address with its prefix", None, LINKS),
        ("extraExternalSubnets[0]", "out side", NAME),
        ("extraExternalSubnets[0]", "ovn-default", "a subnet that lies in a Vlan"),
        ("bfdPort.ip", "10.0.0", ADDRESS),
        *_selector("bfdPort.nodeSelector"),
        ("dynamicRouting.vrfName", "a/b", "the name of a device"),
        ("dynamicRouting.vrfId", -1, "0 to 4294967295"),
    ),
    *_of(
        "IPPool",
        ("subnet", "No", LABEL),
        ("ips[0]", "10.16.0.9..10.16.0.1", "an address, a range FIRST..LAST or a network"),
        ("ips[0]", "10.16.0.150", "IPPool taken has it"),
        ("namespaces[0]", "a b", LABEL),
    ),
    *_of(
        "IP",
        ("podName", "a b", NAME),
        ("namespace", "a.b", LABEL),
        ("subnet", "nowhere", "a subnet that exists"),
        ("nodeName", "node_1", NAME),
        ("ipAddress", "10.17.0.1", "a host of 10.16.0.0/16"),
        ("ipAddress", "10.16.0.1", "other than the gateway"),
        ("ipAddress", "10.16.0.9", "IP web.default has it"),
        ("v4IpAddress", "10.16.0.78", '"10.16.0.77", as spec.ipAddress says'),
        ("v6IpAddress", "fd00::1", '"", as spec.ipAddress says'),
        ("macAddress", "01:00:00:00:00:01", "a unicast MAC address"),
        ("macAddress", "00:00:00:00:00:00", "not all zeros"),
        ("macAddress", "0a:00:00:00:00:09", "IP web.default has it"),
        ("containerID", "a b", WORD),
        ("podType", "a\nb", WORD),
        ("attachSubnets[0]", "a b", NAME),
        ("attachIps[0]", "10.16", ADDRESS),
        ("attachMacs[0]", "0a", MAC),
    ),
    *_of(
        "Vip",
        ("namespace", "a.b", LABEL),
        ("subnet", "No", LABEL),
        ("type", "other", "switch_lb_vip"),
        ("v4ip", "fd00::1", "an IPv4 address"),
        ("v6ip", "10.16.0.1", "an IPv6 address"),
        ("macAddress", "ff:ff:ff:ff:ff:ff", "a unicast MAC address"),
        ("selector[0]", "app", "KEY: VALUE"),
        ("attachSubnets[0]", "a b", NAME),
        ("parentV4ip", "a b", WORD),
        ("parentV6ip", "a b", WORD),
        ("parentMac", "a b", WORD),
    ),
    *_of(
        "Vlan",
        ("id", 4095, "1 to 4094"),
        ("provider", "net1:br-x,", NAME),
        ("vlanId", 5, "7, as spec.id says"),
        ("providerInterfaceName", "net2", "net1, as spec.provider says"),
    ),
    *_of(
        "ProviderNetwork",
        ("defaultInterface", "eth0;reboot", "the name of a network device"),
        ("customInterfaces[0].interface", "$(id)", "the name of a network device"),
        ("customInterfaces[0].nodes[0]", "node_1", NAME, None, CUSTOM),
        *_selector("nodeSelector"),
        ("excludeNodes[0]", "node_1", NAME),
        ("vlanInterfaces[0]", "eth0.4095", "1 to 4094"),
    ),
    *_of(
        "OvnEip",
        ("externalSubnet", "No", LABEL),
        ("externalSubnet", "ovn-default", "a subnet that lies in a Vlan"),
        ("v4Ip", "10.0.0.1", "a host of 172.31.0.0/16"),
        ("v6Ip", "172.31.0.9", "an IPv6 address"),
        ("macAddress", "x", MAC),
        ("type", "public", '"nat", "lrp", "lsp"'),
    ),
    *_of(
        "OvnFip",
        ("ovnEip", "a b", NAME),
        ("ipType", "pod", '"ip", "vip"'),
        ("ipName", "a b", NAME),
        ("vpc", "a.b", LABEL),
        ("v4Ip", "10.0.0.0/24", ADDRESS, None, {"ipName": ""}),
        ("v6Ip", "10.0.0.1", "6", None, {"ipName": ""}),
        ("type", "local", '"centralized", "distributed"'),
    ),
    *_of(
        "OvnSnatRule",
        ("ovnEip", "a b", NAME),
        ("vpcSubnet", "a.b", LABEL),
        ("ipName", "a b", NAME),
        ("vpc", "a.b", LABEL),
        ("v4IpCidr", "10.0.0.1/24", "the same network as 10.0.0.0/24", None, {"vpcSubnet": ""}),
        ("v6IpCidr", "10.0.0.0/24", "6", None, {"vpcSubnet": ""}),
    ),
    *_of(
        "OvnDnatRule",
        ("ovnEip", "a b", NAME),
        ("ipType", "pod", '"ip", "vip"'),
        ("ipName", "a b", NAME),
        ("internalPort", "0", "a port, 1 to 65535"),
        ("externalPort", "80; drop", "a port, 1 to 65535"),
        ("externalPort", "65536", "a port, 1 to 65535"),
        ("externalPort", "\uff18\uff10", "a port, 1 to 65535"),
        ("protocol", "sctp", '"tcp", "udp"'),
        ("vpc", "a.b", LABEL),
        ("v4Ip", "fd00::1", "4", None, {"ipName": ""}),
        ("v6Ip", "fd00::1/64", ADDRESS, None, {"ipName": ""}),
        ("serviceName", "a b", LABEL),
        ("serviceNamespace", "a b", LABEL),
    ),
]
