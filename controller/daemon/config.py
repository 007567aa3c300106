"""Which nodes a daemon serves: a JSON file, because some dozen nodes do not fit on a command line."""

from __future__ import annotations

from pathlib import Path

import msgspec


class ConfigError(ValueError):
    """A configuration that cannot be used: which file, what was found."""


class NodeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A node: its name, its switch database (``unix:/path``) and a process in its network namespace."""

    node: str
    database: str
    pid: int


def load(path: Path) -> tuple[NodeConfig, ...]:
    """The nodes of a configuration file. Raises ``ConfigError``."""
    try:
        nodes = msgspec.json.decode(path.read_bytes(), type=tuple[NodeConfig, ...])
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{path}: {error}") from error
    names = [entry.node for entry in nodes]
    twice = {name for name in names if names.count(name) > 1}
    if twice or not names:
        raise ConfigError(
            f"{path}: each node once and at least one, found {', '.join(sorted(twice)) or 'none'}"
        )
    return nodes
