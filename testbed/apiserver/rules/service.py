"""Services and the endpoints behind them; which addresses a service has is decided in ``testbed.apiserver.addresses``.

Sources: https://kubernetes.io/docs/concepts/services-networking/service/ and .../endpoint-slices/
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from testbed.apiserver.rules.causes import duplicate, forbidden, invalid, required, unchanged, unsupported
from testbed.apiserver.status import Cause

Document = dict[str, Any]

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
PROTOCOLS = ("SCTP", "TCP", "UDP")
NODE_PORTS = range(30_000, 32_768)
NO_ADDRESS = "None"
AFFINITY_SECONDS = 10_800

_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_PORT_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""A service's port is called by a DNS label, which may be digits alone (kubectl makes 80-8080)."""
_CONTAINER_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")
"""A container's by the name of a service as RFC 6335 has it: with a letter, without two dashes in a row."""
_FAMILIES = {"IPv4": 4, "IPv6": 6}


def complete(document: Document) -> None:
    """A service within the cluster, to any of its endpoints."""
    spec = document.setdefault("spec", {})
    kind = spec.setdefault("type", "ClusterIP")
    affinity = spec.setdefault("sessionAffinity", "None")
    if affinity == "ClientIP":
        config = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        config.setdefault("timeoutSeconds", AFFINITY_SECONDS)
    for port in spec.get("ports", ()):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port["port"])
    if kind != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind in ("LoadBalancer", "NodePort"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    document.setdefault("status", {}).setdefault("loadBalancer", {})


def judge(new: Document, old: Document | None) -> Iterator[Cause]:
    """A service: its name is a DNS label that begins with a letter, its ports are told apart by name."""
    name, spec = new["metadata"].get("name", ""), new["spec"]
    if name and not _LABEL.fullmatch(name):
        allowed = 'at most 63 lower case letters, digits and "-", beginning with a letter'
        yield invalid("metadata.name", name, allowed)
    for field, allowed_values in (
        ("type", TYPES),
        ("sessionAffinity", ("ClientIP", "None")),
        ("internalTrafficPolicy", ("Cluster", "Local")),
        ("externalTrafficPolicy", ("Cluster", "Local")),
        ("ipFamilyPolicy", ("SingleStack", "PreferDualStack", "RequireDualStack")),
    ):
        if field in spec and spec[field] not in allowed_values:
            yield unsupported(f"spec.{field}", spec[field], allowed_values)
    if spec["type"] == "ExternalName":
        yield from _external(spec)
    else:
        headless = spec.get("clusterIP") == NO_ADDRESS
        if headless and spec["type"] != "ClusterIP":
            yield invalid("spec.clusterIP", NO_ADDRESS, f"an address with type {spec['type']}")
        yield from _ports(spec, headless)
    before = (old or {}).get("spec", {}).get("clusterIP")
    if before and spec.get("clusterIP") and spec["type"] != "ExternalName":
        yield from unchanged("spec.clusterIP", spec["clusterIP"], before)


def judge_slice(new: Document, old: Document | None) -> Iterator[Cause]:
    """Addresses of one type, with ports told apart by name."""
    kind = new["addressType"]
    if kind not in (*_FAMILIES, "FQDN"):
        yield unsupported("addressType", kind, (*_FAMILIES, "FQDN"))
    for position, endpoint in enumerate(new.get("endpoints") or ()):
        path = f"endpoints[{position}].addresses"
        if not 1 <= len(endpoint["addresses"]) <= 100:
            yield invalid(path, len(endpoint["addresses"]), "1 to 100 addresses")
        for index, address in enumerate(endpoint["addresses"] if kind in _FAMILIES else ()):
            if version(address) != _FAMILIES[kind]:
                yield invalid(f"{path}[{index}]", address, f"an {kind} address")
    names: set[str] = set()
    for position, port in enumerate(new.get("ports") or ()):
        if port.get("name", "") in names:
            yield duplicate(f"ports[{position}].name", port.get("name", ""))
        names.add(port.get("name", ""))
        if port.setdefault("protocol", "TCP") not in PROTOCOLS:
            yield unsupported(f"ports[{position}].protocol", port["protocol"], PROTOCOLS)
    if old is not None:
        yield from unchanged("addressType", kind, old["addressType"])


def version(address: str) -> int | None:
    """4 or 6; None for what is no address."""
    try:
        return ipaddress.ip_address(address).version
    except ValueError:
        return None


def _external(spec: Document) -> Iterator[Cause]:
    if not spec.get("externalName"):
        yield required("spec.externalName", "a DNS name")
    if spec.get("clusterIP") not in (None, "", NO_ADDRESS):
        yield forbidden("spec.clusterIP", "found an address, allowed none with type ExternalName")


def _ports(spec: Document, headless: bool) -> Iterator[Cause]:
    ports = spec.get("ports") or ()
    if not ports and not headless:
        yield required("spec.ports", "at least one port")
    names: set[str] = set()
    numbers: set[tuple[str, int]] = set()
    for position, port in enumerate(ports):
        path = f"spec.ports[{position}]"
        name = port.get("name", "")
        if not name and len(ports) > 1:
            yield required(f"{path}.name", "a name, as there are several ports")
        elif name and not _PORT_NAME.fullmatch(name):
            yield invalid(
                f"{path}.name", name, 'at most 63 lower case letters, digits and "-", not at its ends'
            )
        if name in names and name:
            yield duplicate(f"{path}.name", name)
        names.add(name)
        if port["protocol"] not in PROTOCOLS:
            yield unsupported(f"{path}.protocol", port["protocol"], PROTOCOLS)
        if not 1 <= port["port"] <= 65_535:
            yield invalid(f"{path}.port", port["port"], "1 to 65535")
        if (port["protocol"], port["port"]) in numbers:
            yield duplicate(f"{path}.port", port["port"])
        numbers.add((port["protocol"], port["port"]))
        yield from _target(f"{path}.targetPort", port["targetPort"])
        node_port = port.get("nodePort", 0)
        if node_port and spec["type"] == "ClusterIP":
            yield forbidden(f"{path}.nodePort", "found a port, allowed none with type ClusterIP")
        elif node_port and node_port not in NODE_PORTS:
            yield invalid(f"{path}.nodePort", node_port, f"{NODE_PORTS.start} to {NODE_PORTS.stop - 1}")


def _target(path: str, target: int | str) -> Iterator[Cause]:
    if isinstance(target, int):
        if not 1 <= target <= 65_535:
            yield invalid(path, target, "1 to 65535")
    elif len(target) > 15 or not _CONTAINER_PORT_NAME.fullmatch(target):
        yield invalid(path, target, 'at most 15 lower case letters, digits and "-", with a letter among them')
