"""How long addresses stay taken after their pods have ended: what people wait for who have none left."""

from __future__ import annotations

from prometheus_client import Histogram

from controller.api.core import Pod
from controller.api.kinds import IPS
from controller.api.kubeovn import IP
from controller.api.names import pod_port
from controller.engine.view import View
from controller.reconcilers.address import is_kept

BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Freeing:
    """Pairs the ends of pods, as the controller sees them, with the ends of their IP objects.

    By then the port is gone from NB as well. Addresses that a StatefulSet keeps are not counted.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._ended_ns: dict[str, int] = {}
        self.histogram = Histogram(
            "ovn_controller_address_freed_seconds",
            "From a pod's end (completed, failed, evicted or deleted) as seen to the deletion of its IP object",
            buckets=BUCKETS_S,
            registry=None,
        )

    def ended(self, pod: Pod, now_ns: int) -> None:
        """The pod needs no address any more; ``now_ns`` is CLOCK_MONOTONIC."""
        port = pod_port(pod.namespace, pod.name)
        record = self._view.get(IPS, port)
        if record is not None and not is_kept(record, self._view):
            self._ended_ns.setdefault(port, now_ns)

    def freed(self, record: IP, now_ns: int) -> None:
        """The IP object is gone."""
        ended_ns = self._ended_ns.pop(record.name, None)
        if ended_ns is not None:
            self.histogram.observe((now_ns - ended_ns) / 1e9)
