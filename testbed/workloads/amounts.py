"""Numbers that may be given as a percentage of a workload's pods.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
"""

from __future__ import annotations

from testbed.workloads.objects import RollingUpdate

DEFAULT = "25%"


def amount(value: int | str, replicas: int, *, up: bool) -> int:
    """The pods that an absolute number or a percentage means, rounded up or down; what is neither means 0."""
    if isinstance(value, int):
        return value
    if not value.endswith("%") or not value[:-1].isdigit():
        return 0
    share = int(value[:-1]) * replicas
    return -(-share // 100) if up else share // 100


def surge_and_unavailable(rolling: RollingUpdate | None, replicas: int) -> tuple[int, int]:
    """How many pods there may be beyond ``replicas``, and how many may be unavailable; one of them is at least 1."""
    bounds = rolling or RollingUpdate()
    surge = amount(DEFAULT if bounds.max_surge is None else bounds.max_surge, replicas, up=True)
    given = DEFAULT if bounds.max_unavailable is None else bounds.max_unavailable
    unavailable = min(amount(given, replicas, up=False), replicas)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return surge, unavailable
