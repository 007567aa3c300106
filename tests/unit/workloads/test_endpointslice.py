"""EndpointSlices, held against https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from controller.api.meta import ObjectMeta
from controller.kubernetes import Change
from testbed.workloads import endpointslice
from testbed.workloads.objects import (
    ContainerPort,
    EndpointSlice,
    Node,
    Pod,
    Service,
    ServicePort,
)
from testbed.workloads.plan import Delete, Patch, Plan
from testbed.workloads.world import World
from tests.unit.workloads.services import a_pod, a_service

NOW = 1_700_000_000.0


class Played:
    """A world in which plans are carried out at once, as the API would."""

    def __init__(self, service: Service) -> None:
        self.world = World()
        self.service = service
        self.world.services.saw(Change("ADDED", service, None, 0))
        self._revision = 1_000

    def pods(self, *pods: Pod) -> None:
        for pod in pods:
            self.world.pods.saw(Change("MODIFIED", pod, None, 0))

    def gone(self, pod: Pod) -> None:
        self.world.pods.saw(Change("DELETED", pod, None, 0))

    def change(self, service: Service) -> None:
        metadata = msgspec.structs.replace(service.metadata, resource_version="2")
        self.service = msgspec.structs.replace(service, metadata=metadata)
        self.world.services.saw(Change("MODIFIED", self.service, None, 0))

    def settle(self) -> Plan:
        """What is to be written now, which is then so."""
        plan = endpointslice.reconcile(self.world, self.service, NOW)
        for create in plan.creates:
            document = create.document
            uid = {"uid": document["metadata"]["name"]}
            self._store({**document, "metadata": {**document["metadata"], **uid}})
        for write in plan.writes:
            assert isinstance(write.entry, EndpointSlice)
            if isinstance(write, Delete):
                self.world.slices.saw(Change("DELETED", write.entry, None, 0))
            else:
                document = msgspec.to_builtins(write.entry)
                self._store({**document, **{k: v for k, v in write.patch.items() if k != "metadata"}})
        return plan

    def _store(self, document: dict[str, Any]) -> None:
        self._revision += 1
        document["metadata"]["resourceVersion"] = str(self._revision)
        self.world.slices.saw(Change("MODIFIED", msgspec.convert(document, EndpointSlice), None, 0))

    def sizes(self) -> list[int]:
        return sorted(len(entry.endpoints) for entry in self.world.slices.values())

    def addresses(self) -> set[str]:
        return {
            address
            for entry in self.world.slices.values()
            for endpoint in entry.endpoints
            for address in endpoint["addresses"]
        }


def writes(plan: Plan) -> int:
    return len(plan.creates) + len(plan.writes)


def conditions(*pods: Pod, **spec: Any) -> list[dict[str, bool]]:
    played = Played(a_service(**spec))
    played.pods(*pods)
    (create,) = played.settle().creates
    return [endpoint["conditions"] for endpoint in create.document["endpoints"]]


def test_a_slice_says_whose_it_is_who_keeps_it_and_what_is_behind_the_service() -> None:
    played = Played(a_service(labels={"team": "blue"}))
    played.pods(a_pod(1))
    (create,) = played.settle().creates
    meta = create.document["metadata"]
    assert meta["labels"] == {
        "team": "blue",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    assert [reference["uid"] for reference in meta["ownerReferences"]] == ["service"]
    assert create.document["addressType"] == "IPv4"
    assert create.document["ports"] == [{"name": "http", "protocol": "TCP", "port": 8080}]
    assert create.document["endpoints"] == [
        {
            "addresses": ["10.16.0.1"],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "targetRef": {"kind": "Pod", "namespace": "default", "name": "web-1", "uid": "u1"},
            "nodeName": "node1",
        }
    ]


def test_ready_is_who_takes_new_connections_and_serving_who_still_answers() -> None:
    assert conditions(a_pod(1, ready=False)) == [{"ready": False, "serving": False, "terminating": False}]
    assert conditions(a_pod(1, going=True)) == [{"ready": False, "serving": True, "terminating": True}]


@pytest.mark.proves("Service.spec.publishNotReadyAddresses")
def test_a_service_may_tell_of_pods_that_are_not_ready() -> None:
    (found,) = conditions(a_pod(1, ready=False), publish_not_ready_addresses=True)
    assert found == {"ready": True, "serving": False, "terminating": False}


def test_finished_pods_and_those_without_an_address_and_of_other_labels_are_not_behind_it() -> None:
    played = Played(a_service())
    played.pods(
        a_pod(1, phase="Succeeded"), a_pod(2, addresses=()), a_pod(3, labels={"app": "other"}), a_pod(4)
    )
    played.settle()
    assert played.addresses() == {"10.16.0.4"}


def test_a_service_that_nobody_is_behind_has_one_empty_slice_which_is_filled_later() -> None:
    played = Played(a_service())
    (create,) = played.settle().creates
    assert (create.document["endpoints"], create.document["ports"]) == ([], [])
    assert writes(played.settle()) == 0
    played.pods(a_pod(1))
    plan = played.settle()
    assert [type(write) for write in plan.writes] == [Patch]
    assert played.sizes() == [1]
    played.gone(a_pod(1))
    plan = played.settle()
    assert [type(write) for write in plan.writes] == [Patch]
    assert played.sizes() == [0]


@pytest.mark.parametrize("spec", [{"selector": {}}, {"type": "ExternalName"}])
def test_the_slices_of_services_without_a_selector_are_somebody_elses(spec: dict[str, Any]) -> None:
    assert writes(Played(a_service(**spec)).settle()) == 0


def test_a_headless_service_has_slices_that_say_so() -> None:
    played = Played(a_service(cluster_ip="None"))
    (create,) = played.settle().creates
    assert create.document["metadata"]["labels"]["service.kubernetes.io/headless"] == ""


def test_each_family_has_slices_of_its_own_and_one_that_is_not_asked_for_any_more_goes() -> None:
    played = Played(a_service(ip_families=("IPv4", "IPv6")))
    played.pods(a_pod(1, addresses=("10.16.0.1", "fd00::1")), a_pod(2, addresses=("10.16.0.2",)))
    played.settle()
    found = {entry.address_type: len(entry.endpoints) for entry in played.world.slices.values()}
    assert found == {"IPv4": 2, "IPv6": 1}
    played.change(a_service(ip_families=("IPv4",)))
    assert [type(write) for write in played.settle().writes] == [Delete]


def test_pods_that_call_a_port_differently_are_in_different_slices_and_who_does_not_have_it_is_without_it() -> (
    None
):
    named = ServicePort(name="http", port=80, target_port="web")
    played = Played(a_service(named))
    for number, port in ((1, 8080), (2, 9090), (3, 8080)):
        played.pods(a_pod(number, ports=(ContainerPort(name="web", container_port=port),)))
    played.pods(a_pod(4, ports=(ContainerPort(name="web", container_port=53, protocol="UDP"),)))
    played.settle()
    found = {
        tuple(port["port"] for port in entry.ports): {
            name for end in entry.endpoints for name in end["addresses"]
        }
        for entry in played.world.slices.values()
    }
    assert found == {(8080,): {"10.16.0.1", "10.16.0.3"}, (9090,): {"10.16.0.2"}, (): {"10.16.0.4"}}


def test_a_slice_holds_a_hundred_and_many_pods_at_once_are_one_write_a_slice() -> None:
    played = Played(a_service())
    played.pods(*(a_pod(number, ready=False) for number in range(1, 251)))
    assert writes(played.settle()) == 3
    assert played.sizes() == [50, 100, 100]
    played.pods(*(a_pod(number, revision=2) for number in range(1, 251)))
    assert writes(played.settle()) == 3
    assert writes(played.settle()) == 0
    assert len(played.addresses()) == 250


def test_one_pod_more_or_less_is_one_write() -> None:
    played = Played(a_service())
    played.pods(*(a_pod(number) for number in range(1, 151)))
    played.settle()
    played.pods(a_pod(151))
    assert writes(played.settle()) == 1
    assert played.sizes() == [51, 100]
    played.gone(a_pod(3))
    assert writes(played.settle()) == 1
    assert len(played.addresses()) == 150


def test_who_comes_for_one_that_goes_takes_its_place_and_is_one_write() -> None:
    played = Played(a_service())
    played.pods(*(a_pod(number) for number in range(1, 101)))
    played.settle()
    played.gone(a_pod(7))
    played.pods(a_pod(200))
    assert writes(played.settle()) == 1
    assert played.sizes() == [100]


def test_a_port_that_changes_is_changed_in_place() -> None:
    played = Played(a_service())
    played.pods(a_pod(1))
    played.settle()
    played.change(a_service(ServicePort(name="http", port=80, target_port=9090)))
    (write,) = played.settle().writes
    assert isinstance(write, Patch)
    assert write.patch == {"ports": [{"name": "http", "protocol": "TCP", "port": 9090}]}


def test_a_selector_that_changes_finds_the_pods_that_are_there() -> None:
    played = Played(a_service())
    played.pods(a_pod(1), a_pod(2, labels={"app": "other"}))
    played.settle()
    played.change(a_service(selector={"app": "other"}))
    played.settle()
    assert played.addresses() == {"10.16.0.2"}
    played.pods(a_pod(2, labels={"app": "web"}, revision=2))
    played.settle()
    assert played.addresses() == set()


def test_the_services_of_a_pod_are_found_by_its_labels() -> None:
    played = Played(a_service(selector={"app": "web", "tier": "front"}))
    selection = played.world.selection
    assert [found.name for found in selection.services(a_pod(1, labels={"tier": "front", "app": "web"}))] == [
        "web"
    ]
    assert list(selection.services(a_pod(1))) == []
    played.world.services.saw(Change("DELETED", played.service, None, 0))
    assert list(selection.services(a_pod(1, labels={"tier": "front", "app": "web"}))) == []


def test_an_endpoint_says_its_zone_and_the_name_that_it_has_in_the_service() -> None:
    played = Played(a_service())
    meta = ObjectMeta(
        name="node1", uid="n", labels={"topology.kubernetes.io/zone": "a"}, resource_version="1"
    )
    played.world.nodes.saw(Change("ADDED", Node(metadata=meta), None, 0))
    played.pods(a_pod(1, hostname="first", subdomain="web"), a_pod(2, hostname="second", subdomain="other"))
    (create,) = played.settle().creates
    found = {endpoint["targetRef"]["name"]: endpoint for endpoint in create.document["endpoints"]}
    assert (found["web-1"]["zone"], found["web-1"].get("hostname")) == ("a", "first")
    assert found["web-2"].get("hostname") is None
