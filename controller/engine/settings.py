"""What a controller was told at its start, where reconcilers depend on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Choices for the whole cluster that a subnet or an object may override."""

    external_gateway_switch: str = "external"
    """The subnet by which a VPC with ``enableExternal`` reaches the outside; Kube-OVN's own default."""
    keep_statefulset_ip: bool = True
    """Whether the pods of StatefulSets keep their addresses for the life of the set."""
    affinity_times_out: bool = True
    """Whether a client that is to keep its pod keeps it for the service's time; otherwise by the hash of its address,
    as long as the pods stay the same."""
