"""What a match in OVN's language may not be: a text that OVN cannot read, or one of another family than its purpose."""

from collections.abc import Iterator

from controller.admission.cause import Cause, invalid, required
from controller.api.expression_tokens import tokens
from controller.api.expressions import InvalidExpression, check

EXAMPLE = "an expression of OVN, such as ip4.src == 10.0.0.0/24"


def match(field: str, text: str) -> Iterator[Cause]:
    """The text must be there, and be an expression."""
    if not text.strip():
        yield required(field, EXAMPLE)
        return
    try:
        check(text)
    except InvalidExpression as error:
        yield invalid(field, text, f"{EXAMPLE}: {error}")


def version(text: str) -> int | None:
    """The version of IP that an expression speaks of; None if it speaks of none, or of both, or is none."""
    try:
        families = {
            word.text[2] for word in tokens(text) if word.sort == "name" and word.text[:3] in ("ip4", "ip6")
        }
    except InvalidExpression:
        return None
    return int(families.pop()) if len(families) == 1 else None
