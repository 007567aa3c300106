"""A service is a load balancer on the switches of its VPC, one row for each protocol.

The rows of a VPC hang in one group, to which its switches refer, so that a service touches no switch. Endpoints come
and go in the row's ``vips``, in place; a row that goes is deleted, and leaves the group with that.

Sources: https://kubernetes.io/docs/reference/networking/virtual-ips/ and ovn-nb(5), Load_Balancer
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from controller.api.addresses import authority, version_of
from controller.api.annotations import VPC
from controller.api.kinds import ENDPOINT_SLICES, IPS, PODS, SERVICES, SUBNETS, VPCS
from controller.api.kubeovn import Vpc
from controller.api.names import DEFAULT_VPC, pod_port
from controller.api.networking import Endpoint, EndpointSlice, Service, ServicePort
from controller.api.placement import vpc_of
from controller.engine.asking import SLICES_OF
from controller.engine.fragment import NOTHING, Fragment, Notice
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.northbound.rows import Member, Row, RowKey, name_of_untagged, shared
from controller.reconcilers.not_carried import unserved

GROUPS = "services-of-vpc"

CLIENT_IP = "ClientIP"
LONGEST_AFFINITY_S = 65_535
"""The longest that OVN remembers a client."""
BACKENDS_OF = {4: "IPv4", 6: "IPv6"}


def group(vpc: str) -> RowKey:
    """The load balancers of a VPC."""
    return RowKey("Load_Balancer_Group", name_of_untagged(f"{GROUPS}/{vpc}"))


@reconciler(GROUPS, VPCS)
def of_vpc(vpc: Vpc, view: View) -> Fragment:
    """The group that services and switches of a VPC have in common."""
    return Fragment(rows=(Row(group(vpc.name), {}),))


@reconciler("service", SERVICES)
def balancers(service: Service, view: View) -> Fragment:
    """A load balancer for each protocol of the service, towards the endpoints that take new connections.

    One without any refuses at once, so that clients need not wait.
    """
    notices = unserved(service)
    if not service.spec.addresses:
        return Fragment(notices=notices) if notices else NOTHING
    slices = list(_slices(service, view))
    vpc = _vpc(service, slices, view)
    if vpc != DEFAULT_VPC and view.get(VPCS, vpc) is None:
        missing = Notice("Warning", "NoVpc", f"annotation {VPC}: found {vpc!r}, needed: a Vpc that exists")
        return Fragment(notices=(*notices, missing))
    rows = tuple(
        Row(
            RowKey("Load_Balancer", f"service/{service.path}/{protocol.lower()}"),
            {
                "protocol": protocol.lower(),
                "vips": _vips(service, protocol, slices),
                **_choice(service, protocol, view),
            },
        )
        for protocol in sorted({port.protocol for port in service.spec.ports})
    )
    return Fragment(
        rows=rows,
        members=tuple(Member(shared(group(vpc)), row.key) for row in rows),
        annotations={VPC: vpc},
        notices=notices,
    )


def _slices(service: Service, view: View) -> Iterator[EndpointSlice]:
    for _, path in view.asking(SLICES_OF, service.path):
        found = view.get(ENDPOINT_SLICES, path)
        if found is not None:
            yield found


def _vpc(service: Service, slices: Iterable[EndpointSlice], view: View) -> str:
    """The VPC of the pods behind it; while there are none, the one that it was for or is said to be for.

    Pods of several VPCs do not reach one another, so the first one tells.
    """
    targets = (endpoint.target_ref for entry in slices for endpoint in entry.endpoints or ())
    pod = next((target for target in targets if target is not None and target.kind == PODS.name), None)
    if pod is not None:
        record = view.get(IPS, pod_port(service.namespace, pod.name))
        subnet = view.get(SUBNETS, record.spec.subnet) if record is not None else None
        if subnet is not None:
            return vpc_of(subnet)
    return service.annotations.get(VPC) or DEFAULT_VPC


def _vips(service: Service, protocol: str, slices: Iterable[EndpointSlice]) -> dict[str, str]:
    """Address and port of the service, and those of its endpoints joined by commas."""
    found: dict[str, str] = {}
    for address in service.spec.addresses:
        family = BACKENDS_OF[version_of(address)]
        of_family = [entry for entry in slices if entry.address_type == family]
        for port in service.spec.ports:
            if port.protocol == protocol:
                found[authority(address, port.port)] = ",".join(sorted(_backends(port, of_family)))
    return found


def _backends(port: ServicePort, slices: Iterable[EndpointSlice]) -> set[str]:
    """Those that are ready; where none is, those that still serve although they are to end."""
    ready: set[str] = set()
    last_resort: set[str] = set()
    for entry in slices:
        number = _number(port, entry)
        if number is None:
            continue
        for endpoint in entry.endpoints or ():
            if endpoint.is_ready:
                ready.add(_backend(endpoint, number))
            elif endpoint.is_last_resort:
                last_resort.add(_backend(endpoint, number))
    return ready or last_resort


def _backend(endpoint: Endpoint, number: int) -> str:
    return authority(endpoint.addresses[0], number)


def _number(port: ServicePort, entry: EndpointSlice) -> int | None:
    """The endpoints' port that the service's port leads to."""
    for candidate in entry.ports or ():
        if (candidate.name or "") == port.name and candidate.protocol == port.protocol:
            return candidate.port
    return None


def _choice(service: Service, protocol: str, view: View) -> dict[str, Any]:
    """Which endpoint a connection goes to, and what becomes of those to one that is gone.

    What a UDP client sends goes to no endpoint that is gone; a TCP connection may last until its pod ends it.
    """
    options = {"reject": "true"}
    fields: frozenset[str] = frozenset()
    if protocol == "UDP":
        options["ct_flush"] = "true"
    if service.spec.session_affinity == CLIENT_IP:
        if view.settings.affinity_times_out:
            seconds = service.spec.session_affinity_config.client_ip.timeout_seconds
            options["affinity_timeout"] = str(min(seconds, LONGEST_AFFINITY_S))
        else:
            fields = frozenset(("ip_src",))
    return {"options": options, "selection_fields": fields}
