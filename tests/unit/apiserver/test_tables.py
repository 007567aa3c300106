"""What stands in the cells that people read."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.apiserver.tables import ages, jsonpath, pods


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "<invalid>"),
        (-1, "0s"),
        (119, "119s"),
        (120, "2m"),
        (330, "5m30s"),
        (900, "15m"),
        (3 * 3600 + 720, "3h12m"),
        (30 * 3600, "30h"),
        (53 * 3600, "2d5h"),
        (400 * 86400, "400d"),
        (3 * 365 * 86400 + 86400, "3y1d"),
        (9 * 365 * 86400, "9y"),
    ],
)
def test_spans_are_shown_in_two_units_at_most(seconds: int, shown: str) -> None:
    assert ages.span(seconds) == shown


def status_of(**status: Any) -> list[Any]:
    pod = {
        "metadata": {"name": "a"} | status.pop("metadata", {}),
        "spec": {"containers": [{"name": "web"}]} | status.pop("spec", {}),
        "status": status,
    }
    return pods.PRINTERS["Pod"].cells(pod, 1000.0)[1:4]


def container(**state: Any) -> dict[str, Any]:
    return {"name": "web", "ready": "running" in state, "restartCount": 0, "state": state}


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ({"phase": "Pending"}, ["0/1", "Pending", "0"]),
        ({"phase": "Running", "containerStatuses": [container(running={})]}, ["1/1", "Running", "0"]),
        (
            {"phase": "Pending", "containerStatuses": [container(waiting={"reason": "ErrImagePull"})]},
            ["0/1", "ErrImagePull", "0"],
        ),
        (
            {"phase": "Failed", "containerStatuses": [container(terminated={"exitCode": 3})]},
            ["0/1", "ExitCode:3", "0"],
        ),
        ({"phase": "Failed", "reason": "Evicted"}, ["0/1", "Evicted", "0"]),
        (
            {"phase": "Running", "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}},
            ["0/1", "Terminating", "0"],
        ),
        (
            {
                "phase": "Pending",
                "spec": {"initContainers": [{"name": "first"}]},
                "initContainerStatuses": [{"name": "first", "state": {"running": {}}}],
            },
            ["0/1", "Init:0/1", "0"],
        ),
    ],
)
def test_a_pod_is_one_word(status: dict[str, Any], shown: list[str]) -> None:
    assert status_of(**status) == shown


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".spec.a", [1]),
        (".spec.list[0]", ["x"]),
        (".spec.list[*]", ["x", "y"]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (r".metadata.labels.a\.b/c", ["d"]),
        (".metadata.labels['a.b/c']", ["d"]),
        (".spec.none", []),
    ],
)
def test_printer_columns_find_their_values(path: str, found: list[Any]) -> None:
    document = {
        "metadata": {"labels": {"a.b/c": "d"}},
        "spec": {"a": 1, "list": ["x", "y"]},
        "status": {"conditions": [{"type": "Other", "status": "False"}, {"type": "Ready", "status": "True"}]},
    }
    assert jsonpath.compiled(path)(document) == found


def test_a_path_that_is_not_understood_is_refused() -> None:
    with pytest.raises(ValueError, match="not understood"):
        jsonpath.compiled(".spec[?(@.a>1)]")
