"""An address belongs to its pod or node for as long as that needs it, and is free once NB knows nothing of it."""

from controller.api.kinds import IPS, NODES, PODS
from controller.api.kubeovn import IP
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import RowKey
from controller.reconcilers.pod import needs_network


@reconciler("address", IPS)
def record(address: IP, view: View) -> Fragment:
    """The record of an allocation goes with its subject, but only after the port that has the address is gone from NB.

    Until then somebody may still be reached by it.
    """
    if is_needed(address, view):
        return NOTHING
    return Fragment(gone_after=RowKey("Logical_Switch_Port", address.name))


def is_needed(address: IP, view: View) -> bool:
    """Whether the pod or node that the address was given to still needs it."""
    spec = address.spec
    if not spec.namespace:
        return view.get(NODES, spec.node_name) is not None
    pod = view.get(PODS, f"{spec.namespace}/{spec.pod_name}")
    return pod is not None and needs_network(pod)
