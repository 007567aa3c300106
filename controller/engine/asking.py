"""Who asks for what by its name: the other direction of what objects say, for things that several may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from controller.api.annotations import AAPS, SNAT
from controller.api.core import Pod
from controller.api.kinds import (
    ENDPOINT_SLICES,
    OVN_DNAT_RULES,
    OVN_EIPS,
    OVN_FIPS,
    OVN_SNAT_RULES,
    PODS,
    SERVICES,
    SUBNETS,
    VIPS,
    Kind,
)
from controller.api.kubeovn import Subnet
from controller.api.nat import OF_VIP, OvnDnatRule, OvnFip, OvnSnatRule
from controller.api.networking import EndpointSlice
from controller.api.public import asked
from controller.api.vips import named_by
from controller.engine.subjects import Subject

RULES_OF = f"rules of {OVN_EIPS.name}"
"""What the rules that use a public address ask for, under the address's name."""
LEAVING_UNDER = SNAT
"""What the pods that leave under a public address ask for, under the address itself."""

USERS_OF_VIP = AAPS
"""What the pods that would use a virtual address beside their own ask for, under the name of the ``Vip``."""
RULES_OF_VIP = f"rules of {VIPS.name}"
"""What the rules that lead to a virtual address ask for, under the name of the ``Vip``."""

SLICES_OF = f"slices of {SERVICES.name}"
"""What slices are of, under the path of their service."""

SERVING = "namespaces served"
"""What subnets serve, under the name of each namespace; those that choose by labels ask for ``BY_LABELS``."""
BY_LABELS = "*"


def _asked_by_pod(pod: Pod) -> Iterator[Subject]:
    yield from ((LEAVING_UNDER, address) for address in asked(pod, SNAT))
    yield from ((USERS_OF_VIP, name) for name in named_by(pod))


def _asked_by_rule(rule: OvnFip | OvnDnatRule | OvnSnatRule) -> Iterator[Subject]:
    yield RULES_OF, rule.spec.ovn_eip
    if not isinstance(rule, OvnSnatRule) and rule.spec.ip_type == OF_VIP and rule.spec.ip_name:
        yield RULES_OF_VIP, rule.spec.ip_name


def _asked_by_subnet(subnet: Subnet) -> Iterator[Subject]:
    yield from ((SERVING, name) for name in subnet.spec.namespaces)
    if subnet.spec.namespace_selectors:
        yield SERVING, BY_LABELS


def _asked_by_slice(current: EndpointSlice) -> Iterator[Subject]:
    if current.service:
        yield SLICES_OF, current.service


_ASKED: Mapping[Kind[Any], Callable[[Any], Iterable[Subject]]] = {
    PODS: _asked_by_pod,
    SUBNETS: _asked_by_subnet,
    ENDPOINT_SLICES: _asked_by_slice,
    **dict.fromkeys((OVN_FIPS, OVN_SNAT_RULES, OVN_DNAT_RULES), _asked_by_rule),
}


class Asking:
    """An index that is kept current object by object, so that nobody has to look through all of a kind."""

    def __init__(self) -> None:
        self._askers: dict[Subject, set[Subject]] = {}

    def of(self, what: Subject) -> list[Subject]:
        """Who asks for it: kind and path, in order."""
        return sorted(self._askers.get(what, ()))

    def changed(self, kind: Kind[Any], path: str, before: Any, after: Any) -> set[Subject]:
        """An object is another now (None: it is not there); returns what more or fewer ask for than before."""
        asks = _ASKED.get(kind)
        if asks is None:
            return set()
        former = set(asks(before)) if before is not None else set()
        present = set(asks(after)) if after is not None else set()
        asker = (kind.name, path)
        for what in present - former:
            self._askers.setdefault(what, set()).add(asker)
        for what in former - present:
            self._askers[what].discard(asker)
            if not self._askers[what]:
                del self._askers[what]
        return former ^ present
