"""Which pods are on which nodes, by the questions that are asked of them: how many of a selector's are on each.

A question is answered by going over all pods once; from then on its counts are kept with every pod that comes or
goes. So what a pod costs does not depend on how many there are.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from testbed.workloads.constraints import LabelSelector, PodTerm
from testbed.workloads.labels import matches
from testbed.workloads.objects import Pod

REMEMBERED = 200
"""Questions whose counts are kept."""

InNamespace = Callable[[LabelSelector, str], bool]
"""Whether a selector means a namespace, by its labels."""


class _Question(NamedTuple):
    namespace: str
    term: PodTerm
    counts: Counter[str]
    with_ending: bool = True


class Placements:
    """Pods with their nodes."""

    def __init__(self, in_namespace: InNamespace) -> None:
        self._in_namespace = in_namespace
        self._placed: dict[str, tuple[Pod, str]] = {}
        self._questions: OrderedDict[bytes, _Question] = OrderedDict()
        self._repelling: dict[bytes, _Question] = {}

    def place(self, pod: Pod, node: str) -> None:
        """Counts a pod on a node."""
        self._placed[pod.metadata.uid] = (pod, node)
        self._count(pod, node, 1)

    def remove(self, pod: Pod) -> None:
        """No longer counts a pod, which is looked for by its uid."""
        found = self._placed.pop(pod.metadata.uid, None)
        if found is not None:
            self._count(*found, -1)

    def near(self, pod: Pod, term: PodTerm, *, with_ending: bool = True) -> Mapping[str, int]:
        """How many pods that a term of ``pod`` means are on each node, those that are ending among them or not."""
        key = msgspec.json.encode((pod.namespace, term, with_ending))
        found = self._questions.get(key)
        if found is None:
            found = self._questions[key] = _Question(pod.namespace, term, Counter(), with_ending)
            for other, node in self._placed.values():
                self._add(found, other, node, 1)
            if len(self._questions) > REMEMBERED:
                self._questions.popitem(last=False)
        self._questions.move_to_end(key)
        return found.counts

    def repelled(self, pod: Pod) -> list[tuple[str, Mapping[str, int]]]:
        """By which node label, and by how many pods on each node, ``pod`` is kept off by others' anti-affinity."""
        return [
            (found.term.topology_key, found.counts)
            for found in self._repelling.values()
            if self.means(found.namespace, found.term, pod)
        ]

    def means(self, namespace: str, term: PodTerm, pod: Pod) -> bool:
        """Whether a term of a pod in ``namespace`` means that pod."""
        if term.namespaces or term.namespace_selector is not None:
            chosen = term.namespace_selector
            if pod.namespace not in term.namespaces and not (
                chosen is not None and self._in_namespace(chosen, pod.namespace)
            ):
                return False
        elif pod.namespace != namespace:
            return False
        return matches(term.label_selector, pod.metadata.labels)

    def _count(self, pod: Pod, node: str, by: int) -> None:
        for found in self._questions.values():
            self._add(found, pod, node, by)
        anti = pod.spec.affinity.pod_anti_affinity if pod.spec.affinity else None
        for term in anti.required if anti else ():
            key = msgspec.json.encode((pod.namespace, term))
            repelling = self._repelling.setdefault(key, _Question(pod.namespace, term, Counter()))
            repelling.counts[node] += by
            if not any(repelling.counts.values()):
                del self._repelling[key]

    def _add(self, found: _Question, pod: Pod, node: str, by: int) -> None:
        if (found.with_ending or not pod.is_being_deleted) and self.means(found.namespace, found.term, pod):
            found.counts[node] += by
