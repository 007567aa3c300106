"""Which BFD sessions are not yet at their pace, as ovs-vswitchd shows them."""

from testbed.experiment.bfd import out_of_step, sessions

SESSION = """---- {name} ----
  Forwarding: true
  TX Interval: Approx {tx}ms
  RX Interval: Approx {rx}ms
  Detect Time: now +117ms

  Local Session State: {state}
  Local Minimum TX Interval: 50ms
"""


def shown(*sessions: tuple[str, int, int, str]) -> str:
    return "".join(SESSION.format(name=name, tx=tx, rx=rx, state=state) for name, tx, rx, state in sessions)


def test_a_session_that_is_up_and_quick_is_in_step() -> None:
    assert list(out_of_step(shown(("ovn-node1-0", 50, 50, "up")), 50)) == []


def test_a_slow_one_and_one_that_is_down_are_named() -> None:
    said = shown(("a", 1000, 50, "up"), ("b", 50, 1000, "up"), ("c", 50, 50, "down"), ("d", 50, 50, "up"))
    assert list(out_of_step(said, 50)) == ["a", "b", "c"]


def test_no_session_is_none_that_is_late() -> None:
    assert list(out_of_step("", 50)) == []
    assert sessions("") == {}
