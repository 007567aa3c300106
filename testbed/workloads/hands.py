"""Does what a plan asks for: bounded in number, told to the world at once, each creation once whatever happens.

Creations go in batches that double from one on, and a batch that fails ends them: what cannot be created costs a few
requests and not a thousand (as Kubernetes' controllers do).
"""

from __future__ import annotations

import asyncio
from typing import Any

from controller.api.kinds import Kind
from controller.api.meta import Resource
from controller.kubernetes import ApiError, Backoff, Client, Unreachable
from testbed.workloads.events import Recorder
from testbed.workloads.objects import controller_of
from testbed.workloads.plan import Create, Delete, Patch, Plan, Tell
from testbed.workloads.world import World

IN_FLIGHT = 32
"""Writes at once: as many as the client has connections."""
TOLD = {"Pod": "Created pod:", "Job": "Created job"}
"""What people are told of as created; of its ReplicaSets a Deployment says itself that they are scaled."""


class Hands:
    """Does plans."""

    def __init__(self, client: Client, world: World, recorder: Recorder) -> None:
        self._client = client
        self._world = world
        self._recorder = recorder
        self._slots = asyncio.Semaphore(IN_FLIGHT)

    async def do(self, kind: Kind[Any], owner: Resource, plan: Plan) -> None:
        """Does what an object's plan asks for.

        Raises:
            ApiError, Unreachable: the first write that failed; the others were tried.
        """
        component = f"{kind.name.lower()}-controller"
        for event in plan.events:
            self._recorder.tell(kind, owner, event, component)
        faults = await self._all([self._write(write) for write in plan.writes])
        faults += await self._create_all(kind, owner, plan.creates, component)
        for write in plan.writes:
            if isinstance(write, Delete) and write.kind.name == "Pod":
                deleted = Tell("Normal", "SuccessfulDelete", f"Deleted pod: {write.entry.name}")
                self._recorder.tell(kind, owner, deleted, component)
        if faults:
            raise faults[0]

    async def _create_all(
        self, kind: Kind[Any], owner: Resource, creates: list[Create], component: str
    ) -> list[ApiError | Unreachable]:
        done, batch = 0, 1
        while done < len(creates):
            now = creates[done : done + batch]
            faults = await self._all([self._create(create) for create in now])
            for create in now[: len(now) - len(faults)]:
                what = TOLD.get(create.kind.name)
                if what is not None:
                    message = f"{what} {create.document['metadata']['name']}"
                    self._recorder.tell(kind, owner, Tell("Normal", "SuccessfulCreate", message), component)
            if faults:
                told = Tell("Warning", "FailedCreate", f"Error creating: {faults[0]}")
                self._recorder.tell(kind, owner, told, component)
                return faults
            done, batch = done + batch, batch * 2
        return []

    async def _all(self, steps: list[Any]) -> list[ApiError | Unreachable]:
        if not steps:
            return []
        answers = await asyncio.gather(*steps, return_exceptions=True)
        faults: list[ApiError | Unreachable] = []
        for answer in answers:
            if isinstance(answer, ApiError | Unreachable):
                faults.append(answer)
            elif isinstance(answer, BaseException):
                raise answer
        return faults

    async def _create(self, create: Create) -> None:
        """Creates an object; when no answer comes, asks again by the same name until one does."""
        meta = create.document["metadata"]
        backoff = Backoff()
        while True:
            try:
                async with self._slots:
                    written = await self._client.create(create.kind, create.document)
                self._world.of(create.kind).wrote(written.object)
                return
            except Unreachable:
                await asyncio.sleep(backoff.failed())
            except ApiError as error:
                if error.reason != "AlreadyExists":
                    raise
                await self._is_ours(create, meta, error)
                return

    async def _is_ours(self, create: Create, meta: dict[str, Any], error: ApiError) -> None:
        """Takes over an object that exists already, if it is this owner's; another's name stays taken."""
        found = await self._client.get(create.kind, meta["name"], meta["namespace"])
        owner = controller_of(found)
        wanted = (meta.get("ownerReferences") or [{}])[0].get("uid")
        if owner is None or owner.uid != wanted:
            raise error
        self._world.of(create.kind).wrote(found)

    async def _write(self, write: Patch | Delete) -> None:
        """Patches or deletes; an object that is gone, or another of its name by now, needs nothing more."""
        entry, meta = write.entry, write.entry.metadata
        place = self._world.of(write.kind)
        try:
            async with self._slots:
                if isinstance(write, Patch):
                    same = {**write.patch.get("metadata", {}), "uid": meta.uid}
                    written = await self._client.patch(
                        write.kind,
                        entry.name,
                        {**write.patch, "metadata": same},
                        namespace=entry.namespace or None,
                        subresource=write.subresource,
                    )
                    place.wrote(written.object)
                else:
                    written = await self._client.delete(
                        write.kind,
                        entry.name,
                        namespace=entry.namespace or None,
                        uid=meta.uid,
                        grace_seconds=write.grace_seconds,
                    )
                    place.removed(written.object)
        except ApiError as error:
            if not (error.is_not_found or error.is_conflict):
                raise
