"""Kinds of plug: what the switch is told of a port's interface, and how the pod's end of it is made usable."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from controller.daemon.promise import Promise


@dataclass(frozen=True)
class Attachment:
    """A pod's interface: its name on the node, and a process in the pod's network namespace (None if it has none)."""

    interface: str
    netns_pid: int | None
    promise: Promise


@runtime_checkable
class PlugKind(Protocol):
    """One kind of plug, chosen by a request's ``kind``."""

    name: str
    """What requests call it."""
    interface_type: str
    """The ``type`` of the Interface on the switch; "" is a device of the system."""
    needs_namespace: bool
    """Whether a request has to name a process in the pod's network namespace."""

    async def configure(self, attachment: Attachment) -> None:
        """Makes the pod's end usable as promised; doing it again changes nothing. Raises ``OSError``."""
        ...


class NoPlug(TypeError):
    """A module that offers no plug kind."""


def load(module_name: str) -> PlugKind:
    """The plug kind that a module offers as ``PLUG``. Raises ``ImportError`` or ``NoPlug``."""
    found = getattr(importlib.import_module(module_name), "PLUG", None)
    if not isinstance(found, PlugKind):
        raise NoPlug(f"{module_name} has no PLUG that is a plug kind")
    return found
