"""Placement by the pods that are there, held against the pages of Kubernetes' documentation.

https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/ and
https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
"""

from __future__ import annotations

from typing import Any

import pytest

from controller.api.meta import ObjectMeta
from testbed.workloads import topology
from testbed.workloads.constraints import (
    Affinity,
    LabelSelector,
    LabelSelectorRequirement,
    PodAffinity,
    PodTerm,
    SpreadConstraint,
    Taint,
    WeightedPodTerm,
)
from testbed.workloads.objects import Node, NodeSpec, Pod, PodSpec
from testbed.workloads.placements import Placements

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
WEB = LabelSelector(match_labels={"app": "web"})
NODES = [
    Node(metadata=ObjectMeta(name=name, labels={ZONE: zone, HOST: name}))
    for name, zone in (("n1", "a"), ("n2", "a"), ("n3", "b"), ("n4", "b"))
]
TEAMS = {"red": {"team": "red"}, "default": {}}


class Cluster:
    """Four nodes in two zones, and pods on them."""

    def __init__(self, *on: str, **more: Any) -> None:
        self.placements = Placements(
            lambda selector, name: selector.match_labels.items() <= TEAMS[name].items()
        )
        self.pods = [self.place(node, uid=f"{number}", **more) for number, node in enumerate(on)]

    def place(self, node: str, uid: str = "more", **more: Any) -> Pod:
        pod = a_pod(uid=uid, **more)
        self.placements.place(pod, node)
        return pod

    def fits(self, pod: Pod, nodes: list[Node] | None = None) -> list[str]:
        places = nodes or NODES
        why = topology.misfits(pod, places, self.placements)
        return [node.name for node in places if node.name not in why]

    def why(self, pod: Pod, nodes: list[Node] | None = None) -> set[str]:
        return set(topology.misfits(pod, nodes or NODES, self.placements).values())

    def best(self, pod: Pod) -> list[str]:
        worth = topology.worth(pod, NODES, self.placements)
        return [name for name, value in worth.items() if value == max(worth.values())]


def a_pod(
    app: str = "web", namespace: str = "default", uid: str = "new", going: bool = False, **spec: Any
) -> Pod:
    labels = {"app": app, "version": spec.pop("version", "1")}
    meta = ObjectMeta(
        name=uid,
        namespace=namespace,
        uid=uid,
        labels=labels,
        deletion_timestamp="2026-01-01T00:00:00Z" if going else None,
    )
    return Pod(metadata=meta, spec=PodSpec(**spec))


def spread(skew: int, key: str = ZONE, hard: bool = True, **more: Any) -> dict[str, Any]:
    when = "DoNotSchedule" if hard else "ScheduleAnyway"
    given = SpreadConstraint(
        max_skew=skew, topology_key=key, when_unsatisfiable=when, label_selector=WEB, **more
    )
    return {"topology_spread_constraints": (given,)}


def near(key: str, selector: LabelSelector = WEB, **more: Any) -> dict[str, Any]:
    term = PodTerm(topology_key=key, label_selector=selector, **more)
    return {"affinity": Affinity(pod_affinity=PodAffinity(required=(term,)))}


def away(key: str, selector: LabelSelector = WEB, **more: Any) -> dict[str, Any]:
    term = PodTerm(topology_key=key, label_selector=selector, **more)
    return {"affinity": Affinity(pod_anti_affinity=PodAffinity(required=(term,)))}


def test_a_domain_may_have_so_many_pods_more_than_the_emptiest() -> None:
    """The page's first example: three pods in two zones, skew 1: the next one belongs to the emptier zone."""
    cluster = Cluster("n1", "n2", "n3")
    assert cluster.fits(a_pod(**spread(1))) == ["n3", "n4"]
    assert cluster.fits(a_pod(**spread(2))) == ["n1", "n2", "n3", "n4"]
    assert cluster.why(a_pod(**spread(1))) == {"node(s) didn't match pod topology spread constraints"}


def test_all_constraints_must_hold() -> None:
    """The page's example of conflicting constraints: no node serves zone and host at once."""
    both = (
        *spread(1)["topology_spread_constraints"],
        *spread(1, HOST)["topology_spread_constraints"],
    )
    cluster = Cluster("n1", "n2", "n2", "n3", "n3")
    assert cluster.fits(a_pod(topology_spread_constraints=both), NODES[:3]) == []


def test_a_pod_that_its_own_constraint_does_not_count_adds_nothing() -> None:
    assert Cluster("n1").fits(a_pod("other", **spread(1))) == ["n1", "n2", "n3", "n4"]


def test_only_pods_of_the_same_namespace_that_are_not_ending_count() -> None:
    assert Cluster("n1", namespace="red").fits(a_pod(**spread(1))) == ["n1", "n2", "n3", "n4"]
    assert Cluster("n1", going=True).fits(a_pod(**spread(1))) == ["n1", "n2", "n3", "n4"]


def test_a_node_without_the_label_is_no_domain() -> None:
    bare = Node(metadata=ObjectMeta(name="bare"))
    pod = a_pod(**spread(1))
    assert Cluster().fits(pod, [*NODES, bare]) == ["n1", "n2", "n3", "n4"]
    assert Cluster().why(pod, [*NODES, bare]) == {
        "node(s) didn't match pod topology spread constraints (missing required label)"
    }


def test_with_fewer_domains_than_wanted_the_emptiest_counts_as_empty() -> None:
    cluster = Cluster("n1", "n3")
    assert cluster.fits(a_pod(**spread(1, min_domains=2))) == ["n1", "n2", "n3", "n4"]
    assert cluster.fits(a_pod(**spread(1, min_domains=3))) == []


def test_domains_that_the_pod_may_not_use_do_not_count_unless_they_shall() -> None:
    cluster = Cluster("n1")
    only_a: dict[str, Any] = {"node_selector": {ZONE: "a"}}
    assert "n1" in cluster.fits(a_pod(**spread(1), **only_a))
    assert "n1" not in cluster.fits(a_pod(**spread(1, node_affinity_policy="Ignore"), **only_a))


def test_tainted_domains_count_unless_they_shall_not() -> None:
    cluster = Cluster("n1")
    taint = NodeSpec(taints=(Taint(key="x", effect="NoSchedule"),))
    nodes = [NODES[0], Node(metadata=NODES[2].metadata, spec=taint)]
    assert "n1" not in cluster.fits(a_pod(**spread(1)), nodes)
    assert "n1" in cluster.fits(a_pod(**spread(1, node_taints_policy="Honor")), nodes)


def test_match_label_keys_spread_each_revision_by_itself() -> None:
    cluster = Cluster("n1", version="1")
    by_version = spread(1, match_label_keys=("version",))
    assert "n1" not in cluster.fits(a_pod(version="1", **by_version))
    assert "n1" in cluster.fits(a_pod(version="2", **by_version))


def test_schedule_anyway_only_prefers_the_emptier_domain() -> None:
    cluster = Cluster("n1", "n2", "n3")
    pod = a_pod(**spread(1, hard=False))
    assert cluster.fits(pod) == ["n1", "n2", "n3", "n4"]
    assert cluster.best(pod) == ["n3", "n4"]


def test_a_pod_goes_near_those_that_it_needs() -> None:
    cluster = Cluster("n3")
    assert cluster.fits(a_pod("cache", **near(ZONE))) == ["n3", "n4"]
    assert cluster.fits(a_pod("cache", **near(HOST))) == ["n3"]
    assert cluster.why(a_pod("cache", **near(HOST))) == {"node(s) didn't match pod affinity rules"}


def test_the_first_of_pods_that_need_each_other_goes_anywhere() -> None:
    assert Cluster().fits(a_pod("web", **near(ZONE))) == ["n1", "n2", "n3", "n4"]
    assert Cluster().fits(a_pod("cache", **near(ZONE))) == []


def test_a_pod_keeps_away_from_those_that_it_does_not_bear() -> None:
    cluster = Cluster("n1")
    assert cluster.fits(a_pod(**away(HOST))) == ["n2", "n3", "n4"]
    assert cluster.fits(a_pod(**away(ZONE))) == ["n3", "n4"]
    assert cluster.why(a_pod(**away(ZONE))) == {"node(s) didn't match pod anti-affinity rules"}


def test_pods_that_are_there_keep_others_away_as_well() -> None:
    cluster = Cluster("n1", app="lonely", **away(ZONE))
    assert topology.concerns(a_pod("web"), cluster.placements)
    assert cluster.fits(a_pod("web")) == ["n3", "n4"]
    assert cluster.why(a_pod("web")) == {"node(s) didn't satisfy existing pods anti-affinity rules"}
    assert not topology.concerns(a_pod("other"), cluster.placements)
    cluster.placements.remove(cluster.pods[0])
    assert not topology.concerns(a_pod("web"), cluster.placements)


@pytest.mark.parametrize(
    ("more", "fitting"),
    [
        ({}, 4),
        ({"namespaces": ("red",)}, 3),
        ({"namespace_selector": LabelSelector()}, 3),
        ({"namespace_selector": LabelSelector(match_labels={"team": "red"})}, 3),
        ({"namespace_selector": LabelSelector(match_labels={"team": "blue"})}, 4),
    ],
)
def test_a_term_means_its_own_namespace_unless_it_names_others(more: dict[str, Any], fitting: int) -> None:
    assert len(Cluster("n1", namespace="red").fits(a_pod(**away(HOST, **more)))) == fitting


def test_what_is_only_preferred_decides_by_its_weight() -> None:
    cluster = Cluster("n1")
    cluster.place("n3", uid="db", app="db")
    database = LabelSelector(
        match_expressions=(LabelSelectorRequirement(key="app", operator="In", values=("db",)),)
    )

    def wished(weight: int, selector: LabelSelector) -> PodAffinity:
        term = PodTerm(topology_key=ZONE, label_selector=selector)
        return PodAffinity(preferred=(WeightedPodTerm(weight=weight, pod_affinity_term=term),))

    assert cluster.best(a_pod(affinity=Affinity(pod_affinity=wished(5, WEB)))) == ["n1", "n2"]
    assert cluster.best(a_pod(affinity=Affinity(pod_anti_affinity=wished(5, WEB)))) == ["n3", "n4"]
    torn = Affinity(pod_affinity=wished(5, WEB), pod_anti_affinity=wished(9, WEB))
    assert cluster.best(a_pod(affinity=torn)) == ["n3", "n4"]
    assert cluster.best(a_pod(affinity=Affinity(pod_affinity=wished(1, database)))) == ["n3", "n4"]


def test_counts_follow_the_pods_that_come_and_go() -> None:
    cluster = Cluster()
    pod = a_pod(**away(HOST))
    assert len(cluster.fits(pod)) == 4
    there = cluster.place("n2")
    assert cluster.fits(pod) == ["n1", "n3", "n4"]
    cluster.placements.remove(there)
    assert len(cluster.fits(pod)) == 4
