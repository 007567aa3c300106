"""Pages: every object once, from one moment, and no more lists kept than is bounded."""

from __future__ import annotations

from typing import cast

import pytest

from testbed.apiserver.paging import KEPT, LIFETIME_S, Pages
from testbed.apiserver.revision import Entry
from testbed.apiserver.status import ApiError

QUESTION = ("Pod", "default", "", "")


def some(count: int) -> list[Entry]:
    return cast(list[Entry], list(range(count)))


@pytest.mark.parametrize(("count", "limit"), [(10, 3), (9, 3), (1, 1), (0, 5), (10, 0), (10, 10), (10, 9)])
def test_the_pages_of_a_list_are_the_list(count: int, limit: int) -> None:
    pages = Pages()
    page = pages.first(QUESTION, some(count), 7, limit)
    found = list(page.entries)
    while page.token:
        assert page.remaining == count - len(found)
        page = pages.following(QUESTION, page.token, limit)
        assert page.revision == 7
        assert len(page.entries) <= limit
        found += page.entries
    assert found == some(count)


def test_a_token_continues_its_own_question_only() -> None:
    pages = Pages()
    token = pages.first(QUESTION, some(10), 7, 3).token
    with pytest.raises(ApiError, match="another list"):
        pages.following(("Pod", "other", "", ""), token, 3)
    with pytest.raises(ApiError, match="token of a former page"):
        pages.following(QUESTION, "anything", 3)


def test_lists_that_nobody_reads_on_are_let_go() -> None:
    now = 1_000.0
    pages = Pages(clock=lambda: now)
    first = pages.first(QUESTION, some(10), 7, 3).token
    kept = pages.first(QUESTION, some(10), 7, 3).token
    for _ in range(KEPT - 1):
        pages.first(QUESTION, some(10), 7, 3)
    with pytest.raises(ApiError) as gone:
        pages.following(QUESTION, first, 3)
    assert gone.value.code == 410
    assert pages.following(QUESTION, kept, 3).token
    now += LIFETIME_S + 1
    with pytest.raises(ApiError) as gone:
        pages.following(QUESTION, kept, 3)
    assert gone.value.code == 410
