"""What a kubelet reports reads as Kubernetes documents it."""

from __future__ import annotations

import re

from controller.api.core import Container, Pod, PodSpec, PodStatus
from controller.api.meta import Condition, ObjectMeta
from testbed.kubelet import status

POD = Pod(
    metadata=ObjectMeta(
        name="web-0", namespace="default", uid="u1", creation_timestamp="2026-01-01T00:00:00Z"
    ),
    spec=PodSpec(containers=(Container(name="web", image="nginx"),)),
)


def reported(pod: Pod = POD, ips: str = "10.16.0.5") -> status.Document:
    return status.running(pod, "192.168.0.1", ips, "2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z")


def test_a_report_is_for_this_very_pod() -> None:
    assert reported()["metadata"] == {"uid": "u1"}


def test_a_dual_stack_pod_has_its_first_address_as_the_address() -> None:
    found = reported(ips="10.16.0.5,fd00::5")["status"]
    assert found["podIP"] == "10.16.0.5"
    assert found["podIPs"] == [{"ip": "10.16.0.5"}, {"ip": "fd00::5"}]


def test_every_condition_holds_since_its_own_moment() -> None:
    conditions = {entry["type"]: entry for entry in reported()["status"]["conditions"]}
    assert {entry["status"] for entry in conditions.values()} == {"True"}
    assert conditions["PodScheduled"]["lastTransitionTime"] == "2026-01-01T00:00:00Z"
    assert conditions["Initialized"]["lastTransitionTime"] == "2026-01-01T00:00:01Z"
    assert conditions["Ready"]["lastTransitionTime"] == "2026-01-01T00:00:02Z"


def test_the_schedulers_own_moment_stays() -> None:
    scheduled = Condition(type="PodScheduled", status="True", last_transition_time="2025-12-31T00:00:00Z")
    pod = Pod(metadata=POD.metadata, status=PodStatus(conditions=(scheduled,)))
    assert reported(pod)["status"]["conditions"][0]["lastTransitionTime"] == "2025-12-31T00:00:00Z"


def test_each_container_runs() -> None:
    (container,) = reported()["status"]["containerStatuses"]
    assert container["name"] == "web"
    assert container["ready"]
    assert container["state"] == {"running": {"startedAt": "2026-01-01T00:00:02Z"}}


def test_an_event_tells_why_a_pod_has_no_sandbox() -> None:
    event = status.not_plugged(POD, "node1", "no address", "2026-01-01T00:00:02Z")
    assert (event["type"], event["reason"]) == ("Warning", "FailedCreatePodSandBox")
    assert event["involvedObject"]["uid"] == "u1"
    assert "no address" in event["message"]
    assert event["source"] == {"component": "kubelet", "host": "node1"}


def test_moments_are_written_as_kubernetes_does() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", status.moment())
