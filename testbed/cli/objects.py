"""The objects of a cluster for commands: kinds by whatever name people use, and requests to the API server.

Kinds are asked of the server (its discovery), so that those which were defined at run time are found too.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from testbed.cluster import NoCluster
from testbed.cluster.control import Control, UnixConnection
from testbed.experiment.errors import Unfit

JSON, MERGE_PATCH = "application/json", "application/merge-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
TIMEOUT_S = 60.0


class Refusal(Exception):
    """The API server refused: `status` is HTTP's, the message its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Resource:
    """A kind as the server tells of it."""

    api_version: str
    kind: str
    plural: str
    singular: str
    short_names: tuple[str, ...]
    namespaced: bool

    def path(self, namespace: str | None, name: str = "") -> str:
        """Where its objects are; all namespaces' if `namespace` is None."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        within = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        return f"{root}{within}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")

    @property
    def shown(self) -> str:
        """As kubectl names it: `pod`, `subnet.kubeovn.io`."""
        group, _, version = self.api_version.rpartition("/")
        return f"{self.kind.lower()}.{group}" if group and version else self.kind.lower()


class Api:
    """The API server of a cluster, by its Unix socket."""

    def __init__(self, control: Control) -> None:
        self._socket = control.directory / "api" / "api.sock"
        self._resources: tuple[Resource, ...] | None = None

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> Any:
        """The document that the server answers with.

        Raises:
            Refusal: it refused.
            NoCluster: it does not answer.
        """
        connection = UnixConnection(self._socket, TIMEOUT_S)
        headers = {"Accept": accept} | ({"Content-Type": content_type} if body is not None else {})
        target = path + (f"?{urlencode(query)}" if query else "")
        try:
            connection.request(method, target, None if body is None else json.dumps(body).encode(), headers)
            answer = connection.getresponse()
            document = json.loads(answer.read() or b"{}")
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NoCluster(f"the API server does not answer ({type(error).__name__}): try again") from error
        finally:
            connection.close()
        if answer.status >= 300:
            raise Refusal(answer.status, document.get("message", f"HTTP status {answer.status}"))
        return document

    def resource(self, word: str) -> Resource:
        """The kind that people call `word`: pods, pod, po, Pod, subnets.kubeovn.io.

        Raises:
            Unfit: there is none; the message names all.
        """
        wanted, _, group = word.lower().partition(".")
        for found in self._all():
            names = {found.plural, found.singular, found.kind.lower(), *found.short_names}
            own_group = found.api_version.rpartition("/")[0]
            if wanted in names and (not group or own_group == group):
                return found
        known = ", ".join(sorted({found.plural for found in self._all()}))
        raise Unfit(f"no kind {word!r}: there are {known}")

    def resource_of(self, api_version: str, kind: str) -> Resource | None:
        """The kind of a manifest, or None where the server has none such."""
        return next(
            (found for found in self._all() if (found.api_version, found.kind) == (api_version, kind)), None
        )

    def _all(self) -> tuple[Resource, ...]:
        if self._resources is None:
            groups = self.ask("GET", "/apis")["groups"]
            versions = [entry["groupVersion"] for group in groups for entry in group["versions"]]
            lists = [
                self.ask("GET", "/api/v1"),
                *(self.ask("GET", f"/apis/{version}") for version in versions),
            ]
            self._resources = tuple(
                Resource(
                    listed["groupVersion"],
                    entry["kind"],
                    entry["name"],
                    entry.get("singularName") or entry["kind"].lower(),
                    tuple(entry.get("shortNames", ())),
                    entry["namespaced"],
                )
                for listed in lists
                for entry in listed["resources"]
                if "/" not in entry["name"]
            )
        return self._resources
