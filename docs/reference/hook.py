"""The reference pages, written from the code at every build of the documentation: they cannot be out of date."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from docs.reference import cluster, commands, metrics, objects, support

PAGES: Mapping[str, Callable[[], str]] = {
    "reference/commands.md": commands.page,
    "reference/cluster.md": cluster.page,
    "reference/objects.md": objects.page,
    "reference/support.md": support.page,
    "reference/metrics.md": metrics.page,
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages to those that are there as files."""
    for path, page in PAGES.items():
        files.append(File.generated(config, path, content=page()))
    return files
