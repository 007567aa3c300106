"""What every datapath tells of itself."""

from __future__ import annotations

from typing import Protocol

import msgspec

from testbed.datapaths.features import Findings


class Ability(msgspec.Struct, frozen=True):
    """Whether this machine can do a thing, why (not), and what would change that."""

    able: bool
    why: str
    remedy: str = ""


class Datapath(Protocol):
    """One way of switching packets."""

    @property
    def name(self) -> str:
        """``userspace``, ``kernel`` or ``dpdk``."""

    @property
    def bridge_type(self) -> str:
        """Open vSwitch's word for it: a bridge's ``datapath_type``."""

    def ability(self, findings: Findings) -> Ability:
        """Whether a machine of which ``findings`` were made has this datapath."""

    def encapsulation(self, encapsulation: str, findings: Findings) -> Ability:
        """Whether it can carry packets by ``encapsulation`` there. Raises ``ValueError`` for an unknown one."""


def needing(findings: Findings, needed: tuple[str, ...], why: str) -> Ability:
    """Able if every feature of ``needed`` was found; else the first that was not says why, and how to get it."""
    for name in needed:
        feature = findings[name]
        if not feature.found:
            state = "missing" if feature.found is False else "unknown"
            return Ability(False, f"{name} {state}: {feature.said}", feature.remedy)
    return Ability(True, why)
