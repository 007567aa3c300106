"""The life cycle of addresses under whatever happens: a pod's address is never another's while anything still uses it.

Hypothesis makes up histories: pods come, end, are evicted and come again, people take records away and others tamper
with NB, while the controller is slow to hear, loses answers and connections, and is killed before and after each of its
writes. Whenever something was written it is looked whether an address is of two; and whenever all is quiet, NB and the
API hold exactly what belongs to what exists.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from controller.api.kinds import IPS, NODES, PODS, STATEFULSETS
from controller.api.names import pod_port
from tests.system.lives.steps import End
from tests.system.lives.witness import SWITCHES
from tests.system.lives.world import World
from tests.system.private_ovsdb import Server

pytestmark = pytest.mark.system

PODS_OF = {
    "small": ("a", "b", "c", "d", "e", "f", "set-0", "set-1"),
    "default": ("a", "b", "set-0"),
}
"""Names of pods: more of them than there are addresses in their subnet, or the same in two namespaces."""

WHO = st.sampled_from([(namespace, name) for namespace, names in PODS_OF.items() for name in names])
NODE = st.sampled_from(["node1", "node2"])
FIXED = st.sampled_from(["", "", "", "10.9.0.2", "10.9.0.3"])
SOON = st.integers(0, 5)
BAD_END = st.sampled_from([end for end in End if end is not End.WELL])
HEARD_LATE = st.sampled_from([PODS, IPS, NODES, STATEFULSETS])


class Lives(RuleBasedStateMachine):
    """What can happen. What makes no sense at the time does nothing."""

    endpoint: str

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._world = self._do(self._begin())

    def teardown(self) -> None:
        try:
            self._do(self._world.settle())
            self._do(self._world.restart_unchanged())
        finally:
            self._do(self._world.end())
            self._runner.close()

    @initialize(crowd=st.lists(WHO, max_size=8, unique=True))
    def some_pods_are_there(self, crowd: list[tuple[str, str]]) -> None:
        for who in crowd:
            self.a_pod_comes(who, "node1", "")
        self.all_becomes_quiet()

    @rule(who=WHO, node=NODE, fixed=FIXED)
    def a_pod_comes(self, who: tuple[str, str], node: str, fixed: str) -> None:
        namespace, name = who
        metadata: dict[str, Any] = {"name": name}
        if fixed and (namespace == "small") == fixed.startswith("10.9."):
            metadata["annotations"] = {"ovn.kubernetes.io/ip_address": fixed}
        if name.startswith("set-"):
            metadata["ownerReferences"] = [
                {
                    "apiVersion": "apps/v1",
                    "kind": "StatefulSet",
                    "name": "set",
                    "uid": "u",
                    "controller": True,
                }
            ]
        spec = {"nodeName": node, "containers": [{"name": "main", "image": "any"}]}
        self._ask(lambda api: api.create(PODS, {"metadata": metadata, "spec": spec}, namespace))

    @rule(who=WHO)
    def a_pod_goes(self, who: tuple[str, str]) -> None:
        self._ask(lambda api: api.delete(PODS, who[1], who[0], grace=0))

    @rule(who=WHO, node=NODE)
    def a_pod_goes_and_comes_again(self, who: tuple[str, str], node: str) -> None:
        self.a_pod_goes(who)
        self.a_pod_comes(who, node, "")

    @rule(who=WHO)
    def a_pod_is_asked_to_go(self, who: tuple[str, str]) -> None:
        self._ask(lambda api: api.delete(PODS, who[1], who[0]))

    @rule(who=WHO, phase=st.sampled_from(["Succeeded", "Failed"]), reason=st.sampled_from(["", "Evicted"]))
    def a_pod_ends(self, who: tuple[str, str], phase: str, reason: str) -> None:
        status = {"status": {"phase": phase, "reason": reason}}
        self._ask(lambda api: api.patch(PODS, who[1], status, who[0], "status"))

    @rule(namespace=st.sampled_from(list(SWITCHES)))
    def a_set_comes(self, namespace: str) -> None:
        template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        spec = {"serviceName": "s", "selector": {"matchLabels": {"a": "b"}}, "template": template}
        self._ask(
            lambda api: api.create(STATEFULSETS, {"metadata": {"name": "set"}, "spec": spec}, namespace)
        )

    @rule(namespace=st.sampled_from(list(SWITCHES)))
    def a_set_goes(self, namespace: str) -> None:
        self._ask(lambda api: api.delete(STATEFULSETS, "set", namespace))

    @rule(node=NODE)
    def a_node_goes(self, node: str) -> None:
        self._ask(lambda api: api.delete(NODES, node))

    @rule(node=NODE)
    def a_node_comes(self, node: str) -> None:
        self._ask(lambda api: api.create(NODES, {"metadata": {"name": node}}))

    @rule(who=WHO)
    def somebody_deletes_a_record(self, who: tuple[str, str]) -> None:
        self._ask(lambda api: api.delete(IPS, pod_port(*who)))

    @rule(who=WHO, other=WHO, node=NODE, at_its_end=st.booleans())
    def somebody_deletes_a_record_and_another_pod_asks_for_its_address(
        self, who: tuple[str, str], other: tuple[str, str], node: str, at_its_end: bool
    ) -> None:
        record = self._world.api.find(IPS, pod_port(*who))
        if record is not None:
            if at_its_end:
                self.a_pod_ends(who, "Failed", "Evicted")
            self.somebody_deletes_a_record(who)
            self.a_pod_goes(other)
            self.a_pod_comes(other, node, record.spec.ip_address)

    @rule(who=WHO)
    def somebody_empties_a_port(self, who: tuple[str, str]) -> None:
        self._do(self._world.nb.blank(pod_port(*who)))

    @rule(who=WHO)
    def somebody_removes_a_port(self, who: tuple[str, str]) -> None:
        self._do(self._world.nb.remove(SWITCHES[who[0]], pod_port(*who)))

    @rule()
    def somebody_doubles_rows(self) -> None:
        self._do(self._world.nb.double_policies())

    @rule()
    def nb_loses_everything_but_what_is_foreign(self) -> None:
        self._do(self._world.lose_northbound())

    @rule(kind=HEARD_LATE)
    def news_of_a_kind_come_late(self, kind: Any) -> None:
        self._world.api.hold(kind)

    @rule()
    def late_news_arrive(self) -> None:
        self._do(self._deliver())

    @rule(kind=HEARD_LATE)
    def a_watch_has_to_begin_anew(self, kind: Any) -> None:
        self._do(self._forget(kind))

    @rule(count=SOON)
    def the_controller_comes_so_far(self, count: int) -> None:
        self._do(self._world.work(count))

    @rule(count=SOON, end=BAD_END)
    def a_step_ends_badly(self, count: int, end: End) -> None:
        self._do(self._world.work(count, end))

    @rule()
    def the_controller_is_killed(self) -> None:
        self._do(self._world.kill())

    @rule()
    def a_port_of_nobody_is_left_over(self) -> None:
        self._do(self._world.haunt())

    @rule()
    def all_becomes_quiet(self) -> None:
        self._do(self._world.settle())

    async def _begin(self) -> World:
        world = World(self.endpoint)
        await world.begin()
        return world

    async def _deliver(self) -> None:
        self._world.api.deliver()

    async def _forget(self, kind: Any) -> None:
        self._world.api.forget(kind)

    def _ask(self, act: Callable[[Any], Any]) -> None:
        async def ask() -> None:
            self._world.attempt(act, self._world.api)

        self._do(ask())

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)


@pytest.fixture(scope="module")
def northbound() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        server = Server(Path(directory))
        server.start()
        try:
            server.wait()
            yield server.endpoint
        finally:
            server.kill()


def histories(count: int, steps: int) -> settings:
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        print_blob=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def test_no_address_is_of_two_and_nothing_is_left_over(northbound: str) -> None:
    Lives.endpoint = northbound
    run_state_machine_as_test(Lives, settings=histories(50, 25))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_no_address_is_of_two_in_a_thousand_histories(northbound: str) -> None:
    Lives.endpoint = northbound
    run_state_machine_as_test(Lives, settings=histories(1_000, 50))
