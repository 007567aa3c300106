"""Jobs and cron jobs: pods that end.

Sources: https://kubernetes.io/docs/concepts/workloads/controllers/job/ and .../cron-jobs/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from testbed.apiserver.rules import selector
from testbed.apiserver.rules.causes import invalid, unchanged, unsupported
from testbed.apiserver.rules.pod import complete_template
from testbed.apiserver.rules.workload import containers, counts
from testbed.apiserver.status import Cause

Document = dict[str, Any]

BACKOFF_LIMIT = 6
UNLIMITED = 2**31 - 1
"""A job's limit when it has one an index."""
UID_LABEL = "batch.kubernetes.io/controller-uid"
NAME_LABEL = "batch.kubernetes.io/job-name"
FORMER_LABELS = {UID_LABEL: "controller-uid", NAME_LABEL: "job-name"}
LONGEST_CRON_NAME = 52
"""Characters: a cron job's jobs append the minute that they are for."""

_MACROS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_NAMES = {
    3: ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    4: ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_STEP = re.compile(r"(\*|\?|[a-z0-9]+(?:-[a-z0-9]+)?)(?:/(\d+))?")


def complete(document: Document) -> None:
    """One pod that must succeed once; pods are known by the job's uid unless somebody chose otherwise."""
    complete_spec(document["spec"])
    spec, meta = document["spec"], document["metadata"]
    if not spec.get("manualSelector") and "selector" not in spec and meta.get("uid"):
        spec["selector"] = {"matchLabels": {UID_LABEL: meta["uid"]}}
        own = {UID_LABEL: meta["uid"], NAME_LABEL: meta.get("name", "")}
        labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
        for label, value in own.items():
            labels[label] = labels[FORMER_LABELS[label]] = value


def complete_spec(spec: Document) -> None:
    """The specification of a job."""
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", UNLIMITED if "backoffLimitPerIndex" in spec else BACKOFF_LIMIT)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")
    complete_template(spec["template"])


def complete_cron(document: Document) -> None:
    """Runs that may overlap, the last few of which are kept; its jobs are completed when they are made."""
    spec = document["spec"]
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    complete_template(spec["jobTemplate"].setdefault("spec", {}).setdefault("template", {}))


def judge(new: Document, old: Document | None) -> Iterator[Cause]:
    """A job, which stays as it was made while it runs."""
    spec = new["spec"]
    yield from _specification("spec", spec)
    labels = (spec["template"].get("metadata") or {}).get("labels") or {}
    if not selector.means(spec.get("selector") or {}, labels):
        yield invalid("spec.template.metadata.labels", labels, "labels that spec.selector means")
    if old is not None:
        before = old["spec"]
        yield from unchanged("spec.selector", spec.get("selector"), before.get("selector"))
        if spec["completionMode"] != "Indexed":
            yield from unchanged("spec.completions", spec.get("completions"), before.get("completions"))
        if not before.get("suspend"):
            yield from unchanged("spec.template", spec["template"], before["template"])


def judge_cron(new: Document, old: Document | None) -> Iterator[Cause]:
    """A cron job and its schedule."""
    spec = new["spec"]
    name = new["metadata"].get("name", "")
    if len(name) > LONGEST_CRON_NAME:
        yield invalid("metadata.name", name, f"at most {LONGEST_CRON_NAME} characters")
    if not is_schedule(spec["schedule"]):
        allowed = "five fields (minute hour day month weekday) or a name such as @hourly"
        yield invalid("spec.schedule", spec["schedule"], allowed)
    zone = spec.get("timeZone")
    if zone is not None and not is_time_zone(zone):
        yield invalid("spec.timeZone", zone, "a name of the time zone database such as Europe/Berlin")
    policies = ("Allow", "Forbid", "Replace")
    if spec["concurrencyPolicy"] not in policies:
        yield unsupported("spec.concurrencyPolicy", spec["concurrencyPolicy"], policies)
    limits = ("successfulJobsHistoryLimit", "failedJobsHistoryLimit", "startingDeadlineSeconds")
    yield from counts("spec", spec, *limits)
    yield from _specification("spec.jobTemplate.spec", spec["jobTemplate"]["spec"])


def is_time_zone(name: str) -> bool:
    """Whether the time zone database has it."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def is_schedule(text: str) -> bool:
    """Whether cron understands the schedule."""
    if text in _MACROS or re.fullmatch(r"@every ([0-9.]+(ns|us|ms|s|m|h))+", text):
        return True
    fields = text.lower().split()
    return len(fields) == 5 and all(
        all(_is_entry(position, entry) for entry in field.split(",")) for position, field in enumerate(fields)
    )


def _is_entry(position: int, entry: str) -> bool:
    found = _STEP.fullmatch(entry)
    if found is None or (found[2] is not None and int(found[2]) == 0):
        return False
    if found[1] in ("*", "?"):
        return True
    least, most = _RANGES[position]
    values = [_value(position, part) for part in found[1].split("-")]
    return all(value is not None and least <= value <= most for value in values) and (
        len(values) == 1 or (values[0] or 0) <= (values[1] or 0)
    )


def _value(position: int, text: str) -> int | None:
    if text.isdecimal():
        return int(text)
    names = _NAMES.get(position, ())
    return names.index(text) + (1 if position == 3 else 0) if text in names else None


def _specification(path: str, spec: Document) -> Iterator[Cause]:
    fields = (
        "parallelism",
        "completions",
        "backoffLimit",
        "activeDeadlineSeconds",
        "ttlSecondsAfterFinished",
    )
    yield from counts(path, spec, *fields)
    modes = ("NonIndexed", "Indexed")
    mode = spec.get("completionMode", "NonIndexed")
    if mode not in modes:
        yield unsupported(f"{path}.completionMode", mode, modes)
    elif mode == "Indexed" and "completions" not in spec:
        yield Cause(
            f"{path}.completions", "FieldValueRequired", "found nothing, allowed a number when Indexed"
        )
    template = spec["template"].get("spec") or {}
    policies = ("OnFailure", "Never")
    if template.get("restartPolicy") not in policies:
        yield unsupported(f"{path}.template.spec.restartPolicy", template.get("restartPolicy"), policies)
    yield from containers(f"{path}.template.spec", template)
