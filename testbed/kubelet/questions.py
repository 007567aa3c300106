"""What is asked of a kubelet, from the query of a request: each parameter known and of its form, or refused.

They are those of PodLogOptions and PodExecOptions.
Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from testbed.kubelet.program import Wanted as Execution
from testbed.pods.logs import Wanted as Lines

_LINES = frozenset(("limitBytes", "sinceSeconds", "sinceTime", "tailLines", "timestamps"))
_LOGS = _LINES | {"container", "follow", "insecureSkipTLSVerifyBackend", "pretty", "previous"}
_EXEC = frozenset(("command", "container", "stdin", "stdout", "stderr", "tty"))


class BadQuestion(ValueError):
    """A parameter that cannot be used: what was found and allowed."""


@dataclass(frozen=True)
class LogQuestion:
    """Which attempt's lines, and whether those to come are wanted too."""

    lines: Lines
    previous: bool
    follow: bool


def of_logs(query: str) -> LogQuestion:
    """What a request for output wants.

    Raises:
        BadQuestion: one of its parameters cannot be used.
    """
    found = {key: values[-1] for key, values in _known(query, _LOGS).items()}
    seconds, moment = _number(found, "sinceSeconds"), found.get("sinceTime", "")
    if seconds is not None and moment:
        raise BadQuestion("sinceSeconds, sinceTime: found both, allowed one")
    since = _moment(moment) if moment else None
    if seconds is not None:
        since = datetime.now(UTC) - timedelta(seconds=min(seconds, _LONG_AGO_S))
    lines = Lines(
        _number(found, "tailLines"), since, _flag(found, "timestamps"), _number(found, "limitBytes")
    )
    return LogQuestion(lines, _flag(found, "previous"), _flag(found, "follow"))


def of_exec(query: str) -> Execution:
    """What a request for a program wants.

    Raises:
        BadQuestion: it names none, or one of its parameters cannot be used.
    """
    values = _known(query, _EXEC)
    command = tuple(values.pop("command", ()))
    if not command or not command[0]:
        raise BadQuestion("command: found none, allowed a program and its arguments")
    if any("\0" in word for word in command):
        raise BadQuestion("command: found a null character, allowed none")
    found = {key: each[-1] for key, each in values.items()}
    return Execution(command, *(_flag(found, name) for name in ("stdin", "stdout", "stderr", "tty")))


_LONG_AGO_S = 10 * 365 * 86_400


def _known(query: str, allowed: frozenset[str]) -> dict[str, list[str]]:
    found = parse_qs(query, keep_blank_values=True)
    for key in found:
        if key not in allowed:
            raise BadQuestion(f"query parameter: found {key[:40]!r}, allowed {', '.join(sorted(allowed))}")
    return found


def _flag(found: Mapping[str, str], key: str) -> bool:
    value = found.get(key, "false").lower()
    if value in ("true", "1"):
        return True
    if value in ("false", "0", ""):
        return False
    raise BadQuestion(f"{key}: found {value[:40]!r}, allowed true, false")


def _number(found: Mapping[str, str], key: str) -> int | None:
    value = found.get(key, "")
    if not value:
        return None
    if not value.isdecimal() or len(value) > 18:
        raise BadQuestion(f"{key}: found {value[:40]!r}, allowed a number from 0")
    return int(value)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadQuestion(
            f"sinceTime: found {text[:40]!r}, allowed a time such as 2026-01-31T12:00:00Z"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
