"""One OVN or OVS daemon: how it is started whatever the release, and what others may know of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from testbed.cluster.processes import Launcher, Process
from testbed.releases.release import Release


class Daemon:
    """A supervised daemon of a release.

    Args:
        name: its program, for example `ovn-controller`.
        node: the machine it runs on: `central` or a node's name.
        role: what it is there for: `northbound`, `southbound`, `northd`, `database`, `switch`, `chassis`.
        arguments: besides those for logging, which are the same for all.
        directory: its run directory: sockets, databases and logs.
        control: the socket for `ovs-appctl`, from its PID.
        serves: the sockets, besides the control socket, at which it must be reached before it counts as ready.
        niceness: how the processors are shared (nice(1)); below 0 it goes before others.
    """

    def __init__(
        self,
        release: Release,
        name: str,
        node: str,
        role: str,
        arguments: tuple[str, ...],
        directory: Path,
        *,
        launch: Launcher,
        control: Callable[[int], Path],
        serves: Sequence[Path] = (),
        log_name: str = "",
        niceness: int = 0,
    ) -> None:
        self.name = name
        self.node = node
        self.role = role
        self._control = control
        log = directory / f"{log_name or name}.log"
        # One file takes both what it logs and what it prints before logging works.
        logging = ("-vconsole:off", "-vsyslog:off", "-vfile:info", f"--log-file={log}")
        nice = ("nice", "-n", str(niceness)) if niceness else ()
        self.process = Process(
            f"{node} {log_name or name}",
            [*nice, *release.argv(name, *arguments, *logging)],
            log,
            environment=release.environment() | run_directory(directory),
            launch=launch,
            ready=lambda pid: (*serves, control(pid)),
        )

    @property
    def pid(self) -> int:
        """PID within the enclosure; another one after a restart."""
        return self.process.pid

    @property
    def control(self) -> Path:
        """Its Unix socket for `ovs-appctl`; ovn-controller's name holds its PID."""
        return self._control(self.pid)

    @property
    def log(self) -> Path:
        """Its log file."""
        return self.process.log

    def __repr__(self) -> str:
        return f"<{self.process.name}>"


def run_directory(directory: Path) -> dict[str, str]:
    """The environment that makes OVS and OVN programs use `directory` for everything, and nothing of the host's."""
    kinds = ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR")
    return {f"{project}_{kind}": str(directory) for project in ("OVS", "OVN") for kind in kinds}
