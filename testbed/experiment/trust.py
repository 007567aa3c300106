"""Whether a run of several instances may be believed: as much as the worst of them."""

from __future__ import annotations

from collections.abc import Iterable

from testbed.results import Validity

ORDER = ("valid", "unjudged", "suspect", "invalid")


def worst(validities: Iterable[Validity]) -> Validity:
    """The worst verdict, with every reason that any of them gave; unjudged if there is none."""
    found = list(validities)
    if not found:
        return Validity()
    verdict = max((entry.verdict for entry in found), key=ORDER.index)
    reasons = tuple(dict.fromkeys(reason for entry in found for reason in entry.reasons))
    return Validity(verdict=verdict, reasons=reasons)
