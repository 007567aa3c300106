"""Names that become parts of NB rows must be such that the whole can be told apart again."""

import re
from collections.abc import Callable, Iterable, Iterator

from controller.admission.cause import Cause, duplicate, invalid

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,252}")
_CHARACTERS = (
    'lower-case letters, digits, "-" and ".", each label beginning and ending with a letter or digit'
)
LONGEST = 253
"""Characters of an object's name."""


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


def is_name(name: str) -> bool:
    """Whether an object may be called so (RFC 1123): labels joined by dots."""
    return len(name) <= LONGEST and _SUBDOMAIN.fullmatch(name) is not None


def word(field: str, text: str) -> Iterator[Cause]:
    """A text that only names something must be a plain word, or nothing."""
    if text and not _WORD.fullmatch(text):
        yield invalid(field, text, f'at most {LONGEST} letters, digits and "-_.:/", beginning with no sign')


def name(field: str, found: str) -> Iterator[Cause]:
    """A reference to an object must be such that an object can be called so."""
    if not is_name(found):
        yield invalid(field, found, f"the name of an object: at most {LONGEST} {_CHARACTERS}")


def names(field: str, found: Iterable[str]) -> Iterator[Cause]:
    """A list of references: each once."""
    yield from _each_once(field, found, name)


def labels(field: str, found: Iterable[str]) -> Iterator[Cause]:
    """A list of DNS labels, such as namespaces: each once."""
    yield from _each_once(field, found, label)


def _each_once(
    field: str, found: Iterable[str], judge: Callable[[str, str], Iterable[Cause]]
) -> Iterator[Cause]:
    seen: set[str] = set()
    for position, entry in enumerate(found):
        yield from judge(f"{field}[{position}]", entry)
        if entry in seen:
            yield duplicate(f"{field}[{position}]", entry, "this list")
        seen.add(entry)
