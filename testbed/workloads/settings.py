"""What an operator may choose: how long a node and its pods are waited for.

The defaults are Kubernetes': https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in seconds."""

    node_grace_s: float = 40.0
    """Without a heartbeat, after which a node counts as unreachable (``--node-monitor-grace-period``)."""
    sweep_s: float = 20.0
    """Between looks for pods whose node is gone."""
    orphan_grace_s: float = 40.0
    """For which a node must have been gone before its pods are removed."""
