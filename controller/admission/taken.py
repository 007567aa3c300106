"""Who has an address or a MAC already. Looked up, never searched for: there may be 100,000 of them."""

from controller.admission import view
from controller.admission.view import View
from controller.api.addresses import Address
from controller.api.annotations import IP_ADDRESS, LOGICAL_SWITCH
from controller.api.core import Namespace, Pod
from controller.api.kinds import IPS, NAMESPACES, PODS, SUBNETS, VPCS
from controller.api.placement import serving_subnet

_FIXED_ADDRESS = "metadata.annotations." + IP_ADDRESS.replace(".", r"\.")


def record_of(address: Address, subnet: str, but: str, others: View) -> str | None:
    """The IP object, other than `but`, that has the address in this subnet."""
    text = str(address)
    for path in ("spec.ipAddress", "spec.v4IpAddress" if address.version == 4 else "spec.v6IpAddress"):
        for name in others.index(IPS.name, path).get(text, ()):
            if name != but:
                record = view.get(others, IPS, name)
                if record is not None and record.spec.subnet == subnet:
                    return name
    return None


def record_of_mac(mac: str, but: str, others: View) -> str | None:
    """The IP object, other than `but`, that has the MAC address."""
    by_mac = others.index(IPS.name, "spec.macAddress")
    for spelling in {mac, mac.lower(), mac.upper()}:
        for name in by_mac.get(spelling, ()):
            if name != but:
                return name
    return None


def pod_that_asked_for(fixed: str, subnet: str, but: str, others: View) -> str | None:
    """The pod ("namespace/name"), other than `but`, that asked for the same fixed address and has no record yet.

    A finished pod needs its address no more.
    """
    for path in others.index(PODS.name, _FIXED_ADDRESS).get(fixed, ()):
        if path == but:
            continue
        namespace, _, name = path.partition("/")
        pod = view.get(others, PODS, name, namespace)
        if pod is not None and not pod.is_finished and subnet_of(pod, others) == subnet:
            return path
    return None


def subnet_of(pod: Pod, others: View) -> str:
    """The subnet that a pod belongs to: the one it names, or the one that serves its namespace."""
    named = pod.annotations.get(LOGICAL_SWITCH)
    if named:
        return named
    namespace = view.get(others, NAMESPACES, pod.namespace) or Namespace()
    labels = namespace.metadata.labels
    return serving_subnet(pod.namespace, labels, view.every(others, SUBNETS), view.every(others, VPCS))
