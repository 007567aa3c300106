"""Deployments, ReplicaSets, StatefulSets and DaemonSets: a selector, a template that it means, a way to update.

Sources: https://kubernetes.io/docs/concepts/workloads/controllers/ and the reference of ``apps/v1``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from testbed.apiserver.rules import selector
from testbed.apiserver.rules.causes import forbidden, invalid, required, unchanged, unsupported
from testbed.apiserver.rules.pod import complete_template
from testbed.apiserver.status import Cause

Document = dict[str, Any]

REVISIONS_KEPT = 10
PROGRESS_SECONDS = 600
QUARTER = "25%"

_PERCENT = re.compile(r"\d+%")
_CHANGEABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
"""What can be changed in a StatefulSet."""


def complete_deployment(document: Document) -> None:
    """One replica, updated a quarter at a time."""
    spec = document["spec"]
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", REVISIONS_KEPT)
    spec.setdefault("progressDeadlineSeconds", PROGRESS_SECONDS)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxSurge", QUARTER)
        rolling.setdefault("maxUnavailable", QUARTER)
    complete_template(spec["template"])


def complete_replica_set(document: Document) -> None:
    """One replica."""
    spec = document["spec"]
    spec.setdefault("replicas", 1)
    if "template" in spec:
        complete_template(spec["template"])


def complete_stateful_set(document: Document) -> None:
    """One replica, made and updated in order."""
    spec = document["spec"]
    spec.setdefault("replicas", 1)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    spec.setdefault("revisionHistoryLimit", REVISIONS_KEPT)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    retention.setdefault("whenDeleted", "Retain")
    retention.setdefault("whenScaled", "Retain")
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    complete_template(spec["template"])


def complete_daemon_set(document: Document) -> None:
    """Updated one node at a time."""
    spec = document["spec"]
    spec.setdefault("revisionHistoryLimit", REVISIONS_KEPT)
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxSurge", 0)
        rolling.setdefault("maxUnavailable", 1)
    complete_template(spec["template"])


def judge(new: Document, old: Document | None) -> Iterator[Cause]:
    """What all of them have in common."""
    spec = new["spec"]
    yield from counts("spec", spec, "replicas", "minReadySeconds", "revisionHistoryLimit")
    chosen, template = spec["selector"], spec.get("template") or {}
    yield from selector.judge("spec.selector", chosen)
    if selector.is_empty(chosen):
        yield invalid("spec.selector", chosen, "a selector that means the template's pods alone")
    else:
        labels = (template.get("metadata") or {}).get("labels") or {}
        if not selector.means(chosen, labels):
            yield invalid("spec.template.metadata.labels", labels, "labels that spec.selector means")
    restart = (template.get("spec") or {}).get("restartPolicy", "Always")
    if restart != "Always":
        yield unsupported("spec.template.spec.restartPolicy", restart, ("Always",))
    yield from containers("spec.template.spec", template.get("spec") or {})
    if old is not None:
        yield from unchanged("spec.selector", chosen, old["spec"]["selector"])


def judge_deployment(new: Document, old: Document | None) -> Iterator[Cause]:
    """A deployment and how it is updated."""
    yield from judge(new, old)
    spec = new["spec"]
    yield from counts("spec", spec, "progressDeadlineSeconds")
    yield from _strategy("spec.strategy", spec["strategy"], ("Recreate", "RollingUpdate"))


def judge_daemon_set(new: Document, old: Document | None) -> Iterator[Cause]:
    """A daemon set and how it is updated."""
    yield from judge(new, old)
    yield from _strategy("spec.updateStrategy", new["spec"]["updateStrategy"], ("OnDelete", "RollingUpdate"))


def judge_stateful_set(new: Document, old: Document | None) -> Iterator[Cause]:
    """A stateful set, most of which stays as it was made."""
    yield from judge(new, old)
    spec = new["spec"]
    if spec["podManagementPolicy"] not in ("OrderedReady", "Parallel"):
        allowed = ("OrderedReady", "Parallel")
        yield unsupported("spec.podManagementPolicy", spec["podManagementPolicy"], allowed)
    if spec["updateStrategy"]["type"] not in ("OnDelete", "RollingUpdate"):
        allowed = ("OnDelete", "RollingUpdate")
        yield unsupported("spec.updateStrategy.type", spec["updateStrategy"]["type"], allowed)
    if old is not None:
        before = old["spec"]
        fixed = (set(spec) | set(before)) - set(_CHANGEABLE) - {"selector"}
        changed = sorted(key for key in fixed if spec.get(key) != before.get(key))
        if changed:
            allowed_text = ", ".join(_CHANGEABLE)
            yield forbidden("spec", f"found a change of {', '.join(changed)}, allowed {allowed_text}")


def counts(path: str, spec: Document, *fields: str) -> Iterator[Cause]:
    """Numbers of things are not negative."""
    for field in fields:
        if spec.get(field, 0) < 0:
            yield invalid(f"{path}.{field}", spec[field], "at least 0")


def containers(path: str, spec: Document) -> Iterator[Cause]:
    """A template has containers, each with a name of its own and an image."""
    if not spec.get("containers"):
        yield required(f"{path}.containers", "at least one container")
    names: set[str] = set()
    for position, container in enumerate(spec.get("containers") or ()):
        if container["name"] in names:
            yield Cause(
                f"{path}.containers[{position}].name",
                "FieldValueDuplicate",
                f'found "{container["name"]}" twice, allowed once',
            )
        names.add(container["name"])
        if not container.get("image"):
            yield required(f"{path}.containers[{position}].image", "the image's name")


def _strategy(path: str, strategy: Document, allowed: tuple[str, ...]) -> Iterator[Cause]:
    kind, rolling = strategy["type"], strategy.get("rollingUpdate")
    if kind not in allowed:
        yield unsupported(f"{path}.type", kind, allowed)
    elif kind != "RollingUpdate":
        if rolling:
            why = f"found a value, allowed none when the type is {kind}"
            yield forbidden(f"{path}.rollingUpdate", why)
    else:
        assert rolling is not None
        faults = [
            invalid(f"{path}.rollingUpdate.{key}", value, 'a number from 0 or a percentage such as "25%"')
            for key, value in rolling.items()
            if not _is_share(value)
        ]
        yield from faults
        if not faults and not any(_amount(rolling[key]) for key in ("maxSurge", "maxUnavailable")):
            allowed_text = "more than 0, as maxSurge is 0"
            yield invalid(f"{path}.rollingUpdate.maxUnavailable", rolling["maxUnavailable"], allowed_text)


def _is_share(value: int | str) -> bool:
    return value >= 0 if isinstance(value, int) else _PERCENT.fullmatch(value) is not None


def _amount(value: int | str) -> int:
    return value if isinstance(value, int) else int(value[:-1])
