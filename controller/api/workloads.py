"""Kubernetes' workloads, reduced to what the addresses of their pods depend on."""

from __future__ import annotations

from controller.api.meta import Resource, Wire


class StatefulSetOrdinals(Wire, frozen=True, gc=False, kw_only=True):
    """From which number on a set counts its pods."""

    start: int = 0


class StatefulSetSpec(Wire, frozen=True, gc=False, kw_only=True):
    """How a set numbers its pods."""

    ordinals: StatefulSetOrdinals = StatefulSetOrdinals()


class StatefulSet(Resource, frozen=True, gc=False, kw_only=True):
    """Numbered pods whose names stay, and with them their addresses."""

    api_version: str = "apps/v1"
    kind: str = "StatefulSet"
    spec: StatefulSetSpec = StatefulSetSpec()
