"""Figures that others have published, to be shown beside ours and never mixed with them.

Each was measured by somebody else, elsewhere, on other machines and often of a slightly different thing; the source
says so. A figure of a run asks for a topic, so a new reference appears in every plot of its topic.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """One published figure: ``value`` in ``unit`` (``high``: the other end, if it was given as a range)."""

    topic: str
    label: str
    value: float
    unit: str
    what: str
    source: str
    high: float | None = None

    @property
    def place(self) -> float:
        """Where its line is drawn: the figure, or the middle of the range."""
        return self.value if self.high is None else (self.value + self.high) / 2


_ARTICLE = 'Alauda, "What can Kube-OVN bring to cloud-native networking?", part 2 (article, in Chinese)'
_HISTORY = "the OVN project's own history"
_HEATER = "ovn-heater, the OVN project's scale harness, published results"

REFERENCES = (
    Reference(
        topic="change-to-all-nodes",
        label="article, in full: about 6 s",
        value=6000,
        unit="ms",
        what="a change of over 10,000 flows, everything computed anew",
        source=_ARTICLE,
    ),
    Reference(
        topic="change-to-all-nodes",
        label="article, incrementally: 200 to 300 ms",
        value=200,
        high=300,
        unit="ms",
        what="a change of over 10,000 flows, computed incrementally",
        source=_ARTICLE,
    ),
    Reference(
        topic="change-to-all-nodes",
        label="ovn-heater, mean: 1.15 s",
        value=1150,
        unit="ms",
        what="13,750 ports, from binding a port to installed, mean (1.71 s at p95, 15.7 s at most)",
        source=_HEATER,
    ),
    Reference(
        topic="northd-change",
        label="OVN 23.09, northd before: 773 ms",
        value=773,
        unit="ms",
        what="500 switches of 50 ports, one port added, northd without incremental processing",
        source=_HISTORY,
    ),
    Reference(
        topic="northd-change",
        label="OVN 23.09, northd after: 30 ms",
        value=30,
        unit="ms",
        what="500 switches of 50 ports, one port added, northd with incremental processing",
        source=_HISTORY,
    ),
    Reference(
        topic="pod-ready",
        label="Kubernetes SIG Scalability: p99 at most 5 s",
        value=5000,
        unit="ms",
        what="objective for the start-up of a pod, p99 (images pulled beforehand)",
        source="Kubernetes SIG Scalability, service level objectives",
    ),
    Reference(
        topic="pod-ready",
        label="ovn-heater, p99, older: 6.41 s",
        value=6410,
        unit="ms",
        what="500 nodes, density-heavy, an iteration, p99, an older release",
        source=_HEATER,
    ),
    Reference(
        topic="pod-ready",
        label="ovn-heater, p99, newer: 1.20 s",
        value=1200,
        unit="ms",
        what="500 nodes, density-heavy, an iteration, p99, a newer release",
        source=_HEATER,
    ),
    Reference(
        topic="policy-change",
        label="Cilium, p99: 0.32 s",
        value=320,
        unit="ms",
        what="latency of a policy at 1,000 nodes, 30,000 pods and policies, p99 (p50 9 ms)",
        source="Cilium, published scale test",
    ),
    Reference(
        topic="recovery",
        label="article, 10,000 pods: over 10 min",
        value=600,
        unit="s",
        what="recovery of 10,000 pods before duplicate configuration was removed: over ten minutes",
        source=_ARTICLE,
    ),
    Reference(
        topic="restart",
        label="Kube-OVN #1418, 10,000 pods: 200 s",
        value=200,
        unit="s",
        what="initialisation of the addresses of 10,000 pods when the controller starts",
        source="Kube-OVN's issue tracker, #1418",
    ),
)


def about(topic: str, unit: str) -> tuple[Reference, ...]:
    """The references of ``topic`` that are in ``unit``, smallest first; none for an empty topic."""
    chosen = [entry for entry in REFERENCES if topic and entry.topic == topic and entry.unit == unit]
    return tuple(sorted(chosen, key=lambda entry: entry.place))
