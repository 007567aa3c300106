"""From datagrams that came back, or did not, to outages."""

from __future__ import annotations

from testbed.probes.echo import Outage, Sent, outages

MS = 1_000_000


def series(pattern: str) -> list[Sent]:
    """A datagram every 10 ms; a dot did not come back."""
    return [
        Sent(place * 10 * MS, None if mark == "." else place * 10 * MS + MS)
        for place, mark in enumerate(pattern)
    ]


def test_what_all_comes_back_has_no_outage() -> None:
    assert outages(series("xxxxx")) == []
    assert outages([]) == []


def test_an_outage_is_from_the_last_answer_to_the_next_by_when_they_were_sent() -> None:
    assert outages(series("xx...xx")) == [Outage(20 * MS, 3, 40 * MS)]


def test_outages_are_told_one_by_one() -> None:
    assert [outage.lost for outage in outages(series("x.x..x"))] == [1, 2]


def test_an_outage_that_is_still_open_counts_as_far_as_it_goes() -> None:
    assert outages(series("xx..")) == [Outage(20 * MS, 2, 20 * MS)]
