"""Workloads that are restarted while pods come and go, as ``kubectl rollout restart`` does it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Any

from controller.api.annotations import POD_KIND
from controller.api.kinds import Kind
from controller.api.meta import Resource, Wire
from testbed.experiment.bed import Bed
from testbed.experiment.objectwatch import ObjectWatch

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
TIMEOUT_S = 120.0


class Replicas(Wire, frozen=True, gc=False, kw_only=True):
    """How many pods a workload is to have."""

    replicas: int = 1


class Progress(Wire, frozen=True, gc=False, kw_only=True):
    """What a workload says of its rolling update."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""


class Workload(Resource, frozen=True, gc=False, kw_only=True):
    """A Deployment or StatefulSet, reduced to what tells whether it is rolled out."""

    api_version: str = "apps/v1"
    spec: Replicas = Replicas()
    status: Progress = Progress()

    def is_rolled_out(self, generation: int) -> bool:
        """Whether every pod is of the template of that generation (or a later one) and Ready, and no older is left."""
        counts = {self.status.replicas, self.status.ready_replicas, self.status.updated_replicas}
        told = self.status.observed_generation >= max(generation, self.metadata.generation)
        same = self.status.current_revision == self.status.update_revision or self.kind != "StatefulSet"
        return told and same and counts == {self.spec.replicas}


class Deployment(Workload, frozen=True, gc=False, kw_only=True):
    """Pods with names of their own."""

    kind: str = "Deployment"


class StatefulSet(Workload, frozen=True, gc=False, kw_only=True):
    """Pods with names, and so addresses, that stay."""

    kind: str = "StatefulSet"


KINDS: tuple[Kind[Any], ...] = (
    Kind(Deployment, "apps", "v1", "Deployment", "deployments", True),
    Kind(StatefulSet, "apps", "v1", "StatefulSet", "statefulsets", True),
)
NAME = "rolling"


class Rollouts:
    """One workload of each kind, on a node of its own: each restart leaves as many pods on each node as before."""

    def __init__(self, bed: Bed, namespace: str, nodes: Sequence[str], replicas: int) -> None:
        self._bed = bed
        self._namespace = namespace
        self._replicas = replicas
        self._places = {kind.name: nodes[place % len(nodes)] for place, kind in enumerate(KINDS)}
        self._watches: dict[str, ObjectWatch[Workload]] = {
            kind.name: ObjectWatch(bed.api, kind) for kind in KINDS
        }
        self._turns = itertools.cycle(KINDS)

    @property
    def watches(self) -> tuple[ObjectWatch[Workload], ...]:
        """To be run beside."""
        return tuple(self._watches.values())

    async def create(self) -> None:
        """Make the workloads and wait until they are rolled out; raises ``TimeoutError``."""
        for kind in KINDS:
            made = await self._bed.api.create(kind, self._document(kind.name), namespace=self._namespace)
            await self._until_rolled_out(kind.name, made.object.metadata.generation)

    async def restart(self) -> int:
        """Restart the workload whose turn it is; when (ns) it said that it is rolled out.

        Raises ``TimeoutError`` and what the API raises.
        """
        kind = next(self._turns)
        stamp = {"annotations": {RESTARTED_AT: str(time.time_ns())}}
        patch = {"spec": {"template": {"metadata": stamp}}}
        made = await self._bed.api.patch(kind, NAME, patch, namespace=self._namespace)
        return await self._until_rolled_out(kind.name, made.object.metadata.generation)

    async def _until_rolled_out(self, kind: str, generation: int) -> int:
        watch = self._watches[kind]
        key = f"{self._namespace}/{NAME}"
        return await watch.until(key, lambda found: found.is_rolled_out(generation), TIMEOUT_S)

    def _document(self, kind: str) -> dict[str, Any]:
        labels = {"app": f"{NAME}-{kind.lower()}"}
        template = {
            "metadata": {"labels": labels, "annotations": {POD_KIND: "stub"}},
            "spec": {
                "nodeSelector": {"kubernetes.io/hostname": self._places[kind]},
                "containers": [{"name": "main", "image": "pause"}],
            },
        }
        spec = {"replicas": self._replicas, "selector": {"matchLabels": labels}, "template": template}
        return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": NAME}, "spec": spec}
