"""A pod is one logical switch port on the switch of its subnet."""

from collections.abc import Iterator, Mapping

from controller.api.annotations import ALLOCATED, GATEWAY, MTU, PORT_SECURITY, TRUE
from controller.api.core import Pod
from controller.api.kinds import PODS
from controller.api.meta import Condition
from controller.api.names import ADDRESS_CONDITION
from controller.engine.fragment import NOTHING, Fragment, Notice
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.reconcilers import dhcp, gateway, vip
from controller.reconcilers.endpoint import addresses_of, allocation_of, port_row, promise
from controller.reconcilers.not_carried import unheeded

FAILED = "AcquireAddressFailed"
"""Why a pod has no address: reason of its event, as Kube-OVN names it, and of its condition."""


SUBNET_CHANGED = "SubnetChanged"
"""Reason of the event on a pod that does not follow a change of its subnet."""


def needs_network(pod: Pod) -> bool:
    """Whether the pod is to have an address: scheduled, not on its node's own network, not finished or evicted."""
    return bool(pod.spec.node_name) and not pod.spec.host_network and not pod.is_finished


def is_confined(pod: Pod) -> bool:
    """Whether the pod may use its own addresses alone; Kube-OVN asks for that by annotation, here that lifts it."""
    return pod.annotations.get(PORT_SECURITY, TRUE) == TRUE


def _conditions(refusal: str | None) -> tuple[Condition, ...]:
    """What is said of the address of a pod that waits for one, or did; of all others nothing is said."""
    if refusal is None:
        return ()
    if refusal:
        return (Condition(type=ADDRESS_CONDITION, status="False", reason=FAILED, message=refusal),)
    return (Condition(type=ADDRESS_CONDITION, status="True", reason="AddressAllocated"),)


def outdated(pod: Pod, promised: Mapping[str, str | None], view: View) -> Iterator[Notice]:
    """What the subnet gives otherwise now than when the pod was made: its interface stays as it is."""
    said = view.stated(PODS, pod.path)
    if said is None or said.annotations.get(ALLOCATED) != TRUE:
        return
    for name, what in ((GATEWAY, "gateway"), (MTU, "mtu")):
        before, now = said.annotations.get(name, "unset"), promised[name] or "unset"
        if before != now:
            message = f"{what} of the subnet is {now} now: the pod keeps what it has ({before}) until it is made anew"
            yield Notice("Warning", SUBNET_CHANGED, message)


@reconciler("pod", PODS)
def port(pod: Pod, view: View) -> Fragment:
    """The pod's port, which may use its own addresses and virtual ones, and the promise to its daemon once it is in NB.

    Evicted and finished pods need no port: an empty fragment is how they are cleaned up.
    """
    if not needs_network(pod):
        return NOTHING
    found = allocation_of(pod, view)
    conditions = _conditions(view.refusal(pod.path))
    if found is None:
        return Fragment(conditions=conditions) if conditions else NOTHING
    address, subnet = found
    promised = promise(address, subnet)
    labels = {"pod": pod.path, "ls": subnet.name}
    virtual, objections = vip.usable(pod, subnet.name, view)
    allowed = addresses_of(address, *virtual) if is_confined(pod) else frozenset[str]()
    row = port_row(address, labels, port_security=allowed, **dhcp.columns(subnet))
    return Fragment(
        rows=(row,),
        members=gateway.memberships(address, subnet, view),
        annotations=promised,
        conditions=conditions,
        notices=(*unheeded(pod), *outdated(pod, promised, view), *objections),
    )
