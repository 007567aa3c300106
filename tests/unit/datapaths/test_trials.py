"""A feature is found by using it; these trials need no privilege."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from testbed.datapaths.features import Trial, probe


@pytest.fixture(autouse=True)
def _namespaces_allowed() -> None:
    if probe((Trial("anything", ("true",), "", ""),))["anything"].found is None:
        pytest.skip("this machine lets us make no namespace")


def test_a_trial_that_succeeds_finds_the_feature() -> None:
    assert probe((Trial("loopback", ("ip", "link", "show", "lo"), "all", "none"),))["loopback"].found is True


ODD = Trial("odd", ("ip", "-batch", "-"), "nothing", "another kernel", "link add probe0 type no-such-type")


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")


@pytest.mark.usefixtures("as_root")
def test_a_refusal_is_kept_in_its_own_words_with_the_remedy() -> None:
    odd = probe((ODD,))["odd"]
    assert odd.found is False
    assert "Unknown device type" in odd.said
    assert odd.remedy == "another kernel"


@pytest.mark.usefixtures("as_root")
def test_a_missing_tool_is_told_as_such() -> None:
    absent = probe((Trial("absent", ("no-such-program-here",), "", ""),))["absent"]
    assert absent.found is False
    assert "no-such-program-here" in absent.said


def test_a_refusal_without_privilege_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 65534)
    odd = probe((ODD,))["odd"]
    assert odd.found is None
    assert "tried without privilege" in odd.said
    assert odd.remedy == "look as root"


def test_what_a_trial_makes_is_gone_with_it() -> None:
    probe((Trial("veth", ("ip", "-batch", "-"), "", "", "link add probe0 type veth peer name probe1"),))
    assert not list(Path("/sys/class/net").glob("probe*"))
