"""Events for people, told at most so often: they are best effort, and must not cost more than what they tell of.

The bucket is the one of Kubernetes' event recorder: 25 Events about an object at once, then one in 5 minutes
(https://pkg.go.dev/k8s.io/client-go/tools/record#CorrelatorOptions). Of Events about pods, each of which has a bucket
of its own, as many again are told together.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from controller.api.kinds import EVENTS, Kind
from controller.api.meta import Resource
from controller.kubernetes import ApiError, Client, Unreachable
from testbed.workloads import moments
from testbed.workloads.plan import Tell
from testbed.workloads.templates import generated

BURST = 25
REFILL_S = 300.0
POD_BURST, POD_REFILL_S = 50, 0.2
REMEMBERED = 4_096
"""Buckets kept, Kubernetes' size of the cache."""


class Bucket:
    """A token bucket: full at first, one token more each ``refill_s`` seconds."""

    def __init__(self, burst: int, refill_s: float) -> None:
        self._burst, self._refill_s = burst, refill_s
        self._tokens = float(burst)
        self._at: float | None = None

    def take(self, now: float) -> bool:
        """Whether there is a token, which is then gone."""
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) / self._refill_s)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Recorder:
    """Writes Events in the background; one that cannot be written is dropped."""

    def __init__(
        self, client: Client, tasks: asyncio.TaskGroup, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._pods = Bucket(POD_BURST, POD_REFILL_S)

    def tell(self, kind: Kind[Any], entry: Resource, event: Tell, component: str) -> None:
        """Tell of an object, unless too much was told."""
        now = self._clock()
        bucket = self._buckets.setdefault(entry.metadata.uid, Bucket(BURST, REFILL_S))
        self._buckets.move_to_end(entry.metadata.uid)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        if bucket.take(now) and (kind.name != "Pod" or self._pods.take(now)):
            self._tasks.create_task(self._write(document(kind, entry, event, component, now)))

    async def _write(self, event: dict[str, Any]) -> None:
        try:
            await self._client.create(EVENTS, event, namespace=event["metadata"]["namespace"])
        except (ApiError, Unreachable):
            return  # the namespace is going, or the server is: nobody is there to be told


def document(kind: Kind[Any], entry: Resource, event: Tell, component: str, now: float) -> dict[str, Any]:
    """The Event about an object."""
    namespace = entry.namespace or "default"
    return {
        "metadata": {"name": generated(f"{entry.name[:200]}."), "namespace": namespace},
        "involvedObject": {
            "apiVersion": kind.api_version,
            "kind": kind.name,
            "name": entry.name,
            "namespace": entry.namespace,
            "uid": entry.metadata.uid,
        },
        "type": event.type,
        "reason": event.reason,
        "message": event.message[:1024],
        "source": {"component": component},
        "firstTimestamp": moments.written(now),
        "lastTimestamp": moments.written(now),
        "count": 1,
    }
