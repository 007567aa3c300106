"""Who asks for what by its name: the other direction of what objects say, for things that several may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from controller.api.annotations import SNAT
from controller.api.kinds import OVN_DNAT_RULES, OVN_EIPS, OVN_FIPS, OVN_SNAT_RULES, PODS, Kind
from controller.api.public import asked

Subject = tuple[str, str]

RULES_OF = f"rules of {OVN_EIPS.name}"
"""What the rules that use a public address ask for, under the address's name."""
LEAVING_UNDER = SNAT
"""What the pods that leave under a public address ask for, under the address itself."""

_ASKED: Mapping[Kind[Any], Callable[[Any], Iterable[Subject]]] = {
    PODS: lambda pod: ((LEAVING_UNDER, address) for address in asked(pod, SNAT)),
    **dict.fromkeys(
        (OVN_FIPS, OVN_SNAT_RULES, OVN_DNAT_RULES), lambda rule: ((RULES_OF, rule.spec.ovn_eip),)
    ),
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
