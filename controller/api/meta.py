"""What every Kubernetes object has: its metadata, its owners, its conditions."""

from __future__ import annotations

import msgspec


class Wire(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, rename="camel"):
    """Base of all typed parts of an object: camelCase on the wire, absent where a default holds."""


def filled(value: object) -> msgspec.Meta:
    """Marks a field that the API server fills in with ``value`` where it is absent, so that everyone reads it there."""
    return msgspec.Meta(extra_json_schema={"default": value})


class OwnerReference(Wire, frozen=True, gc=False, kw_only=True):
    """The object that another belongs to; when the owner goes, so does the owned."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False
    block_owner_deletion: bool = False


class ObjectMeta(Wire, frozen=True, gc=False, kw_only=True):
    """Identity and bookkeeping of an object. Times are RFC 3339 strings, as Kubernetes writes them."""

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    deletion_grace_period_seconds: int | None = None
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()


class Condition(Wire, frozen=True, gc=False, kw_only=True):
    """One statement about an object's state: its type, whether it holds ("True", "False", "Unknown") and why."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None
    last_update_time: str | None = None


class Resource(Wire, frozen=True, gc=False, kw_only=True):
    """Base of all kinds: the type header and the metadata."""

    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()

    @property
    def name(self) -> str:
        """The object's name, unique in its kind and namespace."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """The object's namespace; empty for cluster-wide kinds."""
        return self.metadata.namespace

    @property
    def path(self) -> str:
        """``namespace/name``, or the bare name of a cluster-wide object: the object's identity within its kind."""
        return (
            f"{self.metadata.namespace}/{self.metadata.name}"
            if self.metadata.namespace
            else self.metadata.name
        )

    @property
    def annotations(self) -> dict[str, str]:
        """The object's annotations (not to be changed)."""
        return self.metadata.annotations

    @property
    def is_being_deleted(self) -> bool:
        """Whether deletion was asked for and waits for a finalizer or a kubelet."""
        return self.metadata.deletion_timestamp is not None
