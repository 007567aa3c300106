"""The stub pod: a port without a device. The switch gives it a number, OVN gives it flows, and nothing ever sends.

It costs no kernel device and no process, so that one machine carries the control plane of 100,000 of them.
"""

from __future__ import annotations

from collections.abc import Collection

from testbed.pods.sandbox import Identity, PodKind, Sandbox, interface_name


class Stub:
    """Nothing is made, so nothing has to be found or removed."""

    name = "stub"

    async def make(self, identity: Identity, node_pid: int) -> Sandbox:
        """A sandbox without a process."""
        return Sandbox(identity, interface_name(identity.uid), None)

    async def remove(self, sandbox: Sandbox) -> None:
        """Nothing is left."""

    def find(self, nodes: Collection[str]) -> dict[str, Sandbox]:
        """None: what the API says of a stub is all there is of it."""
        return {}


class StubPlug:
    """What the daemon has to know (its protocol is `controller.daemon.plugs.PlugKind`)."""

    name = "stub"
    interface_type = "internal"
    """Without a device in the kernel, since the nodes' bridges are of the dummy datapath (`testbed.cluster.node`)."""
    needs_namespace = False

    async def configure(self, attachment: object) -> None:
        """There is nothing to configure."""


KIND: PodKind = Stub()
PLUG = StubPlug()
