"""Which container of a pod is meant."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.apiserver.kubelets import container_of
from testbed.apiserver.status import ApiError


def a_pod(containers: tuple[str, ...], inits: tuple[str, ...] = ()) -> dict[str, Any]:
    spec = {
        "containers": [{"name": name} for name in containers],
        "initContainers": [{"name": name} for name in inits],
    }
    return {"metadata": {"name": "web"}, "spec": spec}


def test_the_only_container_needs_no_name() -> None:
    assert container_of(a_pod(("main",), ("prepare",)), "") == "main"


def test_any_container_can_be_named() -> None:
    assert container_of(a_pod(("main", "side"), ("prepare",)), "side") == "side"
    assert container_of(a_pod(("main", "side"), ("prepare",)), "prepare") == "prepare"


def test_one_of_several_has_to_be_named() -> None:
    with pytest.raises(
        ApiError, match=r"choose one of: \[main side\] or one of the init containers: \[prepare\]"
    ):
        container_of(a_pod(("main", "side"), ("prepare",)), "")


def test_a_container_that_the_pod_lacks_is_refused() -> None:
    with pytest.raises(ApiError, match="container other is not valid for pod web") as refused:
        container_of(a_pod(("main",)), "other")
    assert refused.value.code == 400
