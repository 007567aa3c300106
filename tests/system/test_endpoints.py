"""Stock kubectl of two generations over what is behind services, with real workloads and played kubelets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.kubernetes import Access, Client
from testbed.workloads.objects import PODS
from tests.system.apiserver_process import serving_people
from tests.system.kubectls import PACKAGES, Kubectl
from tests.system.workloads_process import WorkloadsProcess, playing_kubelets
from tests.waiting import wait_until

pytestmark = pytest.mark.system

IMAGE = "web:1"


@pytest.fixture(scope="module")
def workloads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WorkloadsProcess, Path]]:
    directory = tmp_path_factory.mktemp("served")
    with serving_people(directory) as kubeconfig:
        process = WorkloadsProcess(directory)
        process.start()
        try:
            with playing_kubelets(process.kubeconfig):
                yield process, kubeconfig
        finally:
            process.kill()


@pytest.fixture(params=sorted(PACKAGES))
def kube(
    request: pytest.FixtureRequest,
    workloads: tuple[WorkloadsProcess, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Kubectl:
    made = Kubectl(request.param, workloads[1], tmp_path_factory.mktemp("cache"))
    made("create", "namespace", made.namespace)
    made.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node1"}})
    return made


async def give_addresses(kubeconfig: Path, namespace: str) -> None:
    """What kubelets report besides."""
    async with Client(Access.load(kubeconfig)) as api:
        pods = (await api.list(PODS, namespace=namespace)).items
        for number, pod in enumerate(sorted(pods, key=lambda pod: pod.name), start=1):
            address = f"10.16.0.{number}"
            status = {"status": {"podIP": address, "podIPs": [{"ip": address}]}}
            await api.patch(PODS, pod.name, status, namespace=namespace, subresource="status")


def test_a_deployment_that_is_exposed_is_seen_behind_its_service(
    kube: Kubectl, workloads: tuple[WorkloadsProcess, Path]
) -> None:
    kube("create", "deployment", "web", f"--image={IMAGE}", "--replicas=2")
    kube("rollout", "status", "deployment/web", "--timeout=60s")
    asyncio.run(give_addresses(workloads[0].kubeconfig, kube.namespace))
    assert kube("expose", "deployment", "web", "--port=80", "--target-port=8080") == "service/web exposed"
    behind = "10.16.0.1:8080,10.16.0.2:8080"
    wait_until(lambda: behind in kube.run("get", "endpoints", "web").stdout, "endpoints of the service")
    of_service = ("get", "endpointslices", "-l", "kubernetes.io/service-name=web")
    wait_until(lambda: "10.16.0.1,10.16.0.2" in kube(*of_service), "slices of the service")
    assert [line.split()[1:3] for line in kube(*of_service).splitlines()[1:]] == [["IPv4", "8080"]]
    described = kube("describe", "service", "web")
    assert behind in described.replace(" ", "")
    assert kube("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}") in described
    kube("scale", "deployment/web", "--replicas=0")
    wait_until(lambda: "<none>" in kube("get", "endpoints", "web"), "nobody is behind it")
    kube("delete", "service", "web")
    wait_until(lambda: kube(*of_service) == "", "slices go with their service")
    wait_until(lambda: kube("get", "endpoints") == "", "endpoints go with their service")
