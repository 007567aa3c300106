"""What a selector by labels may not be: a rule that no labels could ever be held against."""

from collections.abc import Iterator, Sequence

from controller.admission.cause import Cause, forbidden, required, unsupported
from controller.api.scheduling import LabelSelector
from controller.api.selectors import OPERATORS


def selectors(field: str, found: Sequence[LabelSelector]) -> Iterator[Cause]:
    """Each rule of each selector has an operator that there is, and the values that it needs."""
    for position, selector in enumerate(found):
        for number, rule in enumerate(selector.match_expressions):
            at = f"{field}[{position}].matchExpressions[{number}]"
            if rule.operator not in OPERATORS:
                yield unsupported(f"{at}.operator", rule.operator, OPERATORS)
            elif rule.operator in ("In", "NotIn") and not rule.values:
                yield required(f"{at}.values", f"at least one value for {rule.operator}")
            elif rule.operator in ("Exists", "DoesNotExist") and rule.values:
                yield forbidden(f"{at}.values", f"{rule.operator} has no values")
