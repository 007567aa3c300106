"""What an owner needs of addresses: judged from the objects and the books, before anything is done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from controller.api.annotations import ALLOCATED, TRUE
from controller.api.core import Pod
from controller.api.kinds import IPS, NODES, OVN_EIPS, PODS, VIPS
from controller.api.kubeovn import IP
from controller.api.names import RECORDS, eip_record, node_port, pod_port, router_port, vip_record
from controller.engine.engine import Engine
from controller.engine.view import View
from controller.reconcilers import address, eip, endpoint, external, node, pod, pod_public, vip
from controller.reconcilers.reservation import is_asking, is_reserved
from controller.runtime import claims
from controller.runtime.claims import Claim, NoAddress
from controller.runtime.ledger import Ledger


@dataclass(frozen=True)
class Lacks:
    """Addresses of which there is no record yet."""

    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Moved:
    """There is a record, which an earlier pod of the name left: it is to say where this one is."""

    claim: Claim
    record: IP


@dataclass(frozen=True)
class Reserves:
    """There is a record that people made: it is to get what it lacks."""

    claim: Claim
    record: IP


@dataclass(frozen=True)
class Outgrown:
    """There is a record that nobody was promised, of what would not be given now: it has to go first."""

    record: str


@dataclass(frozen=True)
class Hopeless:
    """What is asked for cannot be as things stand; ``outgrown`` is the record that has to go, if there is one."""

    why: NoAddress
    outgrown: str = ""


@dataclass(frozen=True)
class Satisfied:
    """Nothing, or nothing any more."""


Need = Lacks | Moved | Reserves | Outgrown | Hopeless | Satisfied

SATISFIED = Satisfied()


class Needs:
    """Judges owners of every reconciler whose subjects have addresses, and changes nothing."""

    def __init__(self, view: View, ledger: Ledger, engine: Engine) -> None:
        self._view = view
        self._ledger = ledger
        self._engine = engine
        self._judges: Mapping[str, Callable[[str, str], Need | None]] = {
            pod.port.name: self._of_pod,
            pod_public.translation.name: self._of_public,
            node.port.name: self._of_node,
            external.attachments.name: self._of_router,
            eip.given.name: self._of_eip,
            vip.reserved.name: self._of_vip,
            address.record.name: self._of_record,
        }

    def of(self, owner: str) -> Need | None:
        """What an owner needs; None for one that has it, or for whom nothing can be done or said now."""
        reconciler, path = self._engine.subject(owner)
        judge = self._judges.get(reconciler.name) if reconciler is not None else None
        return judge(owner, path) if judge is not None else None

    def _of_pod(self, owner: str, path: str) -> Need | None:
        subject = self._view.get(PODS, path)
        if subject is None or not pod.needs_network(subject):
            return SATISFIED
        port = pod_port(subject.namespace, subject.name)
        record = self._view.get(IPS, port)
        if port.endswith(RECORDS) or (record is not None and not endpoint.is_of(record, subject)):
            return Hopeless(_namesake(port, record))
        is_promised = claims.said(path, self._view).get(ALLOCATED) == TRUE
        has_none = record is None and not is_promised and self._ledger.held(port) is None
        if self._view.is_outdated(port) or (has_none and subject.is_being_deleted):
            return None
        if record is not None and is_promised and _describes(record, subject):
            return None
        try:
            claim = claims.of_pod(owner, subject, self._view)
        except NoAddress as error:
            if record is None:
                return Hopeless(error)
            return None if is_promised else Hopeless(error, outgrown=port)
        if record is None:
            return Lacks((claim,))
        if is_asking(record):
            return None
        if not is_promised and not self._ledger.could_give(claim, record):
            if is_reserved(record):
                why = f"IP {port} reserves {record.spec.ip_address} for it, which is not what it asks for"
                return Hopeless(NoAddress(why, claims.of_subnet(claim.subnet)))
            return Outgrown(port)
        return SATISFIED if _describes(record, subject) else Moved(claim, record)

    def _of_public(self, owner: str, path: str) -> Need:
        subject = self._view.get(PODS, path)
        if subject is None:
            return SATISFIED
        wanted = pod_public.lacking(subject, self._view)
        return _lacks(claims.of_public(owner, subject, entry) for entry in wanted)

    def _of_node(self, owner: str, name: str) -> Need | None:
        record = self._view.get(IPS, node_port(name))
        if record is not None and record.spec.namespace:
            return Hopeless(_namesake(record.name, record))
        if self._view.get(NODES, name) is None or record is not None:
            return None
        return Lacks((claims.of_node(owner, name),))

    def _of_router(self, owner: str, name: str) -> Need:
        return _lacks(
            claims.of_router(owner, name, subnet.name, self._view)
            for subnet in external.reached_by(name, self._view)
            if self._view.get(IPS, router_port(name, subnet.name)) is None
        )

    def _of_eip(self, owner: str, name: str) -> Need | None:
        subject = self._view.get(OVN_EIPS, name)
        if subject is None or self._view.get(IPS, eip_record(name)) is not None:
            return None
        return _lacks_what_it_states(lambda: claims.of_eip(owner, subject, self._view.settings))

    def _of_record(self, owner: str, name: str) -> Need | None:
        record = self._view.get(IPS, name)
        if record is None or not is_asking(record):
            return None
        try:
            return Reserves(claims.of_reservation(owner, record), record)
        except NoAddress as error:
            return Hopeless(error)

    def _of_vip(self, owner: str, name: str) -> Need | None:
        subject = self._view.get(VIPS, name)
        if subject is None or self._view.get(IPS, vip_record(name)) is not None:
            return None
        return _lacks_what_it_states(lambda: claims.of_vip(owner, subject))


def _namesake(port: str, record: IP | None) -> NoAddress:
    """Two objects come to one port, and the other was first: admission refuses the later one."""
    if record is None:
        return NoAddress(
            f"no pod may have a port {port}: records of public addresses end in {RECORDS}", claims.OTHERS
        )
    spec = record.spec
    owner = f"pod {spec.namespace}/{spec.pod_name}" if spec.namespace else spec.pod_name
    return NoAddress(f"the port {port} is that of {owner}", claims.of_subnet(spec.subnet))


def _lacks_what_it_states(claim: Callable[[], Claim]) -> Need:
    try:
        return Lacks((claim(),))
    except NoAddress as error:
        return Hopeless(error)


def _lacks(found: Iterable[Claim]) -> Need:
    lacking = tuple(found)
    return Lacks(lacking) if lacking else SATISFIED


def _describes(record: IP, subject: Pod) -> bool:
    """Whether the record says where the pod is, and whether its address may be kept."""
    spec = record.spec
    return spec.node_name == subject.spec.node_name and spec.pod_type == claims.pod_type(subject)
