import pytest

from testbed.probes.ping import Answered, Unanswered, parse

SAID = """PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.
64 bytes from 10.0.0.2: icmp_seq=3 ttl=63 time=1.25 ms
64 bytes from 10.0.0.2: icmp_seq=4 ttl=63 time=0.31 ms
"""


def test_the_first_answer_counts() -> None:
    assert parse(SAID) == Answered(1.25)


def test_no_answer_is_no_measurement() -> None:
    with pytest.raises(Unanswered):
        parse("PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n")
