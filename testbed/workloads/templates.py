"""From a template to a pod: its name, its labels, its owner; and the hash that tells templates apart."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import orjson

from controller.api.kinds import Kind
from controller.api.meta import Resource
from testbed.workloads.objects import PODS, Document
from testbed.workloads.plan import Create

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Kubernetes' alphabet for generated names: without vowels and what looks like one, so that no words appear."""
LONGEST_PREFIX = 58
"""Characters that are kept before the five that are generated, so that the name is a DNS label."""
HASH_LABEL = "pod-template-hash"

_random = random.SystemRandom()


def generated(prefix: str) -> str:
    """A name of which the beginning is given, as the API server makes one of ``generateName``."""
    return prefix[:LONGEST_PREFIX] + "".join(_random.choices(ALPHABET, k=5))


def canonical(value: Any) -> Any:
    """A document without what is empty in it: kubectl sends templates back with members that were not there."""
    if isinstance(value, Mapping):
        inner = {key: canonical(member) for key, member in value.items()}
        return {key: member for key, member in inner.items() if member not in (None, {}, [])}
    if isinstance(value, list):
        return [canonical(member) for member in value]
    return value


def are_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two templates mean the same."""
    return one == other or canonical(one) == canonical(other)


def template_hash(template: Mapping[str, Any], collisions: int = 0) -> str:
    """A template's hash: 32 bits of FNV-1a in the letters of the safe alphabet.

    Kubernetes hashes Go's print of the template, which only Go can make; here its JSON with sorted keys is hashed.
    """
    value = 0x811C9DC5
    content = orjson.dumps(canonical(template), option=orjson.OPT_SORT_KEYS)
    for byte in content + (str(collisions).encode() if collisions else b""):
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return "".join(ALPHABET[ord(digit) % len(ALPHABET)] for digit in str(value))


def owned_by(kind: Kind[Any], owner: Resource) -> list[Document]:
    """The reference by which an object is its owner's: managed by it, and in the way of its foreground deletion."""
    return [
        {
            "apiVersion": kind.api_version,
            "kind": kind.name,
            "name": owner.name,
            "uid": owner.metadata.uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


def pod(
    kind: Kind[Any],
    owner: Resource,
    template: Mapping[str, Any],
    name: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    spec: Mapping[str, Any] | None = None,
) -> Create:
    """A pod of a template. Without a name it gets one that begins with its owner's."""
    given = template.get("metadata") or {}
    meta: Document = {
        "name": name or generated(f"{owner.name}-"),
        "namespace": owner.namespace,
        "labels": {**(given.get("labels") or {}), **(labels or {})},
        "ownerReferences": owned_by(kind, owner),
    }
    if name is None:
        meta["generateName"] = f"{owner.name}-"
    notes = {**(given.get("annotations") or {}), **(annotations or {})}
    if notes:
        meta["annotations"] = notes
    if given.get("finalizers"):
        meta["finalizers"] = given["finalizers"]
    return Create(PODS, {"metadata": meta, "spec": {**template.get("spec", {}), **(spec or {})}})
