"""How soon a container that ends is started again."""

from __future__ import annotations

from testbed.kubelet.restarting import CrashLoop


def test_the_first_restart_is_at_once_and_each_further_one_waits_twice_as_long_up_to_five_minutes() -> None:
    loop = CrashLoop()
    assert [loop.after(1.0) for _ in range(9)] == [0, 10, 20, 40, 80, 160, 300, 300, 300]


def test_ten_good_minutes_are_a_new_start_and_nothing_shorter_is() -> None:
    loop = CrashLoop()
    waits = [loop.after(lived_s) for lived_s in (1.0, 1.0, 599.0, 600.0, 1.0)]
    assert waits == [0, 10, 20, 0, 10]


def test_each_container_waits_on_its_own() -> None:
    first, second = CrashLoop(), CrashLoop()
    first.after(1.0)
    assert (first.after(1.0), second.after(1.0)) == (10, 0)
