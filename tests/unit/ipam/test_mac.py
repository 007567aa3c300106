"""MAC addresses are given out once and are of the sort that interfaces may have."""

import random

import pytest

from controller.ipam import InvalidAddress, MacRegistry, random_mac


class Repeating(random.Random):
    """Draws each MAC address twice."""

    def __init__(self) -> None:
        super().__init__(1)
        self.calls = 0

    def randbytes(self, n: int) -> bytes:
        self.calls += 1
        return (self.calls // 2).to_bytes(n, "big")


def test_a_random_mac_is_unicast_and_locally_administered() -> None:
    rng = random.Random(1)
    for _ in range(200):
        first = int(random_mac(rng)[:2], 16)
        assert first & 0b11 == 0b10


def test_no_two_owners_get_the_same() -> None:
    macs = MacRegistry()
    rng = Repeating()
    given_out = [macs.allocate(rng, f"pod{n}") for n in range(50)]
    assert len(set(given_out)) == len(macs) == 50
    assert rng.calls > 50


def test_a_taken_mac_is_refused_to_others_whatever_its_case() -> None:
    macs = MacRegistry()
    assert macs.take("0A:00:00:00:00:01", "a")
    assert macs.take("0a:00:00:00:00:01", "a")
    assert not macs.take("0a:00:00:00:00:01", "b")
    assert macs.owner("0A:00:00:00:00:01") == "a"
    assert macs.release("0a:00:00:00:00:01")
    assert not macs.release("0a:00:00:00:00:01")
    assert macs.take("0a:00:00:00:00:01", "b")


@pytest.mark.parametrize(
    "mac",
    [0x525400123456, "", "0a:00:00:00:00", "0a-00-00-00-00-01", "01:00:5e:00:00:01", "0" * 2 + ":00" * 5],
)
def test_what_no_interface_may_have_is_refused(mac: str) -> None:
    with pytest.raises(InvalidAddress):
        MacRegistry().take(mac, "a")
