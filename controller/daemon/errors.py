"""Why a request is not carried out, in the words that a kubelet passes on to people."""

from __future__ import annotations


class Refused(Exception):
    """A request that fails: the HTTP status that fits, and the reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
