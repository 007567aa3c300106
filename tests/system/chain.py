"""An API server, a Northbound database and a controller by themselves, without a cluster: for tests and benchmarks."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp

from tests.system.apiserver_process import write_kubeconfig

SCHEMA = Path("/usr/share/ovn/ovn-nb.ovsschema")


class Chain:
    """An API server, an NB and a controller in one directory; each can be killed and started again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.kubeconfig = write_kubeconfig(directory)
        self.northbound = f"unix:{directory}/nb.sock"
        self.processes: dict[str, subprocess.Popen[str]] = {}
        subprocess.run(["ovsdb-tool", "create", directory / "nb.db", SCHEMA], check=True)

    def start_api(self, *flags: str) -> None:
        command = [
            sys.executable,
            "-m",
            "testbed.apiserver",
            "--socket",
            "api.sock",
            "--journal",
            "journal.db",
        ]
        self._start("api", [*command, *flags])

    def start_northbound(self) -> None:
        arguments = [
            f"--remote=punix:{self.directory}/nb.sock",
            f"--unixctl={self.directory}/nb.ctl",
            "--no-chdir",
            "-vconsole:off",
            f"--log-file={self.directory}/nb.log",
        ]
        (self.directory / "nb.sock").unlink(missing_ok=True)
        self.processes["nb"] = subprocess.Popen(
            ["ovsdb-server", *arguments, "nb.db"], cwd=self.directory, text=True
        )
        deadline = time.monotonic() + 60
        while not (self.directory / "nb.sock").exists():
            assert time.monotonic() < deadline, "ovsdb-server does not listen"
            time.sleep(0.005)

    def start_controller(self, *flags: str) -> None:
        """Returns once everything has been verified."""
        command = [sys.executable, "-m", "controller", "--kubeconfig", "kubeconfig", "--nb", self.northbound]
        self._start("controller", [*command, "--admin-socket", "admin.sock", *flags])

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    async def counters(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = await self.admin("GET", "counters")
        return found

    async def metrics(self) -> dict[str, float]:
        """The controller's metrics as Prometheus would scrape them, by name with labels."""
        lines = (await self._ask("GET", "metrics")).decode().splitlines()
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
        }

    async def admin(self, method: str, path: str) -> Any:
        return json.loads(await self._ask(method, path))

    async def _ask(self, method: str, path: str) -> bytes:
        connector = aiohttp.UnixConnector(str(self.directory / "admin.sock"))
        url = f"http://localhost/{path}"
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.request(method, url) as response,
        ):
            return await response.read()

    def _start(self, name: str, command: list[str]) -> None:
        log = (self.directory / f"{name}.log").open("a")
        root = Path(__file__).parents[2]
        process = subprocess.Popen(
            command,
            cwd=self.directory,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=os.environ | {"PYTHONPATH": str(root)},
        )
        self.processes[name] = process
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (self.directory / f"{name}.log").read_text()
        assert json.loads(line) == {"ready": True}
