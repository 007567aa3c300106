"""Moments as Kubernetes writes them, and as seconds to reckon with."""

from __future__ import annotations

from datetime import UTC, datetime


def written(seconds: float) -> str:
    """A moment (seconds since 1970) in RFC 3339, whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(moment: str | None) -> float:
    """Seconds since 1970 of a moment; 0 for none."""
    return datetime.fromisoformat(moment).timestamp() if moment else 0.0
