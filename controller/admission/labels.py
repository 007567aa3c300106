"""Names that become parts of NB rows must be such that the whole can be told apart again."""

import re
from collections.abc import Iterator

from controller.admission.cause import Cause, invalid

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def is_label(name: str) -> bool:
    """Whether the name is a DNS label (RFC 1123): what can be a part of a longer name without ambiguity."""
    return _LABEL.fullmatch(name) is not None


def label(field: str, name: str) -> Iterator[Cause]:
    """A name must be a DNS label."""
    if not is_label(name):
        allowed = (
            'a DNS label: at most 63 lower-case letters, digits and "-", beginning and ending with no "-"'
        )
        yield invalid(field, name, allowed)
