"""The machine's own OVN and OVS, as its packages installed them."""

from __future__ import annotations

from pathlib import Path

from testbed.releases.tree import Tree

NAME = "system"


class System(Tree):
    """The programs in the machine's own directories, started as they are."""

    def __init__(self, root: Path = Path("/")) -> None:
        super().__init__(
            NAME,
            root,
            bins=("/usr/bin", "/usr/sbin"),
            shares=("/usr/share",),
            remedy="install them with `make setup`",
        )
