"""EndpointSlices: where the pods behind a service are met, and which of them take new connections.

Slices are filled and emptied in place, and a pod's change touches the slice that it is in and no other, so that a
rollout behind a service of a thousand pods is told in few writes.

Sources: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/ and
https://kubernetes.io/docs/concepts/services-networking/service/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from controller.api.addresses import of_version
from testbed.workloads import slicing, templates
from testbed.workloads.objects import ENDPOINTSLICES, SERVICES, Document, EndpointSlice, Pod, Service
from testbed.workloads.plan import Create, Delete, Patch, Plan
from testbed.workloads.slicing import Wanted
from testbed.workloads.world import World

KIND = SERVICES
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
CONTROLLER = "endpointslice-controller.k8s.io"
"""Kubernetes' name for the one that manages slices of services with a selector: others leave these alone."""
HEADLESS = "service.kubernetes.io/headless"
ZONE = "topology.kubernetes.io/zone"
BATCH_S = 0.1
"""After a change, how long the next ones of a service are collected: many pods that become ready are one write."""


def reconcile(world: World, owner: Service, now: float) -> Plan:
    """The slices of a service with a selector; those of one without are somebody else's."""
    plan = Plan(rest_s=BATCH_S)
    spec = owner.spec
    if owner.is_being_deleted or spec.type == "ExternalName" or not spec.selector:
        return plan
    pods = [pod for pod in world.selection.pods(owner) if not pod.is_finished]
    labels = _labels(owner)
    there = list(world.slices.owned(owner.metadata.uid))
    families = spec.ip_families or ("IPv4",)
    for family in families:
        wanted = list(_wanted(world, owner, pods, family))
        own = [entry for entry in there if entry.address_type == family]
        _carry_out(plan, owner, labels, family, slicing.change(own, wanted), own)
    plan.writes += [Delete(ENDPOINTSLICES, entry) for entry in there if entry.address_type not in families]
    return plan


def _carry_out(
    plan: Plan,
    owner: Service,
    labels: Mapping[str, str],
    family: str,
    slices: Iterable[slicing.Filled],
    there: Iterable[EndpointSlice],
) -> None:
    kept = set()
    for filled in slices:
        if filled.entry is None:
            plan.creates.append(_slice(owner, labels, family, filled))
            continue
        kept.add(filled.entry.name)
        patch = _difference(filled.entry, filled, labels)
        if patch:
            plan.writes.append(Patch(ENDPOINTSLICES, filled.entry, patch))
    plan.writes += [Delete(ENDPOINTSLICES, entry) for entry in there if entry.name not in kept]


def _difference(entry: EndpointSlice, filled: slicing.Filled, labels: Mapping[str, str]) -> Document:
    patch: Document = {}
    if entry.endpoints != filled.endpoints:
        patch["endpoints"] = list(filled.endpoints)
    if entry.ports != filled.ports:
        patch["ports"] = list(filled.ports)
    found = entry.metadata.labels
    if found != labels:
        gone = dict.fromkeys(found.keys() - labels.keys())
        patch["metadata"] = {"labels": {**gone, **labels}}
    return patch


def _slice(owner: Service, labels: Mapping[str, str], family: str, filled: slicing.Filled) -> Create:
    metadata = {
        "name": templates.generated(f"{owner.name}-"),
        "generateName": f"{owner.name}-",
        "namespace": owner.namespace,
        "labels": dict(labels),
        "ownerReferences": templates.owned_by(KIND, owner),
    }
    document = {
        "metadata": metadata,
        "addressType": family,
        "endpoints": list(filled.endpoints),
        "ports": list(filled.ports),
    }
    return Create(ENDPOINTSLICES, document)


def _labels(owner: Service) -> dict[str, str]:
    """The service's own labels, and those by which slices are found."""
    own = {SERVICE_NAME: owner.name, MANAGED_BY: CONTROLLER}
    if owner.spec.cluster_ip == "None":
        own[HEADLESS] = ""
    theirs = {key: value for key, value in owner.metadata.labels.items() if key != HEADLESS}
    return theirs | own


def _wanted(world: World, owner: Service, pods: Iterable[Pod], family: str) -> Iterator[Wanted]:
    for pod in pods:
        address = address_of(pod, family)
        if address:
            yield Wanted(pod.metadata.uid, tuple(ports(owner, pod)), _endpoint(world, owner, pod, address))


def address_of(pod: Pod, family: str) -> str:
    """The pod's address of a family; empty if it has none (yet)."""
    version = 6 if family == "IPv6" else 4
    return of_version(version, (entry.ip for entry in pod.status.pod_ips))


def reference(pod: Pod) -> Document:
    """By what an endpoint says whose it is."""
    return {"kind": "Pod", "namespace": pod.namespace, "name": pod.name, "uid": pod.metadata.uid}


def _endpoint(world: World, owner: Service, pod: Pod, address: str) -> Document:
    """A pod that is asked to end is ready no more, but may go on serving those who are there."""
    serving, terminating = pod.is_ready, pod.is_being_deleted
    found: Document = {
        "addresses": [address],
        "conditions": {
            "ready": owner.spec.publish_not_ready_addresses or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "targetRef": reference(pod),
    }
    if pod.spec.node_name:
        found["nodeName"] = pod.spec.node_name
        node = world.nodes.get(pod.spec.node_name)
        if node is not None and ZONE in node.metadata.labels:
            found["zone"] = node.metadata.labels[ZONE]
    if pod.spec.hostname and pod.spec.subdomain == owner.name:
        found["hostname"] = pod.spec.hostname
    return found


def ports(owner: Service, pod: Pod) -> Iterator[Document]:
    """The service's ports as this pod has them; one that it has no port of that name for is left out."""
    for port in owner.spec.ports:
        number: Any = port.target_port
        if isinstance(number, str):
            number = next(
                (
                    declared.container_port
                    for container in pod.spec.containers
                    for declared in container.ports
                    if declared.name == port.target_port and declared.protocol == port.protocol
                ),
                None,
            )
        if number is None:
            continue
        found: Document = {"name": port.name, "protocol": port.protocol, "port": number or port.port}
        if port.app_protocol:
            found["appProtocol"] = port.app_protocol
        yield found
