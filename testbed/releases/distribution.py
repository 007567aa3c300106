"""Which Linux distribution this is, and whether the testbed was ever tried on it."""

from __future__ import annotations

from pathlib import Path

import msgspec

TRIED = (("debian", "12"), ("debian", "13"))


class Distribution(msgspec.Struct, frozen=True):
    """The distribution by its own name; ``tried`` tells whether the testbed is tested on it."""

    name: str
    tried: bool


def distribution(os_release: Path = Path("/etc/os-release")) -> Distribution:
    """What ``os_release`` (freedesktop.org's os-release format) says."""
    fields = {}
    if os_release.is_file():
        for line in os_release.read_text().splitlines():
            key, equals, value = line.partition("=")
            if equals:
                fields[key] = value.strip("\"'")
    here = (fields.get("ID", ""), fields.get("VERSION_ID", ""))
    return Distribution(fields.get("PRETTY_NAME", "unknown"), here in TRIED)
