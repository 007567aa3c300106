"""Which pods are behind which service, kept current object by object.

Each of 100,000 pods changes several times, and there may be thousands of services: neither looks through the other.
A service is found by one label of its selector, which a pod behind it must have.

Source: https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from testbed.workloads.objects import Pod, Service

Path = str
Place = tuple[str, str, str]
"""A namespace, and a label in it."""


class Selection:
    """The pods that each service selects. A service without a selector selects none."""

    def __init__(self) -> None:
        self._candidates: dict[Place, dict[Path, Service]] = {}
        self._pods: dict[str, dict[Path, Pod]] = {}
        self._selected: dict[Path, dict[Path, Pod]] = {}

    def pods(self, service: Service) -> Iterable[Pod]:
        """The pods behind a service, in no order."""
        return self._selected.get(service.path, {}).values()

    def services(self, pod: Pod) -> Iterable[Service]:
        """The services that a pod is behind."""
        for label in pod.metadata.labels.items():
            for service in self._candidates.get((pod.namespace, *label), {}).values():
                if selects(service.spec.selector, pod.metadata.labels):
                    yield service

    def service_changed(self, old: Service | None, new: Service | None) -> None:
        """A service is another now; None: it was not, or is not, there."""
        before = old.spec.selector if old is not None else {}
        after = new.spec.selector if new is not None else {}
        if old is not None and before:
            self._forget(old)
        if new is not None and after:
            self._candidates.setdefault(_place(new), {})[new.path] = new
            if before != after:
                there = self._pods.get(new.namespace, {}).items()
                self._selected[new.path] = {
                    path: pod for path, pod in there if selects(after, pod.metadata.labels)
                }
        if old is not None and not after:
            self._selected.pop(old.path, None)

    def pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        """A pod is another now; None: it was not, or is not, there."""
        if old is not None:
            for service in self.services(old):
                self._selected[service.path].pop(old.path, None)
            there = self._pods[old.namespace]
            del there[old.path]
            if not there:
                del self._pods[old.namespace]
        if new is not None:
            self._pods.setdefault(new.namespace, {})[new.path] = new
            for service in self.services(new):
                self._selected[service.path][new.path] = new

    def _forget(self, service: Service) -> None:
        place = _place(service)
        candidates = self._candidates[place]
        candidates.pop(service.path, None)
        if not candidates:
            del self._candidates[place]


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a pod with these labels has all that the selector asks for."""
    return selector.items() <= labels.items()


def _place(service: Service) -> Place:
    """Where a pod looks for the service: under the label of its selector that is first by name."""
    return (service.namespace, *min(service.spec.selector.items()))
