"""How an API server is reached and who we are to it: what a kubeconfig says, checked when it is read.

Beside ``https://`` and ``http://`` a server may be ``unix:/path/to/socket``, which no other Kubernetes client knows:
the testbed's own processes reach their API server by it without TLS's cost.
"""

from __future__ import annotations

import base64
import binascii
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_REFUSED_USERS = ("exec", "auth-provider", "username")


class KubeconfigError(ValueError):
    """A kubeconfig that cannot be used: which file, which entry, why."""


@dataclass(frozen=True)
class Access:
    """An API server and our credentials for it."""

    server: str
    ca: bytes | None = None
    token: str | None = field(default=None, repr=False)
    client_certificate: bytes | None = None
    client_key: bytes | None = field(default=None, repr=False)
    verify: bool = True

    @classmethod
    def load(cls, kubeconfig: str | Path, context: str | None = None) -> Access:
        """Reads a kubeconfig file; ``context`` defaults to its current one. Raises ``KubeconfigError``."""
        path = Path(kubeconfig)
        try:
            document = yaml.safe_load(path.read_text())
        except (OSError, yaml.YAMLError) as error:
            raise KubeconfigError(f"{path}: {error}") from error
        return _Reader(path, document).access(context)

    @property
    def socket(self) -> str | None:
        """The path of the server's Unix socket, or None when it is reached over TCP."""
        return self.server.removeprefix("unix:") if self.server.startswith("unix:") else None

    @property
    def base(self) -> str:
        """What precedes every path in a URL."""
        return "http://localhost" if self.socket else self.server.rstrip("/")

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context for an ``https`` server, None for others."""
        if not self.server.startswith("https:"):
            return None
        context = ssl.create_default_context(cadata=self.ca.decode() if self.ca else None)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.client_certificate and self.client_key:
            with tempfile.NamedTemporaryFile() as pair:  # the ssl module takes key pairs from files only
                pair.write(self.client_certificate + b"\n" + self.client_key)
                pair.flush()
                context.load_cert_chain(pair.name)
        return context


class _Reader:
    """Finds the entries that a context names and says which one is amiss."""

    def __init__(self, path: Path, document: Any) -> None:
        if not isinstance(document, dict):
            raise KubeconfigError(f"{path}: a kubeconfig is a mapping, found {type(document).__name__}")
        self.path = path
        self.document = document

    def access(self, context: str | None) -> Access:
        name = context or self.document.get("current-context")
        if not name:
            raise KubeconfigError(f"{self.path}: no current-context, and no context was asked for")
        chosen = self.entry("contexts", "context", name)
        cluster = self.entry("clusters", "cluster", chosen.get("cluster"))
        user = self.entry("users", "user", chosen["user"]) if chosen.get("user") else {}
        server = cluster.get("server")
        if not isinstance(server, str) or not server.startswith(("https://", "http://", "unix:/")):
            raise KubeconfigError(
                f"{self.path}: server {server!r}; allowed: https://..., http://..., unix:/..."
            )
        for refused in _REFUSED_USERS:
            if refused in user:
                raise KubeconfigError(
                    f"{self.path}: users by {refused!r} are not supported; a token or a client certificate is"
                )
        return Access(
            server=server,
            ca=self.data(cluster, "certificate-authority"),
            token=self.token(user),
            client_certificate=self.data(user, "client-certificate"),
            client_key=self.data(user, "client-key"),
            verify=not cluster.get("insecure-skip-tls-verify", False),
        )

    def entry(self, section: str, member: str, name: Any) -> dict[str, Any]:
        for found in self.document.get(section) or ():
            if isinstance(found, dict) and found.get("name") == name and isinstance(found.get(member), dict):
                return dict(found[member])
        raise KubeconfigError(f"{self.path}: {section} has no {name!r}")

    def token(self, user: dict[str, Any]) -> str | None:
        if user.get("token"):
            return str(user["token"])
        return self.read(user["tokenFile"]).decode().strip() if user.get("tokenFile") else None

    def data(self, entry: dict[str, Any], key: str) -> bytes | None:
        inline = entry.get(f"{key}-data")
        if inline:
            try:
                return base64.b64decode(inline, validate=True)
            except (binascii.Error, ValueError, TypeError) as error:
                raise KubeconfigError(f"{self.path}: {key}-data is not base64: {error}") from error
        return self.read(entry[key]) if entry.get(key) else None

    def read(self, name: str) -> bytes:
        try:
            return (self.path.parent / name).read_bytes()
        except OSError as error:
            raise KubeconfigError(f"{self.path}: {error}") from error
