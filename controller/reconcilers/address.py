"""An address belongs to its pod or node for as long as that needs it, and is free once NB knows nothing of it.

The pods of a StatefulSet keep theirs by name for the life of the set: through re-creations, and when the set is made
smaller and larger again. The annotation ``ovn.kubernetes.io/keep_ip`` of the set says otherwise, or that of its subnet,
or the controller's ``--keep-statefulset-ip``; the first of them that is there counts.

An ``IP`` object that people make sets an address aside for the pod of its name, and stays until people delete it.
"""

from controller.api.annotations import EIP, KEEP_IP, TRUE
from controller.api.kinds import IPS, NODES, OVN_EIPS, PODS, STATEFULSETS, SUBNETS, VIPS, VPCS
from controller.api.kubeovn import IP
from controller.api.public import ASKED_BY
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import RowKey
from controller.reconcilers import pod_public
from controller.reconcilers.external import reached_by
from controller.reconcilers.pod import needs_network
from controller.reconcilers.reservation import is_asking, is_reserved

STATEFULSET = STATEFULSETS.name
"""``podType`` of a record that may outlive its pod."""


@reconciler("address", IPS)
def record(address: IP, view: View) -> Fragment:
    """The record of an allocation goes with its subject, but only after the port that has the address is gone from NB.

    Until then somebody may still be reached by it.
    """
    if is_asking(address):
        return NOTHING
    if not view.is_outdated(address.name) and (has_subject(address, view) or is_kept(address, view)):
        return NOTHING
    if address.spec.pod_type == EIP:
        return Fragment(gone_after=pod_public.row_of(address))
    table = "Logical_Router_Port" if address.spec.pod_type == VPCS.name else "Logical_Switch_Port"
    return Fragment(gone_after=RowKey(table, address.name))


def has_subject(address: IP, view: View) -> bool:
    """Whether the pod, node, router or public address that the address was given to still needs it."""
    spec = address.spec
    if spec.pod_type == OVN_EIPS.name:
        return view.get(OVN_EIPS, spec.pod_name) is not None
    if spec.pod_type == VIPS.name:
        return view.get(VIPS, spec.pod_name) is not None
    if spec.pod_type == VPCS.name:
        return any(found.name == spec.subnet for found in reached_by(spec.pod_name, view))
    if spec.pod_type in ASKED_BY:
        return pod_public.is_asked_for(address, view)
    if not spec.namespace:
        return view.get(NODES, spec.node_name) is not None
    pod = view.get(PODS, f"{spec.namespace}/{spec.pod_name}")
    return pod is not None and needs_network(pod)


def is_kept(address: IP, view: View) -> bool:
    """Whether the address waits for the next pod of its name: of a StatefulSet that has it so, or as people say so."""
    spec = address.spec
    if is_reserved(address):
        return True
    if spec.pod_type != STATEFULSET:
        return False
    owner = view.get(STATEFULSETS, f"{spec.namespace}/{spec.pod_name.rpartition('-')[0]}")
    if owner is None or owner.is_being_deleted:
        return False
    subnet = view.get(SUBNETS, spec.subnet)
    said = owner.annotations.get(KEEP_IP) or (subnet.annotations.get(KEEP_IP) if subnet is not None else None)
    return said == TRUE if said else view.settings.keep_statefulset_ip
