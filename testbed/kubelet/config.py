"""Which nodes a kubelet plays for: a JSON file."""

from __future__ import annotations

from pathlib import Path

import msgspec

KINDS = ("live", "stub")


class ConfigError(ValueError):
    """A configuration that cannot be used: which file, what was found."""


class NodeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node: its name, its address, a process in its network namespace, the kind of its pods, how many it takes."""

    node: str
    address: str
    pid: int
    kind: str = "live"
    pods: int = 20_000


def load(path: Path) -> tuple[NodeConfig, ...]:
    """The nodes of a configuration file.

    Raises:
        ConfigError: it cannot be read or used.
    """
    try:
        nodes = msgspec.json.decode(path.read_bytes(), type=tuple[NodeConfig, ...])
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{path}: {error}") from error
    names = [entry.node for entry in nodes]
    if not names or len(names) != len(set(names)):
        raise ConfigError(f"{path}: each node once and at least one, found {', '.join(names) or 'none'}")
    for entry in nodes:
        if entry.kind not in KINDS:
            raise ConfigError(f"{path}: {entry.node}: kind {entry.kind!r}, allowed: {', '.join(KINDS)}")
    return nodes
