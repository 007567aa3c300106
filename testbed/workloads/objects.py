"""The kinds that workloads are made of, reduced to the members that a rule here reads.

Templates and statuses are kept as documents: templates are copied as they are, statuses are compared as a whole.
"""

from __future__ import annotations

from typing import Any

import msgspec

from controller.api.kinds import Kind
from controller.api.meta import Condition, OwnerReference, Resource, Wire
from testbed.workloads.constraints import Affinity, LabelSelector, SpreadConstraint, Taint, Toleration

Document = dict[str, Any]


class ContainerPort(Wire, frozen=True, gc=False, kw_only=True):
    """A port that a container says it listens on; services may call it by its name."""

    name: str = ""
    container_port: int = 0
    protocol: str = "TCP"


class Container(Wire, frozen=True, gc=False, kw_only=True):
    """A container, reduced to its ports."""

    ports: tuple[ContainerPort, ...] = ()


class PodSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What decides where a pod runs, and by which ports and name it is met."""

    node_name: str = ""
    node_selector: dict[str, str] = msgspec.field(default_factory=dict)
    affinity: Affinity | None = None
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[SpreadConstraint, ...] = ()
    scheduler_name: str = "default-scheduler"
    restart_policy: str = "Always"
    containers: tuple[Container, ...] = ()
    hostname: str = ""
    subdomain: str = ""


class Terminated(Wire, frozen=True, gc=False, kw_only=True):
    """How a container ended."""

    exit_code: int = 0


class ContainerState(Wire, frozen=True, gc=False, kw_only=True):
    """How a container is; only its end matters here."""

    terminated: Terminated | None = None


class ContainerStatus(Wire, frozen=True, gc=False, kw_only=True):
    """A container, reduced to how often it was started anew and how it ended."""

    name: str = ""
    restart_count: int = 0
    state: ContainerState = ContainerState()


class PodIP(Wire, frozen=True, gc=False, kw_only=True):
    """One of a pod's addresses."""

    ip: str = ""


class PodStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What its kubelet reports of a pod."""

    phase: str = "Pending"
    reason: str = ""
    start_time: str | None = None
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    pod_ips: tuple[PodIP, ...] = msgspec.field(default=(), name="podIPs")


class Pod(Resource, frozen=True, gc=False, kw_only=True):
    """A pod as the scheduler and the workloads' rules see it."""

    api_version: str = "v1"
    kind: str = "Pod"
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    def condition(self, name: str) -> Condition | None:
        """The condition of that type, if it was reported."""
        for entry in self.status.conditions:
            if entry.type == name:
                return entry
        return None

    @property
    def is_finished(self) -> bool:
        """Whether it has ended for good."""
        return self.status.phase in ("Succeeded", "Failed")

    @property
    def is_active(self) -> bool:
        """Whether it counts as one of its workload's: it neither has ended nor is about to."""
        return not self.is_finished and self.metadata.deletion_timestamp is None

    @property
    def is_ready(self) -> bool:
        """Whether its kubelet reports it Ready."""
        found = self.condition("Ready")
        return found is not None and found.status == "True"


class NodeSpec(Wire, frozen=True, gc=False, kw_only=True):
    """What keeps pods off a node."""

    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class NodeStatus(Wire, frozen=True, gc=False, kw_only=True):
    """What a node offers and how it is."""

    allocatable: dict[str, str] = msgspec.field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()


class Node(Resource, frozen=True, gc=False, kw_only=True):
    """A node as the scheduler sees it."""

    api_version: str = "v1"
    kind: str = "Node"
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class Workload(Resource, frozen=True, gc=False, kw_only=True):
    """What all workloads share: a status that is compared and patched as a document."""

    status: Document = msgspec.field(default_factory=dict)


class ReplicaSetSpec(Wire, frozen=True, gc=False, kw_only=True):
    """How many pods of which template."""

    replicas: int = 1
    min_ready_seconds: int = 0
    selector: LabelSelector = LabelSelector()
    template: Document = msgspec.field(default_factory=dict)


class ReplicaSet(Workload, frozen=True, gc=False, kw_only=True):
    """Keeps a number of equal pods."""

    api_version: str = "apps/v1"
    kind: str = "ReplicaSet"
    spec: ReplicaSetSpec = ReplicaSetSpec()


class RollingUpdate(Wire, frozen=True, gc=False, kw_only=True):
    """The bounds of a rolling update; which hold depends on the kind of workload."""

    max_surge: int | str | None = None
    max_unavailable: int | str | None = None
    partition: int = 0


class Strategy(Wire, frozen=True, gc=False, kw_only=True):
    """How pods of an old template are replaced."""

    type: str = "RollingUpdate"
    rolling_update: RollingUpdate | None = None


class DeploymentSpec(ReplicaSetSpec, frozen=True, gc=False, kw_only=True):
    """A ReplicaSet's, and how one follows upon another."""

    strategy: Strategy = Strategy()
    revision_history_limit: int = 10
    progress_deadline_seconds: int = 600
    paused: bool = False


class Deployment(Workload, frozen=True, gc=False, kw_only=True):
    """Replaces pods by those of a new template, through ReplicaSets."""

    api_version: str = "apps/v1"
    kind: str = "Deployment"
    spec: DeploymentSpec = DeploymentSpec()


class Ordinals(Wire, frozen=True, gc=False, kw_only=True):
    """The number of a StatefulSet's first pod."""

    start: int = 0


class StatefulSetSpec(ReplicaSetSpec, frozen=True, gc=False, kw_only=True):
    """Pods with names that stay."""

    service_name: str = ""
    pod_management_policy: str = "OrderedReady"
    update_strategy: Strategy = Strategy()
    revision_history_limit: int = 10
    ordinals: Ordinals = Ordinals()


class StatefulSet(Workload, frozen=True, gc=False, kw_only=True):
    """Keeps numbered pods, made and ended in order."""

    api_version: str = "apps/v1"
    kind: str = "StatefulSet"
    spec: StatefulSetSpec = StatefulSetSpec()


class DaemonSetSpec(Wire, frozen=True, gc=False, kw_only=True):
    """A pod a node."""

    selector: LabelSelector = LabelSelector()
    template: Document = msgspec.field(default_factory=dict)
    min_ready_seconds: int = 0
    update_strategy: Strategy = Strategy()
    revision_history_limit: int = 10


class DaemonSet(Workload, frozen=True, gc=False, kw_only=True):
    """Keeps one pod on each node that fits."""

    api_version: str = "apps/v1"
    kind: str = "DaemonSet"
    spec: DaemonSetSpec = DaemonSetSpec()


class JobSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Pods that end, and how many of them must end well."""

    parallelism: int = 1
    completions: int | None = None
    backoff_limit: int = 6
    backoff_limit_per_index: int | None = None
    max_failed_indexes: int | None = None
    active_deadline_seconds: int | None = None
    ttl_seconds_after_finished: int | None = None
    completion_mode: str = "NonIndexed"
    pod_replacement_policy: str = "TerminatingOrFailed"
    pod_failure_policy: Document | None = None
    suspend: bool = False
    selector: LabelSelector | None = None
    template: Document = msgspec.field(default_factory=dict)


class Job(Workload, frozen=True, gc=False, kw_only=True):
    """Runs pods until enough of them have succeeded."""

    api_version: str = "batch/v1"
    kind: str = "Job"
    spec: JobSpec = JobSpec()

    @property
    def finish(self) -> str:
        """The condition that it ended by ("Complete" or "Failed"); empty while it goes on."""
        for entry in self.status.get("conditions") or ():
            if entry["type"] in ("Complete", "Failed") and entry["status"] == "True":
                return str(entry["type"])
        return ""


class CronJobSpec(Wire, frozen=True, gc=False, kw_only=True):
    """When a job is made, and what if the last one still runs."""

    schedule: str = ""
    time_zone: str | None = None
    starting_deadline_seconds: int | None = None
    concurrency_policy: str = "Allow"
    suspend: bool = False
    successful_jobs_history_limit: int = 3
    failed_jobs_history_limit: int = 1
    job_template: Document = msgspec.field(default_factory=dict)


class CronJob(Workload, frozen=True, gc=False, kw_only=True):
    """Makes jobs by the clock."""

    api_version: str = "batch/v1"
    kind: str = "CronJob"
    spec: CronJobSpec = CronJobSpec()


class ControllerRevision(Resource, frozen=True, gc=False, kw_only=True):
    """A template as it once was, so that a workload can go back to it."""

    api_version: str = "apps/v1"
    kind: str = "ControllerRevision"
    revision: int = 0
    data: Document = msgspec.field(default_factory=dict)


class ServicePort(Wire, frozen=True, gc=False, kw_only=True):
    """A port of a service and the pods' port behind it, by number or by a container's name for it."""

    name: str = ""
    port: int = 0
    protocol: str = "TCP"
    target_port: int | str = 0
    app_protocol: str | None = None


class ServiceSpec(Wire, frozen=True, gc=False, kw_only=True):
    """Which pods are behind a service, and in which families of addresses."""

    type: str = "ClusterIP"
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    ip_families: tuple[str, ...] = ()
    selector: dict[str, str] = msgspec.field(default_factory=dict)
    ports: tuple[ServicePort, ...] = ()
    publish_not_ready_addresses: bool = False


class Service(Resource, frozen=True, gc=False, kw_only=True):
    """A stable address for the pods of a selector."""

    api_version: str = "v1"
    kind: str = "Service"
    spec: ServiceSpec = ServiceSpec()


class EndpointSlice(Resource, frozen=True, gc=False, kw_only=True):
    """Some of the endpoints of a service; endpoints and ports are kept as documents and compared as such."""

    api_version: str = "discovery.k8s.io/v1"
    kind: str = "EndpointSlice"
    address_type: str = "IPv4"
    endpoints: tuple[Document, ...] = ()
    ports: tuple[Document, ...] = ()


class Endpoints(Resource, frozen=True, gc=False, kw_only=True):
    """What is behind a service, in one object."""

    api_version: str = "v1"
    kind: str = "Endpoints"
    subsets: tuple[Document, ...] = ()


PODS = Kind(Pod, "", "v1", "Pod", "pods", True)
NODES = Kind(Node, "", "v1", "Node", "nodes", False)
REPLICASETS = Kind(ReplicaSet, "apps", "v1", "ReplicaSet", "replicasets", True)
DEPLOYMENTS = Kind(Deployment, "apps", "v1", "Deployment", "deployments", True)
STATEFULSETS = Kind(StatefulSet, "apps", "v1", "StatefulSet", "statefulsets", True)
DAEMONSETS = Kind(DaemonSet, "apps", "v1", "DaemonSet", "daemonsets", True)
CONTROLLERREVISIONS = Kind(
    ControllerRevision, "apps", "v1", "ControllerRevision", "controllerrevisions", True, has_status=False
)
JOBS = Kind(Job, "batch", "v1", "Job", "jobs", True)
CRONJOBS = Kind(CronJob, "batch", "v1", "CronJob", "cronjobs", True)
SERVICES = Kind(Service, "", "v1", "Service", "services", True)
ENDPOINTS = Kind(Endpoints, "", "v1", "Endpoints", "endpoints", True, has_status=False)
ENDPOINTSLICES = Kind(
    EndpointSlice, "discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", True, has_status=False
)


def controller_of(entry: Resource) -> OwnerReference | None:
    """The one owner that manages an object, if any does."""
    for reference in entry.metadata.owner_references:
        if reference.controller:
            return reference
    return None
