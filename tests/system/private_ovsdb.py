"""An ovsdb-server of a test's own: own directory, own sockets, gone with the test."""

import subprocess
from pathlib import Path

NORTHBOUND = Path("/usr/share/ovn/ovn-nb.ovsschema")


class Server:
    """An ovsdb-server with an empty database of a schema; `start`, `kill` and `start` again as you like."""

    def __init__(self, directory: Path, schema: Path = NORTHBOUND) -> None:
        self.endpoint = f"unix:{directory}/db.sock"
        self.control = directory / "db.ctl"
        self._directory = directory
        self._database = directory / "test.db"
        self._process: subprocess.Popen[bytes] | None = None
        subprocess.run(["ovsdb-tool", "create", self._database, schema], check=True)

    def start(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [
                "ovsdb-server",
                f"--remote=p{self.endpoint}",
                f"--unixctl={self.control}",
                f"--log-file={self._directory}/server.log",
                "--no-chdir",
                "-vconsole:off",
                *arguments,
                self._database,
            ],
            stderr=subprocess.DEVNULL,
        )

    def wait(self, database: str = "OVN_Northbound") -> None:
        """Until it serves the database."""
        subprocess.run(
            ["ovsdb-client", "--timeout=60", "wait", self.endpoint, database, "connected"], check=True
        )

    def send(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None
