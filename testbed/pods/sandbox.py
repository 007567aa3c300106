"""What every kind of pod offers the kubelet: a sandbox that is made, found again after a restart, and removed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Identity:
    """Which pod a sandbox is for, and on which node."""

    node: str
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True)
class Sandbox:
    """A pod's place on its node.

    `interface` is its interface on the node, `pid` a process in its network namespace, None where it has none.
    """

    identity: Identity
    interface: str
    pid: int | None


def interface_name(seed: str) -> str:
    """The name of an interface, within the 15 characters that the kernel allows; the same for the same `seed`."""
    return "p" + hashlib.sha256(seed.encode()).hexdigest()[:12]


class PodKind(Protocol):
    """One kind of pod, as the annotation `testbed/kind` names it."""

    name: str

    async def make(self, identity: Identity, node_pid: int) -> Sandbox:
        """Make a pod's sandbox on the node in whose network namespace `node_pid` is.

        Raises:
            OSError: the kernel refuses.
        """
        ...

    async def remove(self, sandbox: Sandbox) -> None:
        """Remove it with everything in it; harmless when it is gone already."""
        ...

    def find(self, nodes: Collection[str]) -> dict[str, Sandbox]:
        """The sandboxes that these nodes have, by the uid of their pod."""
        ...
