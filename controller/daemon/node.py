"""One node as its daemon serves it: a request to plug or unplug a pod, carried out from promise to answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec

from controller.api.names import node_port, pod_port
from controller.daemon import egress, join
from controller.daemon.announcer import Announcer
from controller.daemon.config import NodeConfig
from controller.daemon.detours import Detour, lead
from controller.daemon.errors import Refused
from controller.daemon.fips import Fips
from controller.daemon.gateway_links import GatewayLinks
from controller.daemon.join import JoinPort
from controller.daemon.keeper import Keeper
from controller.daemon.own_node import OwnNode
from controller.daemon.plugs import Attachment, PlugKind
from controller.daemon.pods import Pods
from controller.daemon.ports import IFACE_ID, POD_NAME, POD_NAMESPACE, POD_UID, Port, Present
from controller.daemon.subnets import Subnets
from controller.daemon.switch import Installed, Switch
from controller.kubernetes import Client


class PodRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which pod, on which node."""

    node: str
    namespace: str
    name: str
    uid: str

    @property
    def iface_id(self) -> str:
        """The pod's logical switch port."""
        return pod_port(self.namespace, self.name)


class AddRequest(PodRequest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A pod to plug: its kind of plug, its interface on the node, a process in its network namespace."""

    kind: str
    interface: str
    netns_pid: int | None = None


class AddAnswer(msgspec.Struct, frozen=True):
    """What a pod got, and when (CLOCK_MONOTONIC, ns; ``installed_ms`` is OVN's own moment by its wall clock)."""

    ip: str
    mac: str
    gateway: str
    cidr: str
    mtu: int
    asked_ns: int
    promised_ns: int
    plugged_ns: int
    configured_ns: int
    installed_ns: int
    installed_ms: int


class Node:
    """A node's pods and its switch, and what requests make of them."""

    def __init__(
        self,
        config: NodeConfig,
        kinds: Mapping[str, PlugKind],
        subnets: Subnets,
        fips: Fips,
        workers: ThreadPoolExecutor,
        *,
        mtu: int,
        patience: float,
    ) -> None:
        self.name = config.node
        self._kinds = kinds
        self._patience = patience
        self._pods = Pods(config.node, self._gone, mtu)
        self.switch = Switch(config.database)
        self._own = OwnNode(config.node)
        self._join = JoinPort(config, self._own, self.switch, subnets, mtu, workers)
        self._links = GatewayLinks(config, self._own, self.switch, subnets, mtu, workers)
        self._announcer = Announcer(config, self.switch, fips)
        self._subnets = subnets
        self._egress = egress.kept(config, join.DEVICE, subnets, workers)
        self._detours = Keeper(config, "detours", self._wanted_detours, lead, workers, subnets, self._own)

    async def run(self, client: Client) -> None:
        """Follows the node and its pods and keeps its switch as desired, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pods.run(client))
            tasks.create_task(self._own.run(client))
            tasks.create_task(self._join.run())
            tasks.create_task(self._egress.run())
            tasks.create_task(self._detours.run())
            tasks.create_task(self._links.run())
            tasks.create_task(self._announcer.run(client))
            tasks.create_task(self.switch.run(self._adopts, self._settled))

    async def add(self, request: AddRequest) -> AddAnswer:
        """Plugs a pod and waits until OVN has its flows; a pod that is plugged already is only answered for.

        Raises ``Refused``.
        """
        asked = time.monotonic_ns()
        kind = self._kind(request)
        promise = await self._pods.promised(request.namespace, request.name, request.uid, self._patience)
        promised = time.monotonic_ns()
        port = _port(request, kind)
        attachment = Attachment(request.interface, request.netns_pid, promise)
        (plugged, installed), configured = await asyncio.gather(
            self._plug(port), _configure(kind, attachment)
        )
        return AddAnswer(
            ip=promise.ip,
            mac=promise.mac,
            gateway=promise.gateway,
            cidr=promise.cidr,
            mtu=promise.mtu,
            asked_ns=asked,
            promised_ns=promised,
            plugged_ns=plugged,
            configured_ns=configured,
            installed_ns=installed.seen_ns,
            installed_ms=installed.reported_ms,
        )

    async def remove(self, request: PodRequest) -> None:
        """Unplugs a pod; one that is not plugged needs nothing. Raises ``Refused``."""
        wanted = self.switch.wanted(request.iface_id)
        if wanted is None or wanted.ids.get(POD_UID) == request.uid:
            await self.switch.unwant(request.iface_id)

    def _kind(self, request: AddRequest) -> PlugKind:
        kind = self._kinds.get(request.kind)
        if kind is None:
            raise Refused(422, f"kind: found {request.kind!r}, allowed: {', '.join(sorted(self._kinds))}")
        if kind.needs_namespace and request.netns_pid is None:
            raise Refused(
                422, f"netns_pid: found null, but kind {kind.name} needs a process in the pod's namespace"
            )
        return kind

    async def _plug(self, port: Port) -> tuple[int, Installed]:
        await self.switch.want(port)
        plugged = time.monotonic_ns()
        try:
            async with asyncio.timeout(self._patience):
                return plugged, await self.switch.installed(port, plugged)
        except TimeoutError:
            raise Refused(
                504,
                f"port {port.iface_id} is on the switch, but OVN has not installed it in {self._patience:g} s",
            ) from None

    def _wanted_detours(self) -> frozenset[Detour]:
        return self._subnets.detours(self.name, self._own.labels)

    async def _settled(self) -> None:
        """Waits until it can be judged who needs a port."""
        await self._pods.synced.wait()
        await self._own.synced.wait()
        await self._subnets.synced.wait()

    def _adopts(self, present: Present) -> bool:
        ids = present.external_ids
        if ids.get(IFACE_ID) == node_port(self.name):
            return self._join.is_promised
        if self._links.has(ids.get(IFACE_ID, "")):
            return True
        return self._pods.has(ids.get(POD_NAMESPACE, ""), ids.get(POD_NAME, ""), ids.get(POD_UID, ""))

    def _gone(self, namespace: str, name: str, uid: str) -> None:
        """A pod that no longer exists loses its port even if no kubelet says so."""
        iface_id = pod_port(namespace, name)
        wanted = self.switch.wanted(iface_id)
        if wanted and wanted.ids.get(POD_UID) == uid:
            self.switch.unwant(iface_id)


def _port(request: AddRequest, kind: PlugKind) -> Port:
    ids = {POD_NAMESPACE: request.namespace, POD_NAME: request.name, POD_UID: request.uid}
    return Port(request.interface, request.iface_id, kind.interface_type, ids=ids)


async def _configure(kind: PlugKind, attachment: Attachment) -> int:
    try:
        await kind.configure(attachment)
    except Exception as error:  # netlink's errors are not all OSErrors
        raise Refused(500, f"the pod's interface cannot be configured: {error}") from error
    return time.monotonic_ns()
