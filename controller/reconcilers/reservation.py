"""``IP`` objects that people make: an address set aside for the pod of a name, whether it is there yet or not."""

from __future__ import annotations

from controller.api.annotations import IP_RESERVED, TRUE
from controller.api.kubeovn import IP
from controller.api.public import ASKED_BY


def is_reserved(address: IP) -> bool:
    """Whether people made the record, and it has what they asked for."""
    return address.metadata.labels.get(IP_RESERVED) == TRUE


def is_asking(address: IP) -> bool:
    """Whether people made the record and nothing was done about it yet: it names a pod, and no node that has it."""
    spec = address.spec
    names_a_pod = bool(spec.namespace and spec.pod_name) and spec.pod_type not in ASKED_BY
    return names_a_pod and not spec.node_name and not is_reserved(address)
