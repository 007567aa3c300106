"""Waiting between attempts, so that many clients of a server that comes back do not arrive together."""

from __future__ import annotations

import random


class Backoff:
    """Exponential back-off with full jitter: each delay is uniform between 0 and a ceiling that doubles.

    Full jitter spreads clients best: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    def __init__(self, first: float = 0.05, ceiling: float = 5.0, rng: random.Random | None = None) -> None:
        self._first = first
        self._ceiling = ceiling
        self._rng = rng or random.Random()
        self._failures = 0

    def failed(self) -> float:
        """Seconds to wait before the next attempt, after one more failure."""
        bound = min(self._ceiling, self._first * 2.0**self._failures)
        self._failures = min(self._failures + 1, 32)
        return self._rng.uniform(0, bound)

    def succeeded(self) -> None:
        """Starts again from the first delay."""
        self._failures = 0
