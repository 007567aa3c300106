"""A small world of objects, as an API server would show it to the rules."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from controller.admission import Cause, review
from controller.api.annotations import IP_ADDRESS, LOGICAL_SWITCH, MAC_ADDRESS

Document = dict[str, Any]


def subnet(name: str, cidr: str = "10.66.0.0/16", **spec: Any) -> Document:
    return {
        "apiVersion": "kubeovn.io/v1",
        "kind": "Subnet",
        "metadata": {"name": name},
        "spec": {"cidrBlock": cidr} | spec,
    }


def vpc(name: str, **spec: Any) -> Document:
    return {"apiVersion": "kubeovn.io/v1", "kind": "Vpc", "metadata": {"name": name}, "spec": spec}


def ip(name: str, address: str, subnet: str = "ovn-default", mac: str = "", **spec: Any) -> Document:
    members = {"ipAddress": address, "subnet": subnet, "macAddress": mac} | spec
    if "," not in address:
        members.setdefault("v6IpAddress" if ":" in address else "v4IpAddress", address)
    return {"apiVersion": "kubeovn.io/v1", "kind": "IP", "metadata": {"name": name}, "spec": members}


def pod(
    name: str, address: str = "", mac: str = "", switch: str = "", *, namespace: str = "default", **more: Any
) -> Document:
    annotations = {IP_ADDRESS: address, MAC_ADDRESS: mac, LOGICAL_SWITCH: switch}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {key: value for key, value in annotations.items() if value},
        },
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    } | more


class World:
    """Objects by kind and name; `lists` counts how often every object of a kind was asked for."""

    def __init__(self, *documents: Document) -> None:
        self._objects: dict[str, dict[tuple[str, str], Document]] = {}
        self.lists: dict[str, int] = {}
        for document in documents:
            meta = document["metadata"]
            self._objects.setdefault(document["kind"], {})[meta.get("namespace", ""), meta["name"]] = document

    def get(self, kind: str, name: str, namespace: str | None = None) -> Document | None:
        return self._objects.get(kind, {}).get((namespace or "", name))

    def list(self, kind: str) -> Iterable[Document]:
        self.lists[kind] = self.lists.get(kind, 0) + 1
        return self._objects.get(kind, {}).values()

    def index(self, kind: str, path: str) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for (namespace, name), document in self._objects.get(kind, {}).items():
            value: Any = document
            for member in re.split(r"(?<!\\)\.", path):
                value = value.get(member.replace(r"\.", ".")) if isinstance(value, dict) else None
            if isinstance(value, str) and value:
                found.setdefault(value, []).append(f"{namespace}/{name}" if namespace else name)
        return found

    def created(self, document: Document) -> tuple[Cause, ...]:
        return review("CREATE", document["kind"], document, None, self)

    def updated(self, new: Document) -> tuple[Cause, ...]:
        meta = new["metadata"]
        old = self.get(new["kind"], meta["name"], meta.get("namespace"))
        return review("UPDATE", new["kind"], new, old, self)

    def deleted(self, kind: str, name: str, namespace: str = "") -> tuple[Cause, ...]:
        return review("DELETE", kind, None, self.get(kind, name, namespace), self)


@pytest.fixture
def world() -> World:
    """What every cluster has, and one pod with its address."""
    return World(
        vpc("ovn-cluster"),
        subnet("ovn-default", "10.16.0.0/16", vpc="ovn-cluster", default=True),
        subnet("join", "100.64.0.0/16", vpc="ovn-cluster"),
        ip("web.default", "10.16.0.9", mac="0a:00:00:00:00:09"),
        pod("web", "10.16.0.9", "0a:00:00:00:00:09"),
    )
