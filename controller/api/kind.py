"""What a kind is, as data: where its objects are found in the REST API and what a table of them shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from controller.api.meta import Resource

T = TypeVar("T", bound=Resource)


@dataclass(frozen=True)
class Column:
    """One column of a kind's table.

    ``path`` is a JSONPath below the object; a ``priority`` above 0 shows with ``-o wide`` only.
    """

    name: str
    type: str
    path: str
    priority: int = 0


@dataclass(frozen=True)
class Scale:
    """Where the ``scale`` subresource of a kind finds replicas, those observed, and the selector of its pods.

    Paths are dotted; ``selector`` names text or a LabelSelector object, or is empty.
    """

    replicas: str = "spec.replicas"
    observed: str = "status.replicas"
    selector: str = ""


@dataclass(frozen=True, eq=False)
class Kind(Generic[T]):
    """A kind of object and its place in the API. Each exists once: kinds are compared and hashed by identity."""

    type: type[T]
    group: str
    version: str
    name: str
    plural: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    columns: tuple[Column, ...] = field(default=())
    has_status: bool = True
    singular: str = ""
    scale: Scale | None = None

    @property
    def api_version(self) -> str:
        """``group/version``, or the bare version of the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(
        self, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> str:
        """The URL path of a collection or an object.

        Raises ``ValueError`` for a namespace given to a cluster-wide kind, or a single namespaced object without one.
        """
        if namespace and not self.namespaced:
            raise ValueError(f"{self.name} is cluster-wide: no namespace belongs to it, found {namespace!r}")
        if self.namespaced and name and not namespace:
            raise ValueError(f"{self.name} {name!r} needs its namespace")
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)
