"""A view, an allocation, and a stand-in for the API that keeps IP objects in a dictionary."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from controller.api.annotations import KEEP_IP
from controller.api.core import Pod, PodSpec, PodStatus
from controller.api.kinds import IPPOOLS, IPS, PODS, STATEFULSETS, SUBNETS, Kind
from controller.api.kubeovn import IP, Subnet, SubnetSpec
from controller.api.meta import ObjectMeta, OwnerReference
from controller.api.reservations import IPPool, IPPoolSpec
from controller.api.workloads import StatefulSet, StatefulSetOrdinals, StatefulSetSpec
from controller.engine.engine import Engine
from controller.engine.settings import Settings
from controller.engine.view import View
from controller.kubernetes import ApiError, Unreachable, Written
from controller.northbound.replica import Replica
from controller.reconcilers import RECONCILERS
from controller.reconcilers.pod import FAILED
from controller.reconcilers.pod import port as port_of
from controller.runtime.allocation import Allocation


class Api:
    """Keeps what is created; refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.records: dict[str, IP] = {}
        self.refused_addresses: set[str] = set()
        self.unreachable = 0

    async def create(self, kind: Kind[IP], record: IP) -> Written[IP]:
        if self.unreachable:
            self.unreachable -= 1
            self.records.setdefault(record.name, record)  # It took effect; only the answer is lost.
            raise Unreachable("cut off")
        if record.name in self.records:
            raise ApiError(409, "AlreadyExists", record.name)
        if record.spec.ip_address in self.refused_addresses:
            raise ApiError(422, "Invalid", f"{record.spec.ip_address} is taken")
        self.records[record.name] = record
        return Written(record, None)

    async def patch(self, kind: Kind[IP], name: str, patch: dict[str, Any]) -> Written[IP]:
        if name not in self.records:
            raise ApiError(404, "NotFound", name)
        before = msgspec.to_builtins(self.records[name])
        changed = {part: before.get(part, {}) | fields for part, fields in patch.items()}
        self.records[name] = msgspec.convert(before | changed, IP)
        return Written(self.records[name], None)

    async def get(self, kind: Kind[IP], name: str) -> IP:
        try:
            return self.records[name]
        except KeyError:
            raise ApiError(404, "NotFound", name) from None


def prefixed(annotations: dict[str, str]) -> dict[str, str]:
    """Kube-OVN's annotations, with their prefix."""
    return {f"ovn.kubernetes.io/{key}": value for key, value in annotations.items()}


class World:
    """A view with two subnets, an allocation, and the stand-in."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.view = View(settings)
        self.replica = Replica()
        self.engine = Engine(self.view, self.replica, RECONCILERS)
        self.api = Api()
        self.allocation = Allocation(
            self.view,
            self.replica,
            self.engine,
            self.api,  # type: ignore[arg-type]
            random.Random(1),
        )
        self.put_subnet("ovn-default", "10.16.0.0/24")
        self.put_subnet("join", "100.64.0.0/24")
        self.put_subnet("tiny", "10.9.0.0/30", namespaces=("small",))

    def put_subnet(self, name: str, cidr: str, keep_ip: str = "", **spec: Any) -> None:
        said = {KEEP_IP: keep_ip} if keep_ip else {}
        meta = ObjectMeta(name=name, annotations=said)
        self.view.put(SUBNETS, Subnet(metadata=meta, spec=SubnetSpec(cidr_block=cidr, **spec)))
        self.allocation.subnet_changed(name)

    def put_pod(
        self, name: str, namespace: str = "default", phase: str = "", node: str = "n", **annotations: str
    ) -> str:
        """A pod; ``annotations`` are Kube-OVN's, without their prefix. Returns the owner of its port."""
        meta = ObjectMeta(name=name, namespace=namespace, uid=name, annotations=prefixed(annotations))
        return self.put(Pod(metadata=meta, spec=PodSpec(node_name=node), status=PodStatus(phase=phase)))

    def put_member(self, name: str, node: str = "n", **annotations: str) -> str:
        """A pod of the StatefulSet that its name begins with."""
        of = name.rpartition("-")[0]
        owner = OwnerReference(api_version="apps/v1", kind="StatefulSet", name=of, uid=of, controller=True)
        meta = ObjectMeta(
            name=name,
            namespace="default",
            uid=name,
            annotations=prefixed(annotations),
            owner_references=(owner,),
        )
        return self.put(Pod(metadata=meta, spec=PodSpec(node_name=node)))

    def put(self, pod: Pod) -> str:
        """The API tells of a pod."""
        if not self.view.put(PODS, pod):
            self.allocation.pod_restated(pod.path)
        return f"pod/{pod.path}"

    def put_set(self, name: str, start: int = 0, **annotations: str) -> None:
        spec = StatefulSetSpec(ordinals=StatefulSetOrdinals(start=start))
        meta = ObjectMeta(name=name, namespace="default", annotations=prefixed(annotations))
        self.view.put(STATEFULSETS, StatefulSet(metadata=meta, spec=spec))

    def put_ippool(self, name: str, subnet: str, *ips: str, namespaces: tuple[str, ...] = ()) -> None:
        spec = IPPoolSpec(subnet=subnet, ips=ips, namespaces=namespaces)
        found = IPPool(metadata=ObjectMeta(name=name), spec=spec)
        self.view.put(IPPOOLS, found)
        self.allocation.division_changed(found)

    def addresses(self, name: str) -> str:
        return self.api.records[name].spec.ip_address

    async def settle(self) -> None:
        """What the loop does until nothing is due: serve, compile, carry out what concerns IP objects."""
        for _ in range(20):
            self.allocation.publish()
            owners = self.engine.take(1000)
            if not owners:
                return
            await self.allocation.ensure(owners)
            for effect in self.engine.plan(owners, "now").effects:
                if effect.kind is IPS and effect.gone_after is not None:
                    self.drop_record(effect.path)
        raise AssertionError("it never comes to rest")

    def drop_pod(self, name: str, namespace: str = "default") -> None:
        gone = self.view.drop(PODS, f"{namespace}/{name}")
        assert gone is not None
        self.allocation.pod_gone(gone)

    def drop_record(self, name: str) -> None:
        self.api.records.pop(name, None)
        gone = self.view.drop(IPS, name)
        assert gone is not None
        self.allocation.released(gone)

    def said(self, owner: str) -> tuple[str, str] | None:
        """The status and the message of the condition that a pod ought to have."""
        subject = self.view.get(PODS, owner.partition("/")[2])
        assert subject is not None
        for condition in port_of(subject, self.view).conditions:
            return condition.status, condition.message
        return None

    def troubles(self, owner: str) -> list[str]:
        plan = self.engine.plan([owner], "now")
        return [
            notice.message for effect in plan.effects for notice in effect.notices if notice.reason == FAILED
        ]
