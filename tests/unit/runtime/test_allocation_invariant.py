"""An address is never given to another while anything still uses it, whatever happens in whatever order.

The API and NB are dictionaries here, and what the API tells arrives when the machine says so; what is between them is
the controller's own. Its loop is played step by step, so that it can be killed between any two.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from controller.api.core import Pod, PodSpec, PodStatus
from controller.api.kinds import IPS, PODS, STATEFULSETS, SUBNETS
from controller.api.kubeovn import IP, Subnet, SubnetSpec
from controller.api.meta import ObjectMeta, OwnerReference
from controller.api.names import pod_port
from controller.api.workloads import StatefulSet
from controller.engine.engine import Engine
from controller.engine.view import View
from controller.northbound.replica import Replica
from controller.northbound.rows import RowKey
from controller.reconcilers import RECONCILERS
from controller.reconcilers.pod import needs_network, port
from controller.runtime.allocation import Allocation
from tests.unit.runtime.allocating import Api

NAMES = ("db-0", "db-1", "web", "app", "job", "tool")
WISHES: tuple[dict[str, str], ...] = (
    {},
    {},
    {"ip_address": "10.9.0.3"},
    {"ip_pool": "10.9.0.2..10.9.0.4"},
    {"mac_address": "0a:00:00:00:00:07"},
)
SUBNET = Subnet(metadata=ObjectMeta(name="ovn-default"), spec=SubnetSpec(cidr_block="10.9.0.0/29"))
SET = StatefulSet(metadata=ObjectMeta(name="db", namespace="default"))
OWNED = OwnerReference(api_version="apps/v1", kind="StatefulSet", name="db", uid="s", controller=True)


class Port(NamedTuple):
    """A port as NB holds it."""

    row: Any


class Row(dict[str, Any]):
    """The columns of a port."""

    def pick(self, *names: str) -> tuple[Any, ...]:
        return tuple(self[name] for name in names)


class Northbound:
    """Ports by name; what allocation asks a replica."""

    def __init__(self) -> None:
        self.ports: dict[str, Row] = {}

    def own(self, key: RowKey) -> Port | None:
        row = self.ports.get(key.name)
        return None if row is None else Port(row)

    def own_rows(self, table: str) -> Iterator[tuple[str, Row]]:
        yield from self.ports.items()


class Life(RuleBasedStateMachine):
    """Pods, records and ports as they come and go around a controller that may die."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.api, self.nb = Api(), Northbound()
        self.pods: dict[str, Pod] = {}
        self.has_set = True
        self.late: list[IP] = []
        self.seeds = iter(range(1_000_000))
        self.start()

    def teardown(self) -> None:
        self.loop.close()

    def start(self) -> None:
        """A controller that knows what the API has, as after its first lists, and reads NB."""
        self.view = View()
        self.engine = Engine(self.view, Replica(), RECONCILERS)
        rng = random.Random(next(self.seeds))
        self.allocation = Allocation(self.view, self.nb, self.engine, self.api, rng)  # type: ignore[arg-type]
        self.late.clear()
        self.view.put(SUBNETS, SUBNET)
        self.allocation.subnet_changed("ovn-default")
        if self.has_set:
            self.view.put(STATEFULSETS, SET)
        for record in self.api.records.values():
            self.view.put(IPS, record)
            self.allocation.recorded(record)
        for pod in self.pods.values():
            self.view.put(PODS, pod)
        self.allocation.survey()
        for owner in (*self.engine.everyone(), *(f"pod/default/{name}" for name in NAMES)):
            self.engine.touch(owner)

    @rule(name=st.sampled_from(NAMES), wish=st.sampled_from(WISHES), node=st.sampled_from("ab"))
    def create(self, name: str, wish: dict[str, str], node: str) -> None:
        if name in self.pods:
            return
        said = {f"ovn.kubernetes.io/{key}": value for key, value in wish.items()}
        owners = (OWNED,) if name.startswith("db") else ()
        meta = ObjectMeta(name=name, namespace="default", annotations=said, owner_references=owners)
        self.tell(Pod(metadata=meta, spec=PodSpec(node_name=node)))

    @rule(name=st.sampled_from(NAMES))
    def finish(self, name: str) -> None:
        if name in self.pods:
            self.tell(msgspec.structs.replace(self.pods[name], status=PodStatus(phase="Failed")))

    @rule(name=st.sampled_from(NAMES))
    def delete(self, name: str) -> None:
        if self.pods.pop(name, None) is not None:
            gone = self.view.drop(PODS, f"default/{name}")
            assert gone is not None
            self.allocation.pod_gone(gone)

    @rule(name=st.sampled_from(NAMES))
    def delete_record_by_hand(self, name: str) -> None:
        record = self.api.records.pop(pod_port("default", name), None)
        if record is not None:
            self.late.append(record)

    @rule()
    def the_api_tells(self) -> None:
        """A deletion that happened some time ago."""
        if self.late:
            record = self.late.pop(0)
            if record.name in self.api.records:
                return
            gone = self.view.drop(IPS, record.name)
            if gone is not None:
                self.allocation.released(gone)

    @rule()
    def the_set_comes_or_goes(self) -> None:
        self.has_set = not self.has_set
        if self.has_set:
            self.view.put(STATEFULSETS, SET)
        else:
            self.view.drop(STATEFULSETS, "default/db")

    @rule(limit=st.integers(1, 20))
    def a_batch(self, limit: int) -> None:
        owners = self.engine.take(limit)
        self.loop.run_until_complete(self.allocation.ensure(owners))
        self.carry_out(owners)

    @rule(limit=st.integers(1, 20), commits=st.booleans())
    def it_dies_in_a_batch(self, limit: int, commits: bool) -> None:
        owners = self.engine.take(limit)
        self.loop.run_until_complete(self.allocation.ensure(owners))
        if commits:
            self.commit(owners)
        self.start()

    @rule()
    def it_rests(self) -> None:
        self.allocation.publish()

    @invariant()
    def nobody_shares_an_address(self) -> None:
        users: defaultdict[str, set[str]] = defaultdict(set)
        for name, record in self.api.records.items():
            users[record.spec.ip_address].add(name)
        for name, row in self.nb.ports.items():
            users[next(iter(row["addresses"])).split()[1]].add(name)
        for pod in self.pods.values():
            if needs_network(pod) and "ovn.kubernetes.io/allocated" in pod.annotations:
                users[pod.annotations["ovn.kubernetes.io/ip_address"]].add(pod_port("default", pod.name))
        assert all(len(names) == 1 for names in users.values()), dict(users)

    def tell(self, pod: Pod) -> None:
        self.pods[pod.name] = pod
        if not self.view.put(PODS, pod):
            self.allocation.pod_restated(pod.path)

    def carry_out(self, owners: list[str]) -> None:
        """NB takes the rows, then the API the promises, then records go whose ports are gone."""
        self.commit(owners)
        for effect in self.engine.plan(owners, "now").effects:
            name = effect.path.rpartition("/")[2]
            if effect.kind is PODS and effect.patch.annotations and name in self.pods:
                pod = self.pods[name]
                said = {key: text for key, text in effect.patch.annotations.items() if text is not None}
                meta = msgspec.structs.replace(pod.metadata, annotations={**pod.annotations, **said})
                self.tell(msgspec.structs.replace(pod, metadata=meta))
            if effect.gone_after is not None:
                if effect.path in self.nb.ports:
                    self.engine.touch(effect.owner)
                elif self.api.records.pop(effect.path, None) is not None:
                    gone = self.view.get(IPS, effect.path)
                    assert gone is not None
                    self.late.append(gone)

    def commit(self, owners: list[str]) -> None:
        for owner in owners:
            reconciler, path = self.engine.subject(owner)
            if reconciler is not port:
                continue
            name = pod_port("default", path.rpartition("/")[2])
            pod = self.view.get(PODS, path)
            rows = port(pod, self.view).rows if pod is not None else ()
            if rows:
                labels = {"pod": path, "ls": "ovn-default"}
                self.nb.ports[name] = Row(addresses=rows[0].columns["addresses"], external_ids=labels)
            else:
                self.nb.ports.pop(name, None)


class LifeAndRest(Life):
    """The same; at the end the controller is left alone, and whoever can have an address has one."""

    def teardown(self) -> None:
        for _ in range(60):
            while self.late:
                self.the_api_tells()
            self.allocation.publish()
            self.a_batch(100)
            self.nobody_shares_an_address()
        assert not self.engine.due
        records = self.api.records.values()
        assert {record.spec.ip_address for record in records} == {
            next(iter(row["addresses"])).split()[1] for row in self.nb.ports.values()
        } | {record.spec.ip_address for record in records if record.spec.pod_type}
        taken = {record.spec.ip_address for record in records}
        hungry = [
            pod
            for pod in self.pods.values()
            if needs_network(pod) and pod_port("default", pod.name) not in self.api.records
        ]
        for pod in hungry:
            asked = {key.rpartition("/")[2] for key in pod.annotations}
            anything = not asked & {"ip_address", "ip_pool", "mac_address"}
            assert not anything or len(taken) == 5, (pod, taken)
        super().teardown()


TestLife = LifeAndRest.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, derandomize=True)
