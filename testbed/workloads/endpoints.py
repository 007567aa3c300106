"""Endpoints: what is behind a service in one object, for clients from before EndpointSlices.

It is written anew as a whole whenever a pod changes, so a large one is written more seldom than slices are, and it ends
after a thousand addresses.

Source: https://kubernetes.io/docs/concepts/services-networking/service/#endpoints
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from testbed.workloads import endpointslice, templates
from testbed.workloads.endpointslice import HEADLESS
from testbed.workloads.objects import ENDPOINTS, SERVICES, Document, Pod, Service
from testbed.workloads.plan import Create, Patch, Plan
from testbed.workloads.world import World

KIND = SERVICES
MOST = 1_000
"""Addresses in one object, as Kubernetes bounds it."""
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"
TRUNCATED = "truncated"
REST_S = 0.001
"""How long it rests after a write for each address in it."""


def reconcile(world: World, owner: Service, now: float) -> Plan:
    """The object of a service with a selector; that of one without is somebody else's."""
    spec = owner.spec
    if owner.is_being_deleted or spec.type == "ExternalName" or not spec.selector:
        return Plan()
    family = (spec.ip_families or ("IPv4",))[0]
    pods = sorted(world.selection.pods(owner), key=lambda pod: pod.name)
    entries = list(_entries(owner, pods, family))
    subsets = _subsets(entries[:MOST])
    plan = Plan(rest_s=max(endpointslice.BATCH_S, REST_S * min(len(entries), MOST)))
    labels = dict(owner.metadata.labels)
    if spec.cluster_ip == "None":
        labels[HEADLESS] = ""
    state = TRUNCATED if len(entries) > MOST else None
    there = world.endpoints.get(owner.name, owner.namespace)
    if there is None:
        metadata: Document = {
            "name": owner.name,
            "namespace": owner.namespace,
            "labels": labels,
            "ownerReferences": templates.owned_by(KIND, owner),
        }
        if state is not None:
            metadata["annotations"] = {OVER_CAPACITY: state}
        plan.creates.append(Create(ENDPOINTS, {"metadata": metadata, "subsets": subsets}))
    elif list(there.subsets) != subsets or there.annotations.get(OVER_CAPACITY) != state:
        annotations = {"annotations": {OVER_CAPACITY: state}}
        plan.writes.append(Patch(ENDPOINTS, there, {"metadata": annotations, "subsets": subsets}))
    return plan


def _entries(
    owner: Service, pods: Iterable[Pod], family: str
) -> Iterator[tuple[str, Document, list[Document]]]:
    """Of each pod: under which member it is listed, how, and with which ports."""
    for pod in pods:
        tolerated = owner.spec.publish_not_ready_addresses
        address = endpointslice.address_of(pod, family)
        if pod.is_finished or not address or (pod.is_being_deleted and not tolerated):
            continue
        entry: dict[str, Any] = {"ip": address, "targetRef": endpointslice.reference(pod)}
        if pod.spec.node_name:
            entry["nodeName"] = pod.spec.node_name
        if pod.spec.hostname and pod.spec.subdomain == owner.name:
            entry["hostname"] = pod.spec.hostname
        member = "addresses" if pod.is_ready or tolerated else "notReadyAddresses"
        yield member, entry, list(endpointslice.ports(owner, pod))


def _subsets(entries: Iterable[tuple[str, Document, list[Document]]]) -> list[Document]:
    """The entries by their ports."""
    found: dict[str, Document] = {}
    for member, entry, ports in entries:
        subset = found.setdefault(repr(ports), {})
        subset.setdefault(member, []).append(entry)
        if ports:
            subset["ports"] = ports
    return [found[key] for key in sorted(found)]
