"""What a failed pod means for its job, by the rules that the job was given.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
"""

from __future__ import annotations

from dataclasses import dataclass

from testbed.workloads.objects import Document, Pod


@dataclass(frozen=True, slots=True)
class Verdict:
    """``action`` is Count, Ignore, FailIndex or FailJob."""

    action: str
    message: str = ""


def judge(policy: Document | None, pod: Pod) -> Verdict:
    """What the first rule that a failed pod meets says; one that meets none counts."""
    for position, rule in enumerate((policy or {}).get("rules") or ()):
        why = _by_exit_code(rule, pod) or _by_condition(rule, pod)
        if why:
            action = str(rule.get("action", "Count"))
            return Verdict(action, f"{why} matching {action} rule at index {position}")
    return Verdict("Count")


def _by_exit_code(rule: Document, pod: Pod) -> str:
    wanted = rule.get("onExitCodes")
    if not wanted:
        return ""
    for container in pod.status.container_statuses:
        ended = container.state.terminated
        if (
            ended is None
            or not ended.exit_code
            or wanted.get("containerName", container.name) != container.name
        ):
            continue
        if (ended.exit_code in wanted.get("values", ())) == (wanted.get("operator") == "In"):
            return f"Container {container.name} for pod {pod.path} failed with exit code {ended.exit_code}"
    return ""


def _by_condition(rule: Document, pod: Pod) -> str:
    for wanted in rule.get("onPodConditions") or ():
        found = pod.condition(wanted.get("type", ""))
        if found is not None and found.status == wanted.get("status", "True"):
            return f"Pod {pod.path} has condition {found.type}"
    return ""
