"""How objects say which others they mean and where they may run: selectors and tolerations, shared by many kinds."""

from __future__ import annotations

from typing import Any

import msgspec

from controller.api.meta import Wire

Affinity = dict[str, Any]
"""Kubernetes' affinity rules, passed on to the pods of a workload as they are."""


class LabelSelectorRequirement(Wire, frozen=True, gc=False, kw_only=True):
    """One rule of a selector: ``operator`` is In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


class LabelSelector(Wire, frozen=True, gc=False, kw_only=True):
    """Which objects are meant, by their labels: every rule must hold."""

    match_labels: dict[str, str] = msgspec.field(default_factory=dict)
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()


class NodeSelectorTerm(Wire, frozen=True, gc=False, kw_only=True):
    """Which nodes are meant, by labels and fields: every rule must hold."""

    match_labels: dict[str, str] = msgspec.field(default_factory=dict)
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()
    match_fields: tuple[LabelSelectorRequirement, ...] = ()


class Toleration(Wire, frozen=True, gc=False, kw_only=True):
    """A taint that does not keep a pod away."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None
