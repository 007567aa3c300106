"""The annotation ip_pool, as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.addresses import Address, InvalidAddress
from controller.api.choices import Choices, parse


def choices(text: str) -> Choices:
    found = parse(text)
    assert isinstance(found, Choices)
    return found


@pytest.mark.parametrize(
    ("text", "alternatives"),
    [
        ("10.16.0.15", [("10.16.0.15",)]),
        ("10.16.0.17,10.16.0.15", [("10.16.0.17",), ("10.16.0.15",)]),
        ("10.16.0.15;10.16.0.16", [("10.16.0.15",), ("10.16.0.16",)]),
        (" 10.16.0.15 , 10.16.0.16 ", [("10.16.0.15",), ("10.16.0.16",)]),
        ("10.16.0.15..10.16.0.17", [("10.16.0.15",), ("10.16.0.16",), ("10.16.0.17",)]),
        ("10.16.0.9,10.16.0.15..10.16.0.16", [("10.16.0.9",), ("10.16.0.15",), ("10.16.0.16",)]),
        ("fd00::a..fd00::b", [("fd00::a",), ("fd00::b",)]),
        ("10.16.0.15,fd00::15", [("10.16.0.15", "fd00::15")]),
        ("fd00::15,10.16.0.15", [("10.16.0.15", "fd00::15")]),
        (
            "10.16.0.15,fd00:10:16::15;10.16.0.16,fd00:10:16::16",
            [("10.16.0.15", "fd00:10:16::15"), ("10.16.0.16", "fd00:10:16::16")],
        ),
        ("10.0.0.1..10.0.0.2,fd00::1..fd00::2", [("10.0.0.1", "fd00::1"), ("10.0.0.2", "fd00::2")]),
    ],
)
def test_alternatives_stand_in_the_order_in_which_they_were_written(
    text: str, alternatives: list[tuple[str, ...]]
) -> None:
    assert list(choices(text)) == alternatives
    assert len(choices(text)) == len(alternatives)


@pytest.mark.parametrize(
    ("text", "names"), [("pool-1", ("pool-1",)), ("front,back", ("front", "back")), ("a.b", ("a.b",))]
)
def test_what_has_no_address_in_it_names_ippools(text: str, names: tuple[str, ...]) -> None:
    assert parse(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "10.16.0.999",
        "10.16.0",
        "10.16.0.1,",
        "10.16.0.1;;10.16.0.2",
        "pool-1,10.16.0.1",
        "10.16.0.2..10.16.0.1",
        "10.16.0.1..fd00::1",
        "10.16.0.1,10.16.0.2;10.16.0.3,10.16.0.4",
        "10.16.0.1..10.16.0.9,fd00::1..fd00::2",
        "10.16.0.1..10.16.0.9,10.16.0.5",
        "10.16.0.0/24",
        "",
    ],
)
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        parse(text)


def test_a_range_of_any_size_costs_nothing_until_it_is_counted_through() -> None:
    huge = choices("fd00::..fd00::ffff:ffff:ffff")
    assert len(huge) == 1 << 48
    assert huge[(1 << 48) - 1] == ("fd00::ffff:ffff:ffff",)
    assert huge.offers(("fd00::1:2:3",))
    assert not huge.offers(("fd00:1::",))


def test_a_pair_is_offered_as_a_pair() -> None:
    pairs = choices("10.0.0.1..10.0.0.9,fd00::1..fd00::9")
    assert pairs.offers(("10.0.0.3", "fd00::3"))
    assert not pairs.offers(("10.0.0.3", "fd00::4"))
    assert not pairs.offers(("10.0.0.3",))


def test_a_single_family_is_offered_whatever_the_other_one_is() -> None:
    assert choices("10.0.0.1,10.0.0.2").offers(("10.0.0.2", "fd00::77"))


@given(st.text(max_size=40))
def test_hostile_text_is_refused_or_read_and_never_more(text: str) -> None:
    try:
        found = parse(text)
    except InvalidAddress:
        return
    assert isinstance(found, Choices) or all(isinstance(name, str) for name in found)


@given(st.lists(st.integers(1, 2**32 - 2), min_size=1, max_size=8, unique=True))
def test_every_alternative_is_offered(values: list[int]) -> None:
    texts = [str(Address(4, value)) for value in values]
    found = choices(",".join(texts))
    assert [one for (one,) in found] == texts
    assert all(found.offers((text,)) for text in texts)
    assert [found.index_of(text) for text in texts] == list(range(len(texts)))


def test_an_alternative_is_found_by_each_of_its_addresses() -> None:
    pairs = choices("10.0.0.1..10.0.0.9,fd00::1..fd00::9;10.0.1.1")
    assert (pairs.index_of("10.0.0.3"), pairs.index_of("fd00::3"), pairs.index_of("10.0.1.1")) == (2, 2, 9)
    assert pairs.index_of("10.0.0.10") is None
