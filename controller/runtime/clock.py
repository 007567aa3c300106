"""Wall-clock time as Kubernetes writes it."""

from datetime import UTC, datetime


def timestamp() -> str:
    """Now, as RFC 3339 with whole seconds in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
