"""Metadata, the part that all kinds share: what a client may write in it, and what the server alone decides.

Rules of names, labels and annotations:
https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and .../labels/#syntax-and-character-set
"""

from __future__ import annotations

import random
import re
import time
import uuid
from typing import Any

from testbed.apiserver.kinds import Kind
from testbed.apiserver.status import Cause
from testbed.apiserver.structure import quoted

Metadata = dict[str, Any]

DECIDED_BY_SERVER = (
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
)
"""Members that a client cannot set.

What it sends is replaced silently, as Kubernetes does, because clients send back what they read.
"""

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_SUBDOMAIN_RULE = (
    'at most 253 lower case letters, digits, "-" and ".", beginning and ending with a letter or digit'
)
_LABEL_RULE = 'at most 63 lower case letters, digits and "-", beginning and ending with a letter or digit'
_QUALIFIED_RULE = 'an optional DNS prefix and "/", then at most 63 letters, digits, "-", "_" and "."'

ANNOTATIONS_LIMIT = 256 * 1024
"""Bytes of all annotations of an object, Kubernetes' limit."""
LONGEST_GENERATED = 58
"""Characters kept of ``generateName``, so that the name with its suffix is a DNS label."""
SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Kubernetes' alphabet for suffixes: no vowels, so that no words appear, and no digits that look like letters."""

_suffixes = random.SystemRandom()


def now(ahead_seconds: int = 0) -> str:
    """The present second (or one that many seconds ahead) as Kubernetes writes moments."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + ahead_seconds))


def generated_name(prefix: str) -> str:
    """A name for an object that was given only the beginning of one."""
    return prefix[:LONGEST_GENERATED] + "".join(_suffixes.choices(SUFFIX_ALPHABET, k=5))


def born(metadata: Metadata) -> None:
    """Completes the metadata of a new object."""
    for member in DECIDED_BY_SERVER:
        metadata.pop(member, None)
    metadata["uid"] = str(uuid.UUID(bytes=random.randbytes(16), version=4))
    metadata["creationTimestamp"] = now()
    metadata["generation"] = 1


def kept(metadata: Metadata, old: Metadata) -> None:
    """Carries over what an update cannot change."""
    for member in DECIDED_BY_SERVER:
        if member in old:
            metadata[member] = old[member]
        else:
            metadata.pop(member, None)


def faults(kind: Kind, metadata: Metadata) -> list[Cause]:
    """What breaks the rules of names, labels and annotations. The structure must have been found right."""
    found: list[Cause] = []
    name = metadata.get("name", "")
    if kind.key == "Namespace":
        _check(found, "metadata.name", name, _LABEL, 63, _LABEL_RULE)
    else:
        _check(found, "metadata.name", name, _SUBDOMAIN, 253, _SUBDOMAIN_RULE)
    if not kind.namespaced and metadata.get("namespace"):
        message = f"found {quoted(metadata['namespace'])}, allowed nothing: {kind.name} is cluster-wide"
        found.append(Cause("metadata.namespace", "FieldValueForbidden", message))
    for key, value in (metadata.get("labels") or {}).items():
        _check_key(found, "metadata.labels", key)
        if not _LABEL_VALUE.fullmatch(value):
            allowed = 'at most 63 letters, digits, "-", "_" and "."'
            found.append(_invalid(f"metadata.labels[{key}]", value, allowed))
    size = 0
    for key, value in (metadata.get("annotations") or {}).items():
        _check_key(found, "metadata.annotations", key)
        size += len(key) + len(value)
    if size > ANNOTATIONS_LIMIT:
        message = f"found {size} bytes in all, allowed {ANNOTATIONS_LIMIT}"
        found.append(Cause("metadata.annotations", "FieldValueTooLong", message))
    for position, finalizer in enumerate(metadata.get("finalizers") or ()):
        _check_key(found, f"metadata.finalizers[{position}]", finalizer)
    return found


def _check(
    found: list[Cause], path: str, value: str, rule: re.Pattern[str], longest: int, allowed: str
) -> None:
    if not value:
        found.append(Cause(path, "FieldValueRequired", f"found nothing, allowed {allowed}"))
    elif len(value) > longest or not rule.fullmatch(value):
        found.append(_invalid(path, value, allowed))


def _check_key(found: list[Cause], path: str, key: str) -> None:
    prefix, slash, name = key.rpartition("/")
    if not _QUALIFIED.fullmatch(name) or (
        slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix.lower()))
    ):
        found.append(_invalid(path, key, _QUALIFIED_RULE))


def _invalid(path: str, value: str, allowed: str) -> Cause:
    return Cause(path, "FieldValueInvalid", f"found {quoted(value)}, allowed {allowed}")
