"""Pods by the thousand for benchmarks: objects such as a Deployment's, and how to know that NB has them."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from controller import ovsdb
from controller.api.core import Node, Pod
from controller.api.kinds import IPS, NAMESPACES, NODES, PODS, SUBNETS, VPCS, Kind
from controller.api.kubeovn import IP, IPSpec, Subnet, SubnetSpec, Vpc
from controller.api.meta import ObjectMeta, Resource
from controller.api.names import DEFAULT_VPC, JOIN_SUBNET, node_port
from controller.kubernetes import Client

A_SUBNET = 500
A_NODE = 100
"""Pods; a kubelet takes 110."""
FIRST_NETWORK = 20
"""Second byte of the first subnet's range."""
AT_ONCE = 16
"""Requests on their way to the API server."""


def path(number: int) -> tuple[str, str]:
    """The namespace and the name of a pod."""
    return f"ns-{number // A_SUBNET}", f"pod-{number}"


def port(number: int) -> str:
    """The name of a pod's logical switch port."""
    namespace, name = path(number)
    return f"{name}.{namespace}"


def small(number: int) -> dict[str, Any]:
    """The shortest pod that is valid."""
    namespace, name = path(number)
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"nodeName": f"node-{number // A_NODE}", "containers": [{"name": "main", "image": "any"}]},
    }


def usual(number: int) -> dict[str, Any]:
    """A pod of the size that people have: about 2,000 bytes of JSON, before the API adds to it."""
    pod = small(number)
    app = f"shop-{number // 10}"
    pod["metadata"] |= {
        "labels": {
            "app.kubernetes.io/name": app,
            "app.kubernetes.io/part-of": "shop",
            "app.kubernetes.io/version": "1.24.3",
            "pod-template-hash": f"{number // 10:010x}",
        },
        "annotations": {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": "9090",
            "checksum/config": f"{number // 10:064x}",
        },
    }
    variables = {
        "POSTGRES_HOST": "postgres.shop.svc.cluster.local",
        "POSTGRES_DATABASE": "shop",
        "REDIS_HOST": "redis.shop.svc.cluster.local",
        "QUEUE": f"amqp://rabbitmq.shop.svc.cluster.local/{app}",
        "LOG_LEVEL": "info",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.observability.svc.cluster.local:4317",
    }
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10, "timeoutSeconds": 1}
    token = "kube-api-access"
    pod["spec"] |= {
        "serviceAccountName": "default",
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "containers": [
            {
                "name": "main",
                "image": f"registry.example.com/shop/{app}@sha256:{number // 10:064x}",
                "args": ["--listen=:8080", "--metrics=:9090", "--config=/etc/shop/config.yaml"],
                "env": [{"name": name, "value": value} for name, value in variables.items()],
                "ports": [
                    {"name": "http", "containerPort": 8080, "protocol": "TCP"},
                    {"name": "metrics", "containerPort": 9090, "protocol": "TCP"},
                ],
                "resources": {
                    "requests": {"cpu": "100m", "memory": "128Mi"},
                    "limits": {"cpu": "500m", "memory": "256Mi"},
                },
                "livenessProbe": probe,
                "readinessProbe": probe | {"failureThreshold": 3},
                "volumeMounts": [
                    {"name": "config", "mountPath": "/etc/shop", "readOnly": True},
                    {
                        "name": token,
                        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                        "readOnly": True,
                    },
                ],
            }
        ],
        "volumes": [
            {"name": "config", "configMap": {"name": app}},
            {"name": token, "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
        ],
        "tolerations": [
            {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute"}
            for key in ("not-ready", "unreachable")
        ],
    }
    return pod


def address(number: int) -> str:
    """The address that the pod has in its subnet."""
    return f"10.{FIRST_NETWORK + number // A_SUBNET}.{number % A_SUBNET // 250}.{number % 250 + 2}"


def typed_pod(number: int) -> Pod:
    """The pod, as the controller reads it."""
    made = msgspec.convert(usual(number), Pod)
    return msgspec.structs.replace(made, metadata=msgspec.structs.replace(made.metadata, uid=f"uid-{number}"))


def record(number: int) -> IP:
    """The IP object of the pod."""
    namespace, name = path(number)
    mac = f"0a:00:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    return IP(
        metadata=ObjectMeta(name=port(number), uid=f"ip-{number}"),
        spec=IPSpec(
            pod_name=name,
            namespace=namespace,
            subnet=f"subnet-{number // A_SUBNET}",
            node_name=f"node-{number // A_NODE}",
            ip_address=address(number),
            v4_ip_address=address(number),
            mac_address=mac,
        ),
    )


def surroundings(pods: int) -> Iterator[tuple[Kind[Any], Resource]]:
    """What so many pods live in, as the controller reads it: VPC, subnets, nodes and the nodes' addresses."""
    yield VPCS, Vpc(metadata=ObjectMeta(name=DEFAULT_VPC, uid="vpc"))
    join = SubnetSpec(cidr_block="100.64.0.0/16", vpc=DEFAULT_VPC)
    yield SUBNETS, Subnet(metadata=ObjectMeta(name=JOIN_SUBNET, uid="join"), spec=join)
    for number in range(-(-pods // A_SUBNET)):
        cidr = f"10.{FIRST_NETWORK + number}.0.0/16"
        spec = SubnetSpec(cidr_block=cidr, vpc=DEFAULT_VPC, namespaces=(f"ns-{number}",))
        yield SUBNETS, Subnet(metadata=ObjectMeta(name=f"subnet-{number}", uid=f"subnet-{number}"), spec=spec)
    for number in range(-(-pods // A_NODE)):
        name = f"node-{number}"
        found = f"100.64.{number // 250 + 1}.{number % 250 + 2}"
        mac = f"0a:ff:00:00:{number >> 8:02x}:{number & 255:02x}"
        spec_of_port = IPSpec(
            pod_name=node_port(name),
            subnet=JOIN_SUBNET,
            node_name=name,
            ip_address=found,
            v4_ip_address=found,
            mac_address=mac,
        )
        yield NODES, Node(metadata=ObjectMeta(name=name, uid=name))
        yield IPS, IP(metadata=ObjectMeta(name=node_port(name), uid=f"ip-{name}"), spec=spec_of_port)


async def make_room(api: Client, first: int, last: int) -> None:
    """What these pods need: their namespaces, a subnet for each, and their nodes' objects."""
    for number in range(-(-first // A_SUBNET), -(-last // A_SUBNET)):
        namespace = f"ns-{number}"
        await api.create(NAMESPACES, {"metadata": {"name": namespace}})
        spec = {"cidrBlock": f"10.{FIRST_NETWORK + number}.0.0/16", "namespaces": [namespace]}
        await api.create(SUBNETS, {"metadata": {"name": f"subnet-{number}"}, "spec": spec})
    for number in range(-(-first // A_NODE), -(-last // A_NODE)):
        await api.create(NODES, {"metadata": {"name": f"node-{number}"}})


async def create(api: Client, pods: Iterable[dict[str, Any]]) -> None:
    """Creates pods, several at a time."""
    supply = iter(pods)

    async def worker() -> None:
        for pod in supply:
            await api.create(PODS, pod)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


class Ports:
    """The names of the logical switch ports that NB has told of."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.pods = 0
        self._changed = asyncio.Event()

    async def follow(self, client: ovsdb.Client) -> None:
        """Hears of every port, those that are there and those to come."""
        await client.monitor({"Logical_Switch_Port": ["name"]}, self._observe)

    async def until(self, pods: int) -> None:
        """Waits until as many pods have their port."""
        async with asyncio.timeout(300):
            while self.pods < pods:
                self._changed.clear()
                await self._changed.wait()

    async def until_named(self, name: str) -> None:
        """Waits for one port."""
        async with asyncio.timeout(30):
            while name not in self.names:
                self._changed.clear()
                await self._changed.wait()

    def _observe(self, batch: ovsdb.Batch) -> None:
        for change in batch.changes:
            if change.old is None and change.new is not None:
                name = str(change.new["name"])
                self.names.add(name)
                self.pods += name.startswith("pod-")
        self._changed.set()
