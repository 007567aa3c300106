"""The rows of what leads to pods and of what keeps others from them."""

from __future__ import annotations

from controller.api.addresses import authority
from testbed.apiserver.tables import ages
from testbed.apiserver.tables.printer import (
    AGE,
    NAME,
    NONE,
    UNKNOWN,
    UNSET,
    Cells,
    Column,
    Document,
    Printer,
    listed,
    member,
    wide,
)
from testbed.apiserver.tables.words import label_selector, plain_labels, some


def _service(found: Document, now: float) -> Cells:
    spec = found.get("spec") or {}
    return [
        found["metadata"]["name"],
        spec.get("type") or "ClusterIP",
        spec.get("clusterIP") or NONE,
        _external(found),
        ",".join(_port(each) for each in listed(spec, "ports")) or NONE,
        ages.age(found, now),
        plain_labels(spec.get("selector")),
    ]


def _external(found: Document) -> str:
    spec = found.get("spec") or {}
    outside = [str(address) for address in listed(spec, "externalIPs")]
    match spec.get("type"):
        case "ExternalName":
            return str(spec.get("externalName") or NONE)
        case "LoadBalancer":
            ways = listed(found, "status", "loadBalancer", "ingress")
            given = [str(way.get("ip") or way.get("hostname")) for way in ways] + outside
            return ",".join(given) or "<pending>"
    return ",".join(outside) or NONE


def _port(each: Document) -> str:
    node = f":{each['nodePort']}" if each.get("nodePort") else ""
    return f"{each.get('port')}{node}/{each.get('protocol') or 'TCP'}"


def _endpoints(found: Document, now: float) -> Cells:
    ways = []
    for subset in listed(found, "subsets"):
        ports = listed(subset, "ports")
        for address in listed(subset, "addresses"):
            ip = str(address.get("ip"))
            ways += [authority(ip, port.get("port")) for port in ports] or [ip]
    return [found["metadata"]["name"], some(ways) or NONE, ages.age(found, now)]


def _slice(found: Document, now: float) -> Cells:
    ports = [
        str(each.get("port")) if each.get("port") is not None else str(each.get("name") or UNSET)
        for each in listed(found, "ports")
    ]
    addresses = [str(one) for each in listed(found, "endpoints") for one in listed(each, "addresses")]
    return [
        found["metadata"]["name"],
        found.get("addressType", UNKNOWN),
        some(ports) or UNSET,
        some(addresses) or UNSET,
        ages.age(found, now),
    ]


def _policy(found: Document, now: float) -> Cells:
    selector = label_selector(member(found, "spec", "podSelector"))
    return [found["metadata"]["name"], selector, ages.age(found, now)]


PRINTERS = {
    "Service": Printer(
        (
            NAME,
            Column("Type", "Who can reach it"),
            Column("Cluster-IP", "Its address within the cluster"),
            Column("External-IP", "Its addresses for those outside"),
            Column("Port(s)", "Its ports, of nodes too where it has them"),
            AGE,
            wide("Selector", "Labels of the pods behind it"),
        ),
        _service,
    ),
    "Endpoints": Printer(
        (NAME, Column("Endpoints", "Addresses and ports behind a service"), AGE), _endpoints
    ),
    "EndpointSlice": Printer(
        (
            NAME,
            Column("AddressType", "IPv4, IPv6 or FQDN"),
            Column("Ports", "Ports of its addresses"),
            Column("Endpoints", "Its addresses"),
            AGE,
        ),
        _slice,
    ),
    "NetworkPolicy": Printer((NAME, Column("Pod-Selector", "Labels of the pods it holds for"), AGE), _policy),
}
