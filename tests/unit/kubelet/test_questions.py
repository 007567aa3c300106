"""What may be asked of a kubelet, and what is refused with what was found and allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from testbed.kubelet import questions
from testbed.kubelet.program import Wanted
from testbed.kubelet.questions import BadQuestion
from testbed.kubelet.server import chosen
from testbed.pods import logs


def test_all_lines_are_wanted_unless_something_is_said() -> None:
    wanted = questions.of_logs("container=c")
    assert wanted.lines == logs.Wanted()
    assert (wanted.follow, wanted.previous) == (False, False)


def test_each_parameter_of_logs_is_obeyed() -> None:
    wanted = questions.of_logs(
        "follow=true&previous=true&timestamps=true&tailLines=0&limitBytes=9&sinceTime=2026-01-31T12%3A00%3A00Z"
    )
    since = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert wanted.lines == logs.Wanted(tail=0, since=since, timestamps=True, limit=9)
    assert (wanted.follow, wanted.previous) == (True, True)


@pytest.mark.parametrize("seconds", [60, 10**17])
def test_seconds_are_counted_back_from_now(seconds: int) -> None:
    since = questions.of_logs(f"sinceSeconds={seconds}").lines.since
    assert since is not None
    assert since <= datetime.now(UTC) - timedelta(seconds=60)


@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ("tailLines=-1", "tailLines"),
        ("limitBytes=some", "limitBytes"),
        ("follow=perhaps", "follow"),
        ("sinceTime=yesterday", "sinceTime"),
        ("sinceTime=2026-01-31T12%3A00%3A00Z&sinceSeconds=5", "sinceSeconds, sinceTime"),
        ("colour=red", "colour"),
    ],
)
def test_a_parameter_of_logs_that_makes_no_sense_is_named(query: str, blamed: str) -> None:
    with pytest.raises(BadQuestion, match=blamed):
        questions.of_logs(query)


def test_a_program_has_its_arguments_as_they_were_typed() -> None:
    query = "command=sh&command=-c&command=echo%20%24A%20%26%26%20ls&container=c&stdin=true&stdout=true&stderr=false"
    command = ("sh", "-c", "echo $A && ls")
    assert questions.of_exec(query) == Wanted(command, stdin=True, stdout=True, stderr=False, tty=False)


@pytest.mark.parametrize(
    "query", ["stdin=true", "command=", "command=a%00b", "command=a&tty=maybe", "command=a&x=1"]
)
def test_a_program_that_cannot_be_is_refused(query: str) -> None:
    with pytest.raises(BadQuestion):
        questions.of_exec(query)


def test_the_previous_output_is_that_of_the_attempt_that_ended_last() -> None:
    assert chosen([4, 5], is_between=False, previous=True) == 4
    assert chosen([4, 5], is_between=True, previous=True) == 5
    assert chosen([5], is_between=False, previous=True) is None


def test_output_is_that_of_the_newest_attempt() -> None:
    assert chosen([4, 5], is_between=False, previous=False) == 5
    assert chosen([4, 5], is_between=True, previous=False) == 5
    assert chosen([], is_between=False, previous=False) is None
