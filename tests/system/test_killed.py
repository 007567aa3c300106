"""Whatever is killed on a standing cluster is started again: pods, their addresses and their traffic do not notice."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.person import TESTBED, TIMEOUT_S, Person, process
from tests.waiting import wait_until

pytestmark = pytest.mark.system

NAME = "killed"

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: none}]}
"""

VICTIMS = (
    "apiserver",
    "controller",
    "workloads",
    "daemon1",
    "kubelet1",
    "central northd",
    "node1 ovn-controller",
    "node2 ovn-controller",
)


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    somebody = Person(Path(tempfile.mkdtemp(prefix="testbed-", dir="/run")))
    somebody.gets("up", "--nodes", "2", "--name", NAME)
    yield somebody
    somebody.leaves()


class Ping:
    """One that goes on in a pod; `answers` are the numbers of the requests that were answered."""

    def __init__(self, person: Person, pod: str, address: str) -> None:
        self.answers: list[int] = []
        self._process = subprocess.Popen(
            [*TESTBED, "exec", f"pod/{pod}", "--", "ping", "-i", "0.2", "-W", "10", address],
            stdout=subprocess.PIPE,
            text=True,
            env=person.environment,
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.search(r"icmp_seq=(\d+) ttl", line):
                self.answers.append(int(found[1]))

    def goes_on(self, why: str) -> None:
        """Wait for answers to come."""
        before = len(self.answers)
        wait_until(lambda: len(self.answers) > before + 2, why)

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(TIMEOUT_S)
        self._reading.join()


def pods(person: Person) -> dict[str, Any]:
    """By name: what of a pod must not change."""
    return {
        pod["metadata"]["name"]: (
            pod["metadata"]["uid"],
            pod["spec"]["nodeName"],
            pod["status"]["phase"],
            pod["status"]["podIP"],
            [container["restartCount"] for container in pod["status"]["containerStatuses"]],
        )
        for pod in documents(person)
    }


def documents(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(person.gets("get", "pods", "-l", "app=web", "--json"))["items"]
    return found


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any((entry["type"], entry["status"]) == ("Ready", "True") for entry in conditions)


def scale(person: Person, replicas: int) -> None:
    person.gets("apply", "-f", "-", stdin=DEPLOYMENT.replace("replicas: 4", f"replicas: {replicas}"))
    wait_until(
        lambda: [is_ready(pod) for pod in documents(person)] == [True] * replicas,
        f"{replicas} pods are ready",
    )


def ports(person: Person) -> set[str]:
    """The pods of the Deployment that have a logical switch port."""
    names = person.gets("nbctl", "--bare", "--columns=name", "list", "Logical_Switch_Port").split()
    return {name.removesuffix(".default") for name in names if name.startswith("web-")}


def is_back(person: Person, victim: str, restarts: int) -> bool:
    """Whether it was started again and is ready."""
    status = person.status(NAME)
    told = [entry["what"] for entry in status["incidents"] if entry["process"] == victim]
    return bool(process(status, victim)["restarts"] > restarts and told[-1] == "was started again")


def test_pods_and_their_traffic_outlive_every_process_that_is_started_again(person: Person) -> None:
    scale(person, 4)
    before = pods(person)
    addresses = {node: (name, ip) for name, (_, node, _, ip, _) in before.items()}
    assert set(addresses) == {"node1", "node2"}
    ping = Ping(person, addresses["node1"][0], addresses["node2"][1])
    try:
        ping.goes_on("the other pod never answered")
        for victim in VICTIMS:
            status = process(person.status(NAME), victim)
            person.kills(NAME, status["pid"])
            wait_until(
                lambda victim=victim, before=status["restarts"]: is_back(person, victim, before),  # type: ignore[misc]
                f"{victim} is back",
            )
            ping.goes_on(f"there is no answer since {victim} was killed")
        scale(person, 6)
        after = pods(person)
        assert {name: after[name] for name in before} == before
        assert len({address for _, _, _, address, _ in after.values()}) == 6
        ping.goes_on("there is no answer since there are more pods")
    finally:
        ping.end()
    scale(person, 1)
    wait_until(lambda: ports(person) == set(pods(person)), "ports are of pods that are there")
