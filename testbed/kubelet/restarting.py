"""How soon a container that has ended is started again: Kubernetes' crash loop.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
"""

from __future__ import annotations

FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S, FORGIVEN_AFTER_S = 10.0, 300.0, 600.0
"""At once, then after 10 s, doubled up to five minutes; ten good minutes are a new start."""


class CrashLoop:
    """How long one container waits before its next restart."""

    def __init__(self) -> None:
        self._next = 0.0

    def after(self, lived_s: float) -> float:
        """Seconds to wait, after an attempt that lived so long."""
        if lived_s >= FORGIVEN_AFTER_S:
            self._next = 0.0
        wait = self._next
        self._next = min(max(2 * wait, FIRST_BACK_OFF_S), LONGEST_BACK_OFF_S)
        return wait
