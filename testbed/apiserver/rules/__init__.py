"""What Kubernetes itself fills into its own kinds and what it refuses of them, beyond structure: one module a family.

``COMPLETE`` fills in what a client leaves unsaid and readers rely on; ``JUDGE`` tells what is wrong, given what the
object was before (None for a new one). Both see documents whose structure is right. Sources: the reference of each kind
under https://kubernetes.io/docs/reference/kubernetes-api/ and its concept pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from testbed.apiserver.rules import definition, job, namespace, payload, pod, policy, service, workload
from testbed.apiserver.status import Cause

Document = dict[str, Any]
Complete = Callable[[Document], None]
Judge = Callable[[Document, Document | None], Iterator[Cause]]

COMPLETE: Mapping[str, Complete] = {
    "Namespace": namespace.complete,
    "Pod": pod.complete,
    "Deployment": workload.complete_deployment,
    "ReplicaSet": workload.complete_replica_set,
    "StatefulSet": workload.complete_stateful_set,
    "DaemonSet": workload.complete_daemon_set,
    "Job": job.complete,
    "CronJob": job.complete_cron,
    "Service": service.complete,
    "Secret": payload.complete_secret,
    "NetworkPolicy": policy.complete,
    "CustomResourceDefinition": definition.complete,
}
JUDGE: Mapping[str, Judge] = {
    "Deployment": workload.judge_deployment,
    "ReplicaSet": workload.judge,
    "StatefulSet": workload.judge_stateful_set,
    "DaemonSet": workload.judge_daemon_set,
    "Job": job.judge,
    "CronJob": job.judge_cron,
    "Service": service.judge,
    "EndpointSlice": service.judge_slice,
    "ConfigMap": payload.judge,
    "Secret": payload.judge_secret,
    "NetworkPolicy": policy.judge,
    "CustomResourceDefinition": definition.judge,
}
