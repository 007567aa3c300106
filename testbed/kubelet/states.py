"""What a container does, and how it last ended, in the documents that Kubernetes has for it."""

from __future__ import annotations

from testbed.kubelet.status import Document, moment


class States:
    """A container's `state` and `lastState`."""

    def __init__(self) -> None:
        self.current: Document = {"waiting": {"reason": "PodInitializing"}}
        self.last: Document = {}

    def __str__(self) -> str:
        ((state, told),) = self.current.items()
        why = told.get("reason", "")
        return state + (f" ({why})" if why else "")

    @property
    def is_waiting(self) -> bool:
        """Whether it is still, or again, to be started."""
        return "waiting" in self.current

    def wait(self, reason: str, message: str) -> None:
        """It is not to be started yet."""
        self.current = {"waiting": {"reason": reason, "message": message}}

    def run(self, started: str) -> None:
        """It runs, from that moment."""
        self.current = {"running": {"startedAt": started}}

    def end(self, code: int, reason: str, message: str, started: str) -> None:
        """It has ended, just now."""
        told: Document = {"exitCode": code, "reason": reason, "startedAt": started, "finishedAt": moment()}
        if message:
            told["message"] = message
        self.current = self.last = {"terminated": told}
