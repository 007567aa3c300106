"""Network policies: which pods, which directions, which peers and ports.

Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from testbed.apiserver.rules import selector
from testbed.apiserver.rules.causes import forbidden, invalid, required, unsupported
from testbed.apiserver.rules.service import PROTOCOLS
from testbed.apiserver.status import Cause

Document = dict[str, Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DIRECTIONS = {"ingress": "from", "egress": "to"}


def complete(document: Document) -> None:
    """Ingress is always meant, egress where there are rules for it."""
    spec = document.setdefault("spec", {})
    spec.setdefault("podSelector", {})
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for direction in DIRECTIONS:
        for rule in spec.get(direction, ()):
            for port in rule.get("ports", ()):
                port.setdefault("protocol", "TCP")


def judge(new: Document, old: Document | None) -> Iterator[Cause]:
    """A policy, rule by rule."""
    spec = new["spec"]
    yield from selector.judge("spec.podSelector", spec["podSelector"])
    for position, kind in enumerate(spec["policyTypes"]):
        if kind not in ("Ingress", "Egress"):
            yield unsupported(f"spec.policyTypes[{position}]", kind, ("Ingress", "Egress"))
    for direction, peers in DIRECTIONS.items():
        for position, rule in enumerate(spec.get(direction) or ()):
            path = f"spec.{direction}[{position}]"
            for index, port in enumerate(rule.get("ports") or ()):
                yield from _port(f"{path}.ports[{index}]", port)
            for index, peer in enumerate(rule.get(peers) or ()):
                yield from _peer(f"{path}.{peers}[{index}]", peer)


def _port(path: str, port: Document) -> Iterator[Cause]:
    if port["protocol"] not in PROTOCOLS:
        yield unsupported(f"{path}.protocol", port["protocol"], PROTOCOLS)
    number, end = port.get("port"), port.get("endPort")
    if isinstance(number, int) and not 1 <= number <= 65_535:
        yield invalid(f"{path}.port", number, "1 to 65535")
    if end is None:
        return
    if not isinstance(number, int):
        yield invalid(f"{path}.endPort", end, "none unless port is a number")
    elif not number <= end <= 65_535:
        yield invalid(f"{path}.endPort", end, f"{number} to 65535")


def _peer(path: str, peer: Document) -> Iterator[Cause]:
    for member in ("podSelector", "namespaceSelector"):
        if member in peer:
            yield from selector.judge(f"{path}.{member}", peer[member])
    block = peer.get("ipBlock")
    if block is None:
        if not peer:
            yield required(path, "podSelector, namespaceSelector or ipBlock")
        return
    if len(peer) > 1:
        yield forbidden(path, "found selectors beside ipBlock, allowed one or the other")
    network = _network(block["cidr"])
    if network is None:
        yield invalid(f"{path}.ipBlock.cidr", block["cidr"], "a network such as 10.0.0.0/8")
        return
    for index, text in enumerate(block.get("except") or ()):
        inner = _network(text)
        if inner is None or inner.version != network.version or not _is_within(inner, network):
            yield invalid(f"{path}.ipBlock.except[{index}]", text, f"a network within {block['cidr']}")


def _network(text: str) -> Network | None:
    if "/" not in text:
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _is_within(inner: Network, outer: Network) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer) and inner != outer
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer) and inner != outer
    return False
