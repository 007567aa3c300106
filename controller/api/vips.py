"""Which pods may use a virtual address: those of its namespace that its selector means and that name it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controller.api.annotations import AAPS
from controller.api.core import Pod
from controller.api.reservations import Vip

RESERVED = ""
"""The ``type`` of an address that pods use; the others stand for services."""


def named_by(pod: Pod) -> tuple[str, ...]:
    """The ``Vip`` objects whose addresses a pod would use beside its own."""
    text = pod.annotations.get(AAPS)
    if not text or pod.spec.host_network or pod.is_finished:
        return ()
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def means(vip: Vip, labels: Mapping[str, str]) -> bool:
    """Whether the selector of a ``Vip`` means a pod with these labels; without one it means every pod."""
    return all(labels.get(key) == value for key, value in required(vip.spec.selector))


def required(selector: Iterable[str]) -> list[tuple[str, str]]:
    """The labels that a selector asks for: Kube-OVN writes each as ``key: value``. Raises ``ValueError``."""
    found = []
    for text in selector:
        key, colon, value = text.partition(":")
        if not (key.strip() and colon):
            raise ValueError(text)
        found.append((key.strip(), value.strip()))
    return found
