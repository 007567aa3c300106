"""The rows of what runs pods: how many there should be, how many there are, how many serve."""

from __future__ import annotations

from typing import Any

from testbed.apiserver.tables import ages
from testbed.apiserver.tables.printer import (
    AGE,
    NAME,
    NONE,
    UNSET,
    Cells,
    Column,
    Document,
    Printer,
    listed,
    member,
    number,
    wide,
)
from testbed.apiserver.tables.words import label_selector, plain_labels

_CONTAINERS = wide("Containers", "Names of the containers of a pod")
_IMAGES = wide("Images", "Images of the containers of a pod")
_SELECTOR = wide("Selector", "Labels of the pods that belong to it")
_TEMPLATE = ("spec", "template", "spec", "containers")


def _deployment(found: Document, now: float) -> Cells:
    return [
        found["metadata"]["name"],
        _of(found, "readyReplicas"),
        _count(found, "updatedReplicas"),
        _count(found, "availableReplicas"),
        ages.age(found, now),
        *_containers(found),
        label_selector(member(found, "spec", "selector")),
    ]


def _replica_set(found: Document, now: float) -> Cells:
    return [
        found["metadata"]["name"],
        _desired(found),
        _count(found, "replicas"),
        _count(found, "readyReplicas"),
        ages.age(found, now),
        *_containers(found),
        label_selector(member(found, "spec", "selector")),
    ]


def _stateful_set(found: Document, now: float) -> Cells:
    return [
        found["metadata"]["name"],
        _of(found, "readyReplicas"),
        ages.age(found, now),
        *_containers(found),
    ]


def _daemon_set(found: Document, now: float) -> Cells:
    counts = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return [
        found["metadata"]["name"],
        *(_count(found, name) for name in counts),
        plain_labels(member(found, "spec", "template", "spec", "nodeSelector")),
        ages.age(found, now),
        *_containers(found),
        label_selector(member(found, "spec", "selector")),
    ]


def _job(found: Document, now: float) -> Cells:
    begun = ages.seconds(member(found, "status", "startTime"))
    ended = ages.seconds(member(found, "status", "completionTime"))
    return [
        found["metadata"]["name"],
        _job_state(found),
        _completions(found),
        "" if begun is None else ages.span((now if ended is None else ended) - begun),
        ages.age(found, now),
        *_containers(found),
        label_selector(member(found, "spec", "selector")),
    ]


def _job_state(found: Document) -> str:
    held = {
        each.get("type") for each in listed(found, "status", "conditions") if each.get("status") == "True"
    }
    for condition, word in (
        ("Complete", "Complete"),
        ("Failed", "Failed"),
        ("Suspended", "Suspended"),
        ("FailureTarget", "FailureTarget"),
        ("SuccessCriteriaMet", "SuccessCriteriaMet"),
    ):
        if condition in held:
            return word
    return "Terminating" if found["metadata"].get("deletionTimestamp") else "Running"


def _completions(found: Document) -> str:
    done, wanted = _count(found, "succeeded"), member(found, "spec", "completions")
    if wanted is not None:
        return f"{done}/{wanted}"
    together = member(found, "spec", "parallelism") or 0
    return f"{done}/1 of {together}" if together > 1 else f"{done}/1"


def _cron_job(found: Document, now: float) -> Cells:
    spec = found.get("spec") or {}
    last = member(found, "status", "lastScheduleTime")
    suspend = spec.get("suspend")
    return [
        found["metadata"]["name"],
        spec.get("schedule", ""),
        spec.get("timeZone") or NONE,
        UNSET if suspend is None else str(bool(suspend)),
        len(listed(found, "status", "active")),
        ages.since(last, now) if last else NONE,
        ages.age(found, now),
        *_containers(found, "spec", "jobTemplate", *_TEMPLATE),
        label_selector(member(spec, "jobTemplate", "spec", "selector")),
    ]


def _controller_revision(found: Document, now: float) -> Cells:
    owners = listed(found, "metadata", "ownerReferences")
    owner = next((each for each in owners if each.get("controller")), None)
    name = f"{_grouped(owner)}/{owner.get('name', '')}" if owner else NONE
    return [found["metadata"]["name"], name, found.get("revision", 0), ages.age(found, now)]


def _grouped(owner: Document) -> str:
    group = str(owner.get("apiVersion", "")).rpartition("/")[0]
    kind = str(owner.get("kind", "")).lower()
    return f"{kind}.{group}" if group else kind


def _desired(found: Document) -> Any:
    replicas = member(found, "spec", "replicas")
    return 1 if replicas is None else replicas


def _count(found: Document, name: str) -> Any:
    return member(found, "status", name) or 0


def _of(found: Document, name: str) -> str:
    return f"{_count(found, name)}/{_desired(found)}"


def _containers(found: Document, *path: str) -> tuple[str, str]:
    containers = listed(found, *(path or _TEMPLATE))
    names = ",".join(each.get("name", "") for each in containers)
    return names, ",".join(each.get("image", "") for each in containers)


PRINTERS = {
    "Deployment": Printer(
        (
            NAME,
            Column("Ready", "Pods that are ready, of those desired"),
            number("Up-to-date", "Pods of the present template"),
            number("Available", "Pods that have been ready for long enough"),
            AGE,
            _CONTAINERS,
            _IMAGES,
            _SELECTOR,
        ),
        _deployment,
    ),
    "ReplicaSet": Printer(
        (
            NAME,
            number("Desired", "Pods that there should be"),
            number("Current", "Pods that there are"),
            number("Ready", "Pods that are ready"),
            AGE,
            _CONTAINERS,
            _IMAGES,
            _SELECTOR,
        ),
        _replica_set,
    ),
    "StatefulSet": Printer(
        (NAME, Column("Ready", "Pods that are ready, of those desired"), AGE, _CONTAINERS, _IMAGES),
        _stateful_set,
    ),
    "DaemonSet": Printer(
        (
            NAME,
            number("Desired", "Nodes that should run a pod"),
            number("Current", "Nodes that run a pod"),
            number("Ready", "Nodes whose pod is ready"),
            number("Up-to-date", "Nodes whose pod is of the present template"),
            number("Available", "Nodes whose pod has been ready for long enough"),
            Column("Node Selector", "Labels of the nodes that are meant"),
            AGE,
            _CONTAINERS,
            _IMAGES,
            _SELECTOR,
        ),
        _daemon_set,
    ),
    "Job": Printer(
        (
            NAME,
            Column("Status", "What the job is doing, or how it ended"),
            Column("Completions", "Pods that ended well, of those wanted"),
            Column("Duration", "Time from start to completion, or to now"),
            AGE,
            _CONTAINERS,
            _IMAGES,
            _SELECTOR,
        ),
        _job,
    ),
    "CronJob": Printer(
        (
            NAME,
            Column("Schedule", "When jobs are started, as cron writes it"),
            Column("Timezone", "Time zone of the schedule"),
            Column("Suspend", "Whether no more jobs are started"),
            number("Active", "Jobs that are running"),
            Column("Last Schedule", "Time since a job was started"),
            AGE,
            _CONTAINERS,
            _IMAGES,
            _SELECTOR,
        ),
        _cron_job,
    ),
    "ControllerRevision": Printer(
        (
            NAME,
            Column("Controller", "What the revision belongs to"),
            number("Revision", "Its number, counted upwards"),
            AGE,
        ),
        _controller_revision,
    ),
}
