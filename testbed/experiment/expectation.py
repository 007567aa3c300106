"""Bounds that make a run pass or fail, written beside the scenario that they judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """A bound on the metric or counter called ``metric`` with exactly these ``labels`` (none: the headline).

    Exactly one of ``at_least``, ``at_most``, ``equals`` is given; ``why`` tells where the bound comes from and
    with which margin, so that whoever meets it can judge it. Raises ``ValueError`` for none or several bounds.
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    equals: float | None = None
    labels: dict[str, Any] = field(default_factory=dict)
    why: str = ""

    def __post_init__(self) -> None:
        given = [bound for bound in (self.at_least, self.at_most, self.equals) if bound is not None]
        if len(given) != 1:
            raise ValueError(
                f"expectation on {self.metric}: found {len(given)} bounds, "
                "allowed exactly one of at_least, at_most, equals"
            )

    def holds(self, value: float | None) -> bool:
        """Whether ``value`` keeps the bound; a missing value keeps none, so a run that lost it cannot pass."""
        if value is None or value != value:
            return False
        if self.at_least is not None:
            return value >= self.at_least
        if self.at_most is not None:
            return value <= self.at_most
        return value == self.equals

    def __str__(self) -> str:
        labels = "{" + ", ".join(f"{key}={value}" for key, value in self.labels.items()) + "}"
        name = self.metric + (labels if self.labels else "")
        for sign, bound in ((">=", self.at_least), ("<=", self.at_most), ("==", self.equals)):
            if bound is not None:
                return f"{name} {sign} {bound:g}"
        raise AssertionError("an expectation has a bound")
