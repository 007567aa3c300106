"""A build of OVN and OVS under one directory: what ``make install`` with a prefix or a DESTDIR leaves behind."""

from __future__ import annotations

from pathlib import Path

from testbed.releases.release import ReleaseUnavailable
from testbed.releases.tree import Tree

KIND = "prefix"
_PARENTS = ("", "usr", "usr/local")


class Prefix(Tree):
    """The programs under ``directory``, with their own libraries and data beside them."""

    def __init__(self, directory: str) -> None:
        if not directory.startswith("/"):
            raise ReleaseUnavailable(f"prefix:{directory}: give the directory as an absolute path")
        where = Path(directory)
        if not where.is_dir():
            raise ReleaseUnavailable(
                f"prefix:{directory}: no such directory; build OVN and OVS and install them there"
            )
        where = where.resolve()
        parents = [where / parent for parent in _PARENTS]
        super().__init__(
            f"{KIND}:{directory}",
            Path("/"),
            bins=[str(parent / folder) for parent in parents for folder in ("bin", "sbin")],
            shares=[str(parent / "share") for parent in parents],
            remedy="`make install` both OVN and OVS with this prefix",
        )
        self._libraries = [
            str(folder)
            for parent in parents
            for folder in (parent / "lib64", parent / "lib", *sorted((parent / "lib").glob("*-linux-gnu")))
            if any(folder.glob("*.so*"))
        ]

    def environment(self) -> dict[str, str]:
        """Its own data and libraries go before the machine's."""
        environment = {
            "OVN_PKGDATADIR": str(self.schema_path("ovn-nb.ovsschema").parent),
            "OVS_PKGDATADIR": str(self.schema_path("vswitch.ovsschema").parent),
        }
        if self._libraries:
            environment["LD_LIBRARY_PATH"] = ":".join(self._libraries)
        return environment
