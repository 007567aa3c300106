import math

import pytest

from reports.numbers import duration, number, quantity, span


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (3.0, "3"),
        (12345, "12,345"),
        (0.03124, "0.0312"),
        (2.5, "2.50"),
        (99.96, "100.0"),
        (448.4, "448"),
        (-4.971, "-4.97"),
        (12345.6, "12,300"),
        (None, "\N{EN DASH}"),
        (math.nan, "\N{EN DASH}"),
    ],
)
def test_whole_numbers_stay_whole_and_others_have_three_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_what_was_measured_has_three_digits_and_its_unit_even_if_it_is_whole() -> None:
    assert quantity(1.0, "s") == "1.00\N{NO-BREAK SPACE}s"
    assert quantity(0.0, "ms") == "0\N{NO-BREAK SPACE}ms"
    assert quantity(1500.0, "") == "1,500"
    assert quantity(None, "ms") == "\N{EN DASH}"


def test_an_interval_says_its_unit_once() -> None:
    assert span((17.61, 21.2), "ms") == "17.6 to 21.2\N{NO-BREAK SPACE}ms"
    assert span((4.4, 5.8)) == "4.40 to 5.80"
    assert span(None, "ms") == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(81.4, "81 s"), (119.4, "119 s"), (725, "12 min 5 s"), (7380, "2 h 3 min")]
)
def test_a_duration_is_read_at_a_glance(seconds: float, text: str) -> None:
    assert duration(seconds) == text
