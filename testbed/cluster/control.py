"""How a command on the host speaks with the supervisor of a cluster: HTTP over the Unix socket in its state directory.

The kernel tells who listens on a Unix socket, in the numbers of the asker's own PID namespace. So no file has to
remember the supervisor's PID, and no reused PID can be taken for it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import struct
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from testbed.cluster import state
from testbed.cluster.errors import NoCluster
from testbed.cluster.handle import Handle

SOCKET = "control.sock"
TIMEOUT_S = 10.0
_POLL_S = 0.01


class UnixConnection(http.client.HTTPConnection):
    """HTTP to a Unix socket."""

    def __init__(self, path: Path, timeout: float = TIMEOUT_S) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Control:
    """The supervisor of the cluster that has this state directory.

    Raises:
        NoCluster: no such cluster lives.
    """

    def __init__(self, directory: Path) -> None:
        self.name = directory.name
        self.directory = directory
        if not state.is_held(directory):
            raise NoCluster(
                f"no cluster named {self.name!r} is running: `testbed status` shows those that are, "
                f"`testbed up --name {self.name}` starts it"
            )

    def ask(self, path: str, *parts: str, timeout_s: float = TIMEOUT_S) -> Any:
        """The JSON document at `path`, to which quoted parts are added.

        Raises:
            NoCluster: the supervisor does not answer.
            LookupError: it answers that there is no such thing; the message says what there is.
        """
        connection = UnixConnection(self.directory / SOCKET, timeout_s)
        try:
            connection.request("GET", "/".join((path, *(quote(part, safe="") for part in parts))))
            answer = connection.getresponse()
            document = json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NoCluster(
                f"cluster {self.name!r} does not answer ({type(error).__name__} {error}): "
                f"it is starting or ending; `testbed down --name {self.name}` ends it"
            ) from error
        finally:
            connection.close()
        if answer.status != 200:
            raise LookupError(document["message"])
        return document

    def supervisor(self) -> int:
        """PID of the supervisor as this process's namespace numbers it.

        Raises:
            NoCluster: it does not listen.
        """
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.connect(str(self.directory / SOCKET))
                found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        except OSError as error:
            raise NoCluster(f"cluster {self.name!r} has no supervisor yet ({error}): try again") from error
        pid, _, _ = struct.unpack("3i", found)
        return int(pid)

    def end(self, timeout_s: float) -> None:
        """Ask the cluster to end and wait until its directory is gone; after `timeout_s` the kernel ends it.

        Raises:
            NoCluster: it did not even end when killed.
        """
        with contextlib.closing(Handle(self.supervisor())) as handle:
            handle.send(signal.SIGTERM)
            if not handle.ended(timeout_s):
                handle.send(signal.SIGKILL)
        deadline = time.monotonic() + timeout_s
        while state.is_held(self.directory):
            if time.monotonic() > deadline:
                raise NoCluster(f"cluster {self.name!r} does not end; its logs are in {self.directory}")
            time.sleep(_POLL_S)
