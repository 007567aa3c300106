"""Services and the pods behind them, as the rules of endpoints meet them."""

from __future__ import annotations

from typing import Any

from controller.api.meta import Condition, ObjectMeta
from testbed.workloads.objects import (
    Container,
    Pod,
    PodIP,
    PodSpec,
    PodStatus,
    Service,
    ServicePort,
    ServiceSpec,
)

HTTP = ServicePort(name="http", port=80, target_port=8080)


def a_service(*ports: ServicePort, labels: dict[str, str] | None = None, **spec: Any) -> Service:
    asked: dict[str, Any] = {"selector": {"app": "web"}, "ports": ports or (HTTP,), "ip_families": ("IPv4",)}
    meta = ObjectMeta(
        name="web", namespace="default", uid="service", labels=labels or {}, resource_version="1"
    )
    return Service(metadata=meta, spec=ServiceSpec(**(asked | spec)))


def a_pod(
    number: int, *, ready: bool = True, going: bool = False, revision: int = 1, ports: Any = (), **more: Any
) -> Pod:
    meta = ObjectMeta(
        name=f"web-{number}",
        namespace="default",
        uid=f"u{number}",
        labels=more.pop("labels", {"app": "web"}),
        deletion_timestamp="2026-01-01T00:00:00Z" if going else None,
        resource_version=str(revision),
    )
    addresses = more.pop("addresses", (f"10.16.{number // 250}.{number % 250}",))
    status = PodStatus(
        phase=more.pop("phase", "Running"),
        conditions=(Condition(type="Ready", status="True" if ready else "False"),),
        pod_ips=tuple(PodIP(ip=text) for text in addresses),
    )
    spec = PodSpec(node_name="node1", containers=(Container(ports=ports),), **more)
    return Pod(metadata=meta, spec=spec, status=status)
