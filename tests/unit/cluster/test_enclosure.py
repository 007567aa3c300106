"""What an enclosure refuses; what it does needs root and is in tests/system/test_enclosure.py."""

from __future__ import annotations

import threading

import pytest

from testbed.cluster import NotPrivileged, enclosure


def test_without_root_it_says_what_is_needed_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(NotPrivileged, match="sudo") as refusal:
        enclosure.run(lambda: 0)
    assert "\n" not in str(refusal.value)


def test_it_is_entered_from_the_main_thread_only() -> None:
    caught: list[Exception] = []

    def attempt() -> None:
        try:
            enclosure.run(lambda: 0)
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert len(caught) == 1
