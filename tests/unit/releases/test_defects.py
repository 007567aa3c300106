from __future__ import annotations

import pytest

from testbed.releases.defects import DEFECTS, concerning, parse, reached


def identifiers(ovn: str, ovs: str = "3.1.0") -> set[str]:
    return {defect.identifier for defect in concerning(ovn, ovs)}


@pytest.mark.parametrize(
    ("version", "early"),
    [
        ("23.03.1", False),
        ("23.06.3", False),
        ("23.09.0", True),
        ("24.03.6", True),
        ("24.03.7", False),
        ("24.09.9", True),  # no fix was made on that series
        ("25.03.0", True),
        ("25.03.2", False),
        ("25.09.0", True),
        ("25.09.1", False),
        ("26.03.0", False),
        ("26.09.0", False),
    ],
)
def test_waiting_returns_early_from_23_09_until_the_mark_of_each_series(version: str, early: bool) -> None:
    assert ("wait-returns-early" in identifiers(version)) is early


@pytest.mark.parametrize(
    ("version", "loops"),
    [
        ("24.03.6", False),
        ("24.03.7", True),
        ("24.03.8", True),
        ("24.03.9", False),
        ("25.03.2", True),  # brought by the fix, and never mended there
        ("25.09.3", True),
        ("25.09.4", False),
        ("26.03.1", True),
        ("26.03.2", False),
    ],
)
def test_the_loop_of_nb_cfg_came_with_the_fix_of_waiting(version: str, loops: bool) -> None:
    assert ("nb-cfg-recompute-loop" in identifiers(version)) is loops


def test_what_debian_12_brings_is_told_to_recompute() -> None:
    assert identifiers("23.03.1") == {
        "northd-recomputes",
        "nb-cfg-recomputes-23.03",
        "affinity-drops-first",
        "stale-port-security",
    }


def test_the_stopwatches_of_26_03_are_told_and_off_later() -> None:
    assert "stopwatches-cost-time" in identifiers("26.03.1")
    assert "stopwatches-cost-time" not in identifiers("26.03.3")
    assert "stopwatches-cost-time" not in identifiers("25.09.9")


def test_a_mark_counts_for_its_own_series_and_for_all_later_ones() -> None:
    marks = ((24, 3, 7), (25, 9, 1))
    assert reached((24, 3, 7), marks)
    assert not reached((24, 3, 6), marks)
    assert not reached((24, 9, 9), marks)
    assert reached((25, 9, 1), marks)
    assert reached((27, 1, 0), marks)
    assert not reached((27, 1, 0), ())


@pytest.mark.parametrize(("text", "version"), [("23.03.1", (23, 3, 1)), ("26.03.1-2~deb", (26, 3, 1))])
def test_a_version_is_three_numbers(text: str, version: tuple[int, int, int]) -> None:
    assert parse(text) == version


@pytest.mark.parametrize("text", ["", "24.03", "main"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        parse(text)


def test_each_defect_has_one_name_and_a_source() -> None:
    assert len({defect.identifier for defect in DEFECTS}) == len(DEFECTS)
    assert all(defect.source and defect.advice and defect.effect for defect in DEFECTS)
