"""The central of a cluster: the servers of the Northbound and Southbound databases, and ovn-northd."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from testbed.cluster import seed
from testbed.cluster.daemon import Daemon
from testbed.cluster.fabric import MANAGEMENT_NETWORK, management_address
from testbed.cluster.host import Host
from testbed.releases.release import Release

SOUTHBOUND_PORT = 6642  # registered with IANA for OVN's Southbound database

PROBE_MS = 60_000
"""Idle connections are probed once a minute, not every 5 s as OVN would: N nodes share this machine's processors, and a
daemon that is late for an answer would be cut off and would load everything anew, which is no property of OVN."""


class Central(Host):
    """The machine `central`, on the management network."""

    def place(self, directory: Path, release: Release, options: Mapping[str, str]) -> None:
        """Say where its files lie and what it runs; nothing is started yet."""
        self.directory = directory
        self.release = release
        self.options = dict(options)
        self.management_ip = management_address(1)
        self.northbound = f"unix:{directory / 'nb.sock'}"
        self.southbound = f"unix:{directory / 'sb.sock'}"
        self.southbound_for_nodes = f"tcp:{self.management_ip}:{SOUTHBOUND_PORT}"
        nb, sb = (self._database(short, role) for short, role in (("nb", "northbound"), ("sb", "southbound")))
        northd = Daemon(
            release,
            "ovn-northd",
            self.name,
            "northd",
            (
                f"--ovnnb-db={self.northbound}",
                f"--ovnsb-db={self.southbound}",
                f"--unixctl={directory}/northd.ctl",
            ),
            directory,
            launch=self.popen,
            control=lambda _pid: directory / "northd.ctl",
            log_name="northd",
        )
        self.databases, self.northd = (nb, sb), northd

    @property
    def daemons(self) -> tuple[Daemon, ...]:
        """Its daemons, in the order in which they are started."""
        return (*self.databases, self.northd)

    @property
    def database_files(self) -> dict[str, Path]:
        """The files, which are logs of all transactions, of NB and SB."""
        return {short: self.directory / f"{short}.db" for short in ("nb", "sb")}

    def prepare(self, interface: str) -> None:
        """Bring its interface up and write its databases."""
        self.ip(
            [
                "link set lo up",
                f"addr add {self.management_ip}/{MANAGEMENT_NETWORK.prefixlen} dev {interface}",
                f"link set {interface} up",
            ]
        )
        self.directory.mkdir()
        nb_global = seed.Row("NB_Global", {"options": seed.string_map(self.options)})
        seed.write(self.directory / "nb.db", self.release.schema_path("ovn-nb.ovsschema"), [nb_global])
        connection = seed.Row(
            "Connection",
            {"target": f"ptcp:{SOUTHBOUND_PORT}:{self.management_ip}", "inactivity_probe": PROBE_MS},
        )
        sb_global = seed.Row("SB_Global", {"connections": seed.references([connection])})
        seed.write(
            self.directory / "sb.db", self.release.schema_path("ovn-sb.ovsschema"), [connection, sb_global]
        )

    def _database(self, short: str, role: str) -> Daemon:
        directory, control = self.directory, self.directory / f"{short}.ctl"
        remotes = [f"--remote=punix:{directory}/{short}.sock"]
        if role == "southbound":
            remotes.append("--remote=db:OVN_Southbound,SB_Global,connections")
        return Daemon(
            self.release,
            "ovsdb-server",
            self.name,
            role,
            (*remotes, f"--unixctl={control}", f"{directory}/{short}.db"),
            directory,
            launch=self.popen,
            control=lambda _pid: control,
            serves=(directory / f"{short}.sock",),
            log_name=short,
        )
