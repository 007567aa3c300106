"""One value or many by key."""

from controller.northbound.multimap import Multimap


def test_values_are_in_the_order_in_which_they_came_and_each_once() -> None:
    found = Multimap[str, int]()
    for value in (3, 1, 3, 2, 1):
        found.add("a", value)
    assert (list(found.of("a")), found.first("a")) == ([3, 1, 2], 3)
    assert list(found.of("b")) == []
    assert found.first("b") is None


def test_a_value_goes_and_the_others_stay() -> None:
    found = Multimap[str, int]()
    for value in (1, 2, 3):
        found.add("a", value)
    found.discard("a", 1)
    assert list(found.of("a")) == [2, 3]
    found.discard("a", 3)
    found.discard("a", 3)
    assert list(found.of("a")) == [2]
    found.add("a", 4)
    assert list(found.of("a")) == [2, 4]


def test_a_key_without_values_is_none() -> None:
    found = Multimap[str, int]()
    for key, value in (("a", 1), ("b", 1), ("b", 2)):
        found.add(key, value)
    assert list(found) == ["a", "b"]
    for key, value in (("a", 2), ("a", 1), ("b", 2), ("b", 1), ("c", 1)):
        found.discard(key, value)
    assert list(found) == []
    assert "a" not in found


def test_all_can_be_forgotten() -> None:
    found = Multimap[str, int]()
    for key, value in (("a", 1), ("b", 1), ("b", 2)):
        found.add(key, value)
    found.clear()
    assert list(found) == []
