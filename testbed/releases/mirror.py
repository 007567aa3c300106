"""Which Debian mirror to fetch a suite from: the one that the machine's own package sources name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

DEFAULT = "http://deb.debian.org/debian"
_SOURCES = Path("/etc/apt")


def mirror(sources: Path = _SOURCES) -> str:
    """The mirror of the first archive of whole suites under ``sources``, else ``DEFAULT``.

    Updates and security archives hold no whole suite and are passed over, as is what is no Debian mirror by its path.
    """
    for uri, suite in _entries(sources):
        path = uri.rstrip("/")
        if path.endswith("/debian") and not re.search(r"-(security|updates|backports)|/updates", suite):
            return path
    return DEFAULT


def _entries(sources: Path) -> Iterator[tuple[str, str]]:
    """(URI, suite) of every archive, in the order that apt reads them."""
    lists = [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*"))]
    for path in lists:
        if path.suffix == ".list" and path.is_file():
            yield from _one_line(path.read_text().splitlines())
        elif path.suffix == ".sources" and path.is_file():
            yield from _deb822(path.read_text())


def _one_line(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        found = re.match(r"deb\s+(?:\[[^\]]*\]\s+)?(https?://\S+)\s+(\S+)", line)
        if found:
            yield found.group(1), found.group(2)


def _deb822(text: str) -> Iterator[tuple[str, str]]:
    for paragraph in re.split(r"\n\s*\n", text):
        plain = "\n".join(line for line in paragraph.splitlines() if not line.startswith("#"))
        fields = {
            key.lower(): value.split()
            for key, value in re.findall(r"^([\w-]+):((?:.|\n[ \t])*)", plain, flags=re.MULTILINE)
        }
        if "deb" in fields.get("types", ()) and fields.get("enabled", ["yes"]) != ["no"]:
            for uri in fields.get("uris", ()):
                if uri.startswith(("http://", "https://")):
                    yield from ((uri, suite) for suite in fields.get("suites", ()))
