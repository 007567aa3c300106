"""What a kubelet reads of a pod beyond what the network needs: environment, probes, how its containers ended before.

The controller keeps a hundred thousand pods in memory and has no use for these; a kubelet has few pods.
"""

from __future__ import annotations

import dataclasses
from typing import cast

from controller.api import core, kinds
from controller.api.kinds import Kind
from controller.api.meta import Resource, Wire


class FieldRef(Wire, frozen=True, gc=False, kw_only=True):
    """A field of the pod, by its path."""

    field_path: str = ""


class EnvSource(Wire, frozen=True, gc=False, kw_only=True):
    """Where a variable's value comes from."""

    field_ref: FieldRef | None = None


class EnvVar(Wire, frozen=True, gc=False, kw_only=True):
    """A variable of a container's environment."""

    name: str
    value: str = ""
    value_from: EnvSource | None = None


class HttpHeader(Wire, frozen=True, gc=False, kw_only=True):
    """A header that a probe sends."""

    name: str
    value: str = ""


class HttpGet(Wire, frozen=True, gc=False, kw_only=True):
    """A probe that succeeds when the answer's status is from 200 to 399."""

    port: int | str
    path: str = "/"
    host: str = ""
    scheme: str = "HTTP"
    http_headers: tuple[HttpHeader, ...] = ()


class TcpSocket(Wire, frozen=True, gc=False, kw_only=True):
    """A probe that succeeds when a connection opens."""

    port: int | str
    host: str = ""


class ExecAction(Wire, frozen=True, gc=False, kw_only=True):
    """A probe that succeeds when a program ends with status 0."""

    command: tuple[str, ...] = ()


class Probe(Wire, frozen=True, gc=False, kw_only=True):
    """When and how a container is asked; seconds and counts have Kubernetes' defaults.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe
    """

    http_get: HttpGet | None = None
    tcp_socket: TcpSocket | None = None
    exec: ExecAction | None = None
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    timeout_seconds: int = 1
    success_threshold: int = 1
    failure_threshold: int = 3

    @property
    def is_run(self) -> bool:
        """Whether it is of a kind that is run here."""
        return bool(self.http_get or self.tcp_socket or self.exec)


class Container(core.Container, frozen=True, gc=False, kw_only=True):
    """A container with all that its kubelet obeys."""

    env: tuple[EnvVar, ...] = ()
    working_dir: str = ""
    stdin: bool = False
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None
    startup_probe: Probe | None = None

    @property
    def probes(self) -> dict[str, Probe]:
        """Those that are run here, by name: startup, readiness, liveness."""
        stated = {
            "startup": self.startup_probe,
            "readiness": self.readiness_probe,
            "liveness": self.liveness_probe,
        }
        return {name: probe for name, probe in stated.items() if probe is not None and probe.is_run}


class PodSpec(core.PodSpec, frozen=True, gc=False, kw_only=True):
    """What was asked of a pod."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    hostname: str = ""
    service_account_name: str = ""
    termination_grace_period_seconds: int = 30


class Terminated(Wire, frozen=True, gc=False, kw_only=True):
    """How a container ended."""

    exit_code: int = 0
    reason: str = ""
    message: str = ""
    started_at: str | None = None
    finished_at: str | None = None


class Running(Wire, frozen=True, gc=False, kw_only=True):
    """Since when a container runs."""

    started_at: str | None = None


class State(Wire, frozen=True, gc=False, kw_only=True):
    """What a container was last reported to do."""

    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What was last reported of a container."""

    name: str
    ready: bool = False
    restart_count: int = 0
    state: State = State()


class PodStatus(core.PodStatus, frozen=True, gc=False, kw_only=True):
    """What was last reported of a pod."""

    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(core.Pod, frozen=True, gc=False, kw_only=True):
    """A pod as its kubelet sees it."""

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def grace_s(self) -> float:
        """Seconds that its containers have to end once they are asked to."""
        asked = self.metadata.deletion_grace_period_seconds
        return float(self.spec.termination_grace_period_seconds if asked is None else asked)


PODS: Kind[Pod] = cast("Kind[Pod]", dataclasses.replace(cast("Kind[Resource]", kinds.PODS), type=Pod))
"""Pods as a kubelet reads them."""
