"""Services within the cluster, proved by who answers: Deployments of live pods behind the addresses of services."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from controller.api.kinds import ENDPOINT_SLICES, PODS, SERVICES, SUBNETS, VPCS
from controller.api.networking import Service
from controller.kubernetes import Access, Client
from testbed.cluster import Cluster
from testbed.workloads.objects import DEPLOYMENTS
from tests.system.live_pods import a_pod, a_spec, change, create, enter, run_pods, with_cluster
from tests.waiting import until, wait_until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("state_root")]

REFUSED = "ConnectionRefusedError"
UNREACHED = {"TimeoutError", "OSError"}
"""Nobody answers, or a router says that there is no way."""
CLIENT = """
import json, socket, sys
host, port, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
found = []
for _ in range(times):
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.sendall(b"GET /hostname HTTP/1.0\\r\\n\\r\\n")
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        found.append(answer.partition(b"\\r\\n\\r\\n")[2].decode())
    except OSError as error:
        found.append(type(error).__name__)
print(json.dumps(found))
"""


SENDER = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.settimeout(1)
    sender.connect(("{address}", 53))
    for line in sys.stdin:
        try:
            sender.send(line.encode())
            print(sender.recv(100).decode(), end="", flush=True)
        except OSError as error:
            print(type(error).__name__, flush=True)
"""


def answers(pod: str, address: str, times: int = 1) -> list[str]:
    """Who answered each of some connections from a pod to port 80, or the error that it ended with."""
    argv = [*enter(pod), sys.executable, "-c", CLIENT, address, "80", str(times)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def becomes(pod: str, address: str, condition: Callable[[list[str]], bool], times: int = 1) -> None:
    """Wait until the answers are as they should be."""
    wait_until(lambda: condition(answers(pod, address, times)), f"{pod} is answered as it should be")


def a_deployment(name: str, replicas: int, **annotations: str) -> dict[str, Any]:
    """Live pods that answer on port 8080 by their names, one a node as far as there are nodes."""
    labels = {"app": name}
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": labels},
    }
    said = {f"ovn.kubernetes.io/{key}": value for key, value in annotations.items()}
    container = {"name": "main", "image": "none", "ports": [{"name": "http", "containerPort": 8080}]}
    template = {
        "metadata": {"labels": labels, "annotations": {"testbed/kind": "live", **said}},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "topologySpreadConstraints": [spread],
            "containers": [container],
        },
    }
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }


def a_service(name: str, **spec: Any) -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"app": name}, "ports": ports, **spec},
    }


async def serve(cluster: Cluster, deployment: dict[str, Any], service: dict[str, Any]) -> Service:
    """A service and the pods behind it, once all of these are told of as ready."""
    async with Client(Access.load(cluster.kubeconfig)) as api:
        found = (await api.create(SERVICES, service, namespace="default")).object
        await api.create(DEPLOYMENTS, deployment, namespace="default")
    await endpoints(cluster, found.name, deployment["spec"]["replicas"])
    return found


async def endpoints(cluster: Cluster, service: str, count: int) -> set[str]:
    """Wait until that many endpoints of a service are ready in each of its slices; returns the names of the pods."""
    async with Client(Access.load(cluster.kubeconfig)) as api:

        async def ready() -> set[str] | None:
            selector = f"kubernetes.io/service-name={service}"
            slices = (await api.list(ENDPOINT_SLICES, namespace="default", label_selector=selector)).items
            names = [
                {
                    entry.target_ref.name
                    for entry in found.endpoints or ()
                    if entry.is_ready and entry.target_ref
                }
                for found in slices
            ]
            return names[0] if names and all(len(found) == count for found in names) else None

        return await until(ready, f"{count} endpoints of {service}")


async def scale(cluster: Cluster, name: str, replicas: int) -> None:
    async with Client(Access.load(cluster.kubeconfig)) as api:
        await api.patch(DEPLOYMENTS, name, {"spec": {"replicas": replicas}}, namespace="default")


async def change_service(cluster: Cluster, name: str, **spec: Any) -> None:
    async with Client(Access.load(cluster.kubeconfig)) as api:
        await api.patch(SERVICES, name, {"spec": spec}, namespace="default")


async def replace_pod(cluster: Cluster, app: str) -> None:
    """Delete the pod of a Deployment; returns once another has taken its place."""
    async with Client(Access.load(cluster.kubeconfig)) as api:
        (pod,) = (await api.list(PODS, namespace="default", label_selector=f"app={app}")).items
        await api.delete(PODS, pod.name, namespace="default")

    async def is_another() -> bool:
        return await endpoints(cluster, app, 1) != {pod.name}

    await until(is_another, f"another pod in place of {pod.name}")


@pytest.mark.proves(
    "Subnet.spec.enableLb",
    "Service.spec.type",
    "Service.spec.clusterIP",
    "Service.spec.selector",
    "Service.spec.ports",
)
def test_pods_reach_a_deployment_through_its_service_unless_their_subnet_has_none() -> None:
    def body(cluster: Cluster) -> None:
        asyncio.run(create(cluster, SUBNETS, "red", cidrBlock="10.1.0.0/24"))
        service = asyncio.run(serve(cluster, a_deployment("web", 2), a_service("web")))
        address = service.spec.cluster_ip
        asyncio.run(
            run_pods(
                cluster,
                a_pod("one", "node1"),
                a_pod("two", "node2"),
                a_pod("red", "node1", logical_switch="red"),
            )
        )
        backends = asyncio.run(endpoints(cluster, "web", 2))
        for client in ("one", "two", "red", *backends):
            becomes(client, address, lambda found: set(found) == backends, times=10)
        asyncio.run(change(cluster, SUBNETS, "red", enableLb=False))
        becomes("red", address, lambda found: set(found) <= UNREACHED)
        assert set(answers("one", address, 10)) <= backends
        asyncio.run(change(cluster, SUBNETS, "red", enableLb=True))
        becomes("red", address, lambda found: set(found) <= backends, times=3)
        asyncio.run(scale(cluster, "web", 1))
        (left,) = asyncio.run(endpoints(cluster, "web", 1))
        for client in ("one", "two"):
            becomes(client, address, lambda found: set(found) == {left}, times=10)
        assert answers("one", address, 20) == [left] * 20
        asyncio.run(scale(cluster, "web", 0))
        becomes("two", address, lambda found: found == [REFUSED])

    assert with_cluster(a_spec(), body) == 0


@pytest.mark.slow
@pytest.mark.parametrize("release", ["system", "suite:sid"])
@pytest.mark.proves("Service.spec.sessionAffinity", "ovn.kubernetes.io/vpc")
def test_services_have_both_families_keep_clients_at_their_pods_and_are_for_one_vpc(release: str) -> None:
    def body(cluster: Cluster) -> None:
        asyncio.run(create(cluster, VPCS, "tenant"))
        networks = {"both": "10.1.0.0/24,fd00:1::/64", "blue": "10.2.0.0/24,fd00:2::/64"}
        for name, cidr in networks.items():
            vpc = {"vpc": "tenant"} if name == "blue" else {}
            asyncio.run(create(cluster, SUBNETS, name, cidrBlock=cidr, **vpc))
        found = {}
        for name in networks:
            service = a_service(name, ipFamilyPolicy="RequireDualStack")
            found[name] = asyncio.run(serve(cluster, a_deployment(name, 2, logical_switch=name), service))
        asyncio.run(
            run_pods(cluster, *(a_pod(f"client-{net}", "node1", logical_switch=net) for net in networks))
        )
        for name in networks:
            backends = asyncio.run(endpoints(cluster, name, 2))
            for address in found[name].spec.cluster_ips:
                for client in (f"client-{name}", *backends):
                    becomes(client, address, lambda answered: set(answered) == backends, times=10)  # noqa: B023
        assert set(answers("client-both", found["blue"].spec.cluster_ip, 2)) <= UNREACHED
        asyncio.run(change_service(cluster, "both", sessionAffinity="ClientIP"))
        for address in found["both"].spec.cluster_ips:
            becomes("client-both", address, lambda answered: len(set(answered)) == 1, times=10)
            (keeper,) = set(answers("client-both", address, 20))
            assert keeper in asyncio.run(endpoints(cluster, "both", 2))

    assert with_cluster(a_spec(release), body) == 0


@pytest.mark.slow
def test_datagrams_reach_the_pods_that_there_are() -> None:
    def body(cluster: Cluster) -> None:
        ports = [{"port": 53, "targetPort": 5353, "protocol": "UDP"}]
        deployment = a_deployment("echo", 1)
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        container["ports"] = [{"containerPort": 5353, "protocol": "UDP"}]
        service = asyncio.run(serve(cluster, deployment, a_service("echo", ports=ports)))
        asyncio.run(run_pods(cluster, a_pod("client", "node1")))
        sent = SENDER.format(address=service.spec.cluster_ip)
        with subprocess.Popen(
            [*enter("client"), sys.executable, "-c", sent],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as sender:
            assert sender.stdin is not None
            assert sender.stdout is not None

            def is_answered() -> bool:
                print("again", file=sender.stdin, flush=True)
                assert sender.stdout is not None
                return sender.stdout.readline() == "again\n"

            wait_until(is_answered, "a datagram is sent back")
            asyncio.run(replace_pod(cluster, "echo"))
            wait_until(is_answered, "the pod that took its place sends it back, to the same socket")
            sender.stdin.close()

    assert with_cluster(a_spec(), body) == 0
