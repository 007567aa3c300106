"""Endpoints, held against https://kubernetes.io/docs/concepts/services-networking/service/#endpoints."""

from __future__ import annotations

from typing import Any

from controller.api.meta import ObjectMeta
from controller.kubernetes import Change
from testbed.workloads import endpoints
from testbed.workloads.objects import Endpoints, Pod, Service
from testbed.workloads.world import World
from tests.unit.workloads.services import a_pod, a_service

NOW = 1_700_000_000.0


def a_world(service: Service, *pods: Pod) -> World:
    world = World()
    world.services.saw(Change("ADDED", service, None, 0))
    for pod in pods:
        world.pods.saw(Change("ADDED", pod, None, 0))
    return world


def made(service: Service, *pods: Pod) -> Any:
    (create,) = endpoints.reconcile(a_world(service, *pods), service, NOW).creates
    return create.document


def test_ready_pods_and_others_are_told_apart_and_those_that_end_are_not_there() -> None:
    document = made(
        a_service(), a_pod(2), a_pod(1, ready=False), a_pod(3, going=True), a_pod(4, phase="Failed")
    )
    assert document["metadata"]["name"] == "web"
    (subset,) = document["subsets"]
    assert subset["ports"] == [{"name": "http", "protocol": "TCP", "port": 8080}]
    assert [entry["ip"] for entry in subset["addresses"]] == ["10.16.0.2"]
    assert [entry["ip"] for entry in subset["notReadyAddresses"]] == ["10.16.0.1"]
    assert subset["addresses"][0]["targetRef"]["name"] == "web-2"


def test_it_is_of_the_services_first_family() -> None:
    six = a_service(ip_families=("IPv6", "IPv4"))
    (subset,) = made(six, a_pod(1, addresses=("10.16.0.1", "fd00::1")))["subsets"]
    assert [entry["ip"] for entry in subset["addresses"]] == ["fd00::1"]


def test_it_ends_after_a_thousand_and_says_so() -> None:
    document = made(a_service(), *(a_pod(number) for number in range(1, 1_002)))
    assert len(document["subsets"][0]["addresses"]) == 1_000
    assert document["metadata"]["annotations"] == {"endpoints.kubernetes.io/over-capacity": "truncated"}


def test_it_is_written_again_only_if_it_differs() -> None:
    service = a_service()
    world = a_world(service, a_pod(1))
    (create,) = endpoints.reconcile(world, service, NOW).creates
    meta = ObjectMeta(name="web", namespace="default", uid="e", resource_version="1")
    subsets = tuple(create.document["subsets"])
    world.endpoints.saw(Change("ADDED", Endpoints(metadata=meta, subsets=subsets), None, 0))
    assert endpoints.reconcile(world, service, NOW).writes == []
    world.pods.saw(Change("MODIFIED", a_pod(1, ready=False, revision=2), None, 0))
    (write,) = endpoints.reconcile(world, service, NOW).writes
    assert list(write.patch["subsets"][0]) == ["notReadyAddresses", "ports"]  # type: ignore[union-attr]


def test_that_of_a_service_without_a_selector_is_somebody_elses() -> None:
    service = a_service(selector={})
    assert endpoints.reconcile(a_world(service), service, NOW).creates == []
