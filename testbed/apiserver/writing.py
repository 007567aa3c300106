"""The rules of writing: what becomes of an object that a client creates, replaces, patches or deletes.

Every write runs from start to end without waiting, so that what a rule saw still holds when its revision is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from testbed.apiserver import admission, metadata, structure
from testbed.apiserver.addresses import SERVICE_CIDR, ServiceAddresses
from testbed.apiserver.kinds import Kind
from testbed.apiserver.mergepatch import merged
from testbed.apiserver.revision import Entry
from testbed.apiserver.rules import COMPLETE, JUDGE
from testbed.apiserver.rules.pod import GRACE_SECONDS
from testbed.apiserver.status import ApiError, Cause, bad_request, invalid
from testbed.apiserver.store import Store

Document = dict[str, Any]

BACKGROUND, FOREGROUND, ORPHAN = "Background", "Foreground", "Orphan"
POLICIES = (BACKGROUND, FOREGROUND, ORPHAN)
"""What becomes of an object's dependents: they go after it, before it, or not at all."""
FINALIZERS = {FOREGROUND: "foregroundDeletion", ORPHAN: "orphan"}
"""The finalizer by which an object waits for its dependents, by policy.

Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion
"""

PROTECTED_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
"""Namespaces that exist from the start and cannot be deleted, as in Kubernetes (which lets kube-node-lease go)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a write left: the object, and when its revision was accepted (None when nothing had to change)."""

    body: bytes
    accepted_ns: int | None


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How an object is to go: ``uid`` and ``resource_version`` are preconditions.

    ``policy`` is what becomes of what belongs to it: one of ``POLICIES``.
    """

    grace_seconds: int | None = None
    uid: str | None = None
    resource_version: str | None = None
    dry_run: bool = False
    policy: str = BACKGROUND


class Writer:
    """Applies the rules to one store."""

    def __init__(self, store: Store, review: admission.Review, service_cidr: str = SERVICE_CIDR) -> None:
        self.store = store
        self.view = admission.View(store)
        self._addresses = ServiceAddresses(self.view, service_cidr)
        self._review = review

    def create(self, kind: Kind, namespace: str, document: Document, *, dry_run: bool = False) -> Outcome:
        """A new object."""
        meta = self._header(kind, document)
        if kind.namespaced:
            if meta.setdefault("namespace", namespace) != namespace:
                raise bad_request(
                    f"the namespace of the object ({meta['namespace']}) does not match the request's ({namespace})"
                )
            self._admit_namespace(kind, namespace, meta)
        if meta.get("resourceVersion"):
            raise bad_request("resourceVersion must not be set on an object to be created")
        if not meta.get("name") and isinstance(meta.get("generateName"), str) and meta["generateName"]:
            meta["name"] = metadata.generated_name(meta["generateName"])
        metadata.born(meta)
        if kind.has_status and not kind.keeps_status_on_create:
            document.pop("status", None)
        self._check(kind, document)
        if self.store.collections[kind.key].get(namespace, meta["name"]):
            raise ApiError(
                409,
                "AlreadyExists",
                f'{kind.plural} "{meta["name"]}" already exists',
                kind=kind.plural,
                group=kind.group,
                name=meta["name"],
            )
        self._admit(admission.CREATE, kind, document, None)
        return self._written(kind, document, None, dry_run)

    def replace(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        document: Document,
        subresource: str,
        *,
        dry_run: bool = False,
    ) -> Outcome:
        """An object as a whole (its status alone, by that subresource)."""
        old = self.existing(kind, namespace, name)
        return self._update(kind, old, old.document(), document, subresource, dry_run)

    def patch(
        self, kind: Kind, namespace: str, name: str, patch: Any, subresource: str, *, dry_run: bool = False
    ) -> Outcome:
        """A merge patch of an object (of its status alone, by that subresource)."""
        if not isinstance(patch, dict):
            raise bad_request("a merge patch of an object must be a JSON object")
        old = self.existing(kind, namespace, name)
        before = old.document()
        return self._update(kind, old, before, merged(before, patch), subresource, dry_run)

    def delete(self, kind: Kind, namespace: str, name: str, options: DeleteOptions) -> Outcome:
        """The end of an object, or its announcement where a finalizer or a kubelet has the last word."""
        old = self.existing(kind, namespace, name)
        document = old.document()
        meta = document["metadata"]
        self._precondition(kind, name, "UID", options.uid, old.uid)
        self._precondition(kind, name, "resourceVersion", options.resource_version, str(old.revision))
        if kind.key == "Namespace" and name in PROTECTED_NAMESPACES:
            raise ApiError(
                403, "Forbidden", f'namespaces "{name}" is forbidden: this namespace may not be deleted'
            )
        self._admit(admission.DELETE, kind, None, document)
        grace = self._grace(kind, document, options)
        finalizer = FINALIZERS.get(options.policy)
        if finalizer and old.uid in self.store.dependents and not meta.get("deletionTimestamp"):
            meta["finalizers"] = [*(meta.get("finalizers") or ()), finalizer]
        waits = bool(meta.get("finalizers")) or grace > 0 or kind.key == "Namespace"
        if not waits:
            return self._removed(kind, document, old, options.dry_run)
        pending_grace = meta.get("deletionGracePeriodSeconds", 0)
        if meta.get("deletionTimestamp") and (kind.key != "Pod" or grace >= pending_grace):
            return Outcome(old.body, None)
        meta["deletionTimestamp"] = metadata.now(grace)
        meta["deletionGracePeriodSeconds"] = grace
        if kind.key == "Namespace":
            document["status"] = document.get("status", {}) | {"phase": "Terminating"}
        return self._written(kind, document, old, options.dry_run)

    def amend(self, kind: Kind, old: Entry, document: Document, *, dry_run: bool = False) -> Outcome:
        """An object as a rule of the server itself changed it, in whatever parts."""
        before = old.document()
        self._check(kind, document, before)
        if document == before:
            return Outcome(old.body, None)
        if _specification(document) != _specification(before):
            document["metadata"]["generation"] = before["metadata"].get("generation", 0) + 1
        meta, old_meta = document["metadata"], before["metadata"]
        return self._ended(kind, old, document, meta, old_meta, dry_run) or self._written(
            kind, document, old, dry_run
        )

    def finish(self, kind: Kind, old: Entry) -> Outcome:
        """Removes an object that has nothing more to wait for."""
        return self._removed(kind, old.document(), old, dry_run=False)

    def existing(self, kind: Kind, namespace: str, name: str) -> Entry:
        """The object. Raises ``ApiError`` 404."""
        entry = self.store.collections[kind.key].get(namespace, name)
        if entry is None:
            raise not_found(kind, name)
        return entry

    def _update(
        self, kind: Kind, old: Entry, before: Document, after: Document, subresource: str, dry_run: bool
    ) -> Outcome:
        meta, old_meta = self._header(kind, after), before["metadata"]
        self._same_object(kind, old, meta)
        if subresource == "status":
            after = {key: value for key, value in before.items() if key != "status"} | (
                {"status": after["status"]} if after.get("status") is not None else {}
            )
            meta = after["metadata"] = dict(old_meta)
        else:
            metadata.kept(meta, old_meta)
            if kind.has_status:
                after.pop("status", None)
                if "status" in before:
                    after["status"] = before["status"]
        self._check(kind, after, before)
        if after == before:
            return Outcome(old.body, None)
        if _specification(after) != _specification(before):
            meta["generation"] = old_meta.get("generation", 0) + 1
        if subresource != "status":  # rules judge what is asked for, not what is reported
            self._admit(admission.UPDATE, kind, after, before)
        return self._ended(kind, old, after, meta, old_meta, dry_run) or self._written(
            kind, after, old, dry_run
        )

    def _ended(
        self, kind: Kind, old: Entry, after: Document, meta: Document, old_meta: Document, dry_run: bool
    ) -> Outcome | None:
        """The object goes with the last finalizer that it waited for, unless a kubelet or its contents still run."""
        is_last_word = (
            meta.get("deletionTimestamp") and not meta.get("finalizers") and old_meta.get("finalizers")
        )
        if is_last_word and not meta.get("deletionGracePeriodSeconds") and kind.key != "Namespace":
            return self._removed(kind, after, old, dry_run)
        return None

    def _header(self, kind: Kind, document: Document) -> Document:
        """Checks what a document says it is and fills in what it leaves out; returns its metadata."""
        for key, expected in (("apiVersion", kind.api_version), ("kind", kind.name)):
            if document.get(key) is None:
                document[key] = expected
            elif document[key] != expected:
                raise bad_request(
                    f"{key}: found {structure.quoted(document[key])}, allowed {structure.quoted(expected)}"
                )
        meta = document.get("metadata")
        if meta is None:
            meta = {}
        if not isinstance(meta, dict):
            raise bad_request(f"metadata: found {structure.quoted(meta)}, allowed an object")
        meta = document["metadata"] = {key: value for key, value in meta.items() if value is not None}
        return meta

    def _same_object(self, kind: Kind, old: Entry, meta: Document) -> None:
        for key, found, expected in (
            ("name", meta.get("name"), old.name),
            ("namespace", meta.get("namespace", old.namespace), old.namespace),
        ):
            if found != expected:
                raise bad_request(
                    f"the {key} of the object ({found}) does not match the {key} on the URL ({expected})"
                )
        if kind.namespaced:
            meta["namespace"] = old.namespace
        version = meta.get("resourceVersion")
        if version not in (None, "", str(old.revision)):
            raise conflict(
                kind,
                old.name,
                "the object has been modified; please apply your changes to the latest version and try again",
            )
        self._precondition(kind, old.name, "UID", meta.get("uid"), old.uid)

    def _precondition(self, kind: Kind, name: str, what: str, found: str | None, actual: str) -> None:
        if found not in (None, "", actual):
            raise conflict(
                kind,
                name,
                f"Precondition failed: {what} in precondition: {found}, {what} in object meta: {actual}",
            )

    def _check(self, kind: Kind, document: Document, before: Document | None = None) -> None:
        """Defaults and structure. Raises ``ApiError`` 422 with every fault."""
        if kind.fill is not None:
            kind.fill(document)
        causes = structure.faults(kind.schema, document)
        if not causes:
            complete = COMPLETE.get(kind.key)
            if complete is not None:
                complete(document)
            causes = metadata.faults(kind, document["metadata"])
            judge = JUDGE.get(kind.key)
            if judge is not None:
                causes += judge(document, before)
            if kind.key == "Service" and not causes:
                causes += self._addresses.assign(document, before)
        if before is not None and document["metadata"].get("deletionTimestamp"):
            added = set(document["metadata"].get("finalizers") or ()) - set(
                before["metadata"].get("finalizers") or ()
            )
            if added:
                message = f"found {', '.join(sorted(added))} added, allowed no new ones: the object is being deleted"
                causes.append(Cause("metadata.finalizers", "FieldValueForbidden", message))
        if causes:
            raise invalid(kind.name, kind.group, str(document["metadata"].get("name", ""))[:253], causes)

    def _admit(self, operation: str, kind: Kind, new: Document | None, old: Document | None) -> None:
        found = self._review(operation, kind.key, new, old, self.view)
        if found:
            causes = [Cause(fault.field, fault.reason, fault.message) for fault in found]
            raise invalid(kind.name, kind.group, str((new or old or {})["metadata"]["name"]), causes)

    def _admit_namespace(self, kind: Kind, namespace: str, meta: Document) -> None:
        entry = self.store.collections["Namespace"].get("", namespace)
        if entry is None:
            raise ApiError(
                404, "NotFound", f'namespaces "{namespace}" not found', kind="namespaces", name=namespace
            )
        if entry.is_being_deleted:
            message = (
                f'{kind.plural} "{meta.get("name", "")}" is forbidden: unable to create new content in namespace '
                f"{namespace} because it is being terminated"
            )
            cause = Cause(
                "metadata.namespace", "NamespaceTerminating", f"namespace {namespace} is being terminated"
            )
            raise ApiError(403, "Forbidden", message, kind=kind.plural, group=kind.group, causes=[cause])

    def _grace(self, kind: Kind, document: Document, options: DeleteOptions) -> int:
        """Seconds that a kubelet has for the pod; 0 for what no kubelet runs."""
        if kind.key != "Pod":
            return 0
        spec, phase = document.get("spec", {}), document.get("status", {}).get("phase")
        if not spec.get("nodeName") or phase in ("Succeeded", "Failed"):
            return 0
        if options.grace_seconds is not None:
            return max(options.grace_seconds, 0)
        return int(spec.get("terminationGracePeriodSeconds", GRACE_SECONDS))

    def _written(self, kind: Kind, document: Document, old: Entry | None, dry_run: bool) -> Outcome:
        if dry_run:
            return Outcome(orjson.dumps(document), None)
        event = self.store.write(kind, document, old)
        return Outcome(event.entry.body, event.entry.accepted_ns)

    def _removed(self, kind: Kind, document: Document, old: Entry, dry_run: bool) -> Outcome:
        if dry_run:
            return Outcome(old.body, None)
        event = self.store.remove(kind, document, old)
        return Outcome(event.entry.body, event.entry.accepted_ns)


def not_found(kind: Kind, name: str) -> ApiError:
    """404: no such object."""
    return ApiError(
        404, "NotFound", f'{kind.plural} "{name}" not found', kind=kind.plural, group=kind.group, name=name
    )


def conflict(kind: Kind, name: str, why: str) -> ApiError:
    """409: the object is not the one, or not in the state, that the client had in mind."""
    message = f'Operation cannot be fulfilled on {kind.plural} "{name}": {why}'
    return ApiError(409, "Conflict", message, kind=kind.plural, group=kind.group, name=name)


def _specification(document: Document) -> Document:
    return {key: value for key, value in document.items() if key not in ("metadata", "status")}
