"""A long list is looked through once, however many ask for it."""

import random

import pytest

from controller.api.choices import Addresses, Choices, parse
from controller.api.kubeovn import Subnet, SubnetSpec
from controller.api.meta import ObjectMeta
from controller.ipam import Exhausted, IpamError
from controller.runtime.ranges import MOST_LISTS, Ranges
from controller.runtime.shortlist import Shortlist


def choices(text: str) -> Choices:
    found = parse(text)
    assert isinstance(found, Choices)
    return found


def ranges(cidr: str) -> Ranges:
    return Ranges(Subnet(metadata=ObjectMeta(name="s"), spec=SubnetSpec(cidr_block=cidr)), (), ())


def test_what_was_met_leaves_the_list_and_comes_back_when_it_is_free() -> None:
    shortlist = Shortlist(choices("10.0.0.1..10.0.0.3"))
    assert [fixed for (fixed,) in shortlist.candidates()] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert len(shortlist) == 0
    shortlist.freed("10.0.0.2")
    shortlist.freed("10.0.9.9")
    assert list(shortlist.candidates()) == [("10.0.0.2",)]


def test_what_was_not_met_yet_is_not_listed_twice() -> None:
    shortlist = Shortlist(choices("10.0.0.1..10.0.0.3"))
    next(shortlist.candidates())
    shortlist.freed("10.0.0.3")
    assert len(shortlist) == 2


def test_as_many_looks_as_addresses_serve_as_many_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Addresses] = []
    are_free = Ranges.are_free

    def look(of: Ranges, fixed: Addresses) -> bool:
        looks.append(fixed)
        return are_free(of, fixed)

    monkeypatch.setattr(Ranges, "are_free", look)
    subnet, rng, pool = ranges("10.0.0.0/16"), random.Random(1), choices("10.0.1.0..10.0.4.255")
    given = {subnet.choose(pool, rng) for _ in range(1024)}
    assert len(given) == len(looks) == 1024
    with pytest.raises(Exhausted):
        subnet.choose(pool, rng)
    subnet.put_back(("10.0.2.7",))
    assert subnet.room_of(pool) == 1
    assert subnet.choose(pool, rng) == ("10.0.2.7",)
    assert len(looks) == 1025


def test_why_none_can_be_had_is_told_again_and_again() -> None:
    subnet = ranges("10.0.0.0/24")
    for _ in range(3):
        with pytest.raises(IpamError, match=r"10\.9\.0\.1 is outside"):
            subnet.choose(choices("10.9.0.1"), random.Random(1))


def test_a_list_that_is_forgotten_is_looked_through_anew() -> None:
    subnet, rng = ranges("10.0.0.0/16"), random.Random(1)
    assert subnet.choose(choices("10.0.0.2..10.0.0.3"), rng) == ("10.0.0.2",)
    for number in range(MOST_LISTS):
        subnet.choose(choices(f"10.0.1.{number}"), rng)
    assert subnet.choose(choices("10.0.0.2..10.0.0.3"), rng) == ("10.0.0.3",)
