"""What says where pods may be and which pods are meant: selectors, taints, affinities, spread."""

from __future__ import annotations

import msgspec

from controller.api.meta import Wire
from controller.api.scheduling import LabelSelector as LabelSelector
from controller.api.scheduling import LabelSelectorRequirement as LabelSelectorRequirement


class Taint(Wire, frozen=True, gc=False, kw_only=True):
    """What a node repels pods by; ``effect`` is NoSchedule, PreferNoSchedule or NoExecute."""

    key: str
    value: str = ""
    effect: str = ""
    time_added: str | None = None


class Toleration(Wire, frozen=True, gc=False, kw_only=True):
    """Which taints a pod bears, and with NoExecute for how many seconds."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None


class NodeSelectorTerm(Wire, frozen=True, gc=False, kw_only=True):
    """Expressions that must all hold of a node."""

    match_expressions: tuple[LabelSelectorRequirement, ...] = ()
    match_fields: tuple[LabelSelectorRequirement, ...] = ()


class NodeSelector(Wire, frozen=True, gc=False, kw_only=True):
    """Terms of which one must hold of a node."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


class PreferredTerm(Wire, frozen=True, gc=False, kw_only=True):
    """A preference and its weight, 1 to 100."""

    weight: int
    preference: NodeSelectorTerm


class NodeAffinity(Wire, frozen=True, gc=False, kw_only=True):
    """Which nodes a pod may be on, and which it would rather be on."""

    required: NodeSelector | None = msgspec.field(
        default=None, name="requiredDuringSchedulingIgnoredDuringExecution"
    )
    preferred: tuple[PreferredTerm, ...] = msgspec.field(
        default=(), name="preferredDuringSchedulingIgnoredDuringExecution"
    )


class PodTerm(Wire, frozen=True, gc=False, kw_only=True):
    """Pods, and the node label whose value tells what is near them.

    Without ``namespaces`` and ``namespace_selector`` it means pods of the pod's own namespace.
    """

    topology_key: str
    label_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None


class WeightedPodTerm(Wire, frozen=True, gc=False, kw_only=True):
    """A term that is only wished for, and its weight, 1 to 100."""

    weight: int
    pod_affinity_term: PodTerm


class PodAffinity(Wire, frozen=True, gc=False, kw_only=True):
    """Which pods a pod must be near (or far from), and which it would rather be."""

    required: tuple[PodTerm, ...] = msgspec.field(
        default=(), name="requiredDuringSchedulingIgnoredDuringExecution"
    )
    preferred: tuple[WeightedPodTerm, ...] = msgspec.field(
        default=(), name="preferredDuringSchedulingIgnoredDuringExecution"
    )


class Affinity(Wire, frozen=True, gc=False, kw_only=True):
    """A pod's affinity: towards nodes, towards pods and away from pods."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAffinity | None = None


class SpreadConstraint(Wire, frozen=True, gc=False, kw_only=True):
    """How evenly the pods of a selector lie over the values of a node label."""

    max_skew: int
    topology_key: str
    when_unsatisfiable: str = "DoNotSchedule"
    label_selector: LabelSelector | None = None
    min_domains: int = 1
    node_affinity_policy: str = "Honor"
    node_taints_policy: str = "Ignore"
    match_label_keys: tuple[str, ...] = ()
