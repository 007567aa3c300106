"""A pool gives out every address once, to anybody alike, and none that is not its own."""

import ipaddress
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from controller.api.addresses import parse_range
from controller.ipam import Exhausted, InvalidAddress, IpamError, OutOfSubnet, Pool


def hosts(cidr: str, *excluded: str) -> set[str]:
    """What the standard library makes of the same words."""
    kept = {str(host) for host in ipaddress.ip_network(cidr).hosts()}
    for text in excluded:
        first, _, last = text.partition("..")
        start, end = ipaddress.ip_address(first), ipaddress.ip_address(last or first)
        kept -= {str(type(start)(value)) for value in range(int(start), int(end) + 1)}
    return kept


def everything(pool: Pool, rng: random.Random) -> list[str]:
    given_out = []
    while pool.available:
        given_out.append(pool.allocate(rng))
    return given_out


EXCLUSIONS = st.lists(
    st.tuples(st.integers(0, 255), st.integers(0, 20)).map(
        lambda pair: f"10.16.0.{pair[0]}..10.16.0.{min(255, sum(pair))}" if pair[1] else f"10.16.0.{pair[0]}"
    ),
    max_size=6,
)


@given(EXCLUSIONS, st.randoms())
def test_every_address_but_the_excluded_is_given_out_exactly_once(
    excluded: list[str], rng: random.Random
) -> None:
    pool = Pool("10.16.0.0/24", excluded)
    given_out = everything(pool, rng)
    assert len(given_out) == len(set(given_out)) == pool.used
    assert set(given_out) == hosts("10.16.0.0/24", *excluded)
    with pytest.raises(Exhausted, match=r"no free address is left in 10\.16\.0\.0/24"):
        pool.allocate(rng)


@pytest.mark.parametrize(
    "cidr", ["10.0.0.0/30", "10.0.0.0/31", "10.0.0.1/32", "fd00::/120", "fd00::/127", "fd00::1/128"]
)
def test_small_networks_are_used_up_to_the_last_host(cidr: str) -> None:
    given_out = set(everything(Pool(cidr), random.Random(1)))
    expected = hosts(cidr) if not cidr.endswith("/120") else {f"fd00::{n:x}" for n in range(1, 256)}
    assert given_out == expected


class Accounts(RuleBasedStateMachine):
    """Whatever is done in whatever order, the pool agrees with a plain set."""

    @initialize(
        cidr=st.sampled_from(["10.16.0.0/28", "fd00::/124", "fd00::/64", "10.0.0.0/8"]), seed=st.integers()
    )
    def make(self, cidr: str, seed: int) -> None:
        first = str(ipaddress.ip_network(cidr).network_address + 1)
        self.pool = Pool(cidr, [first])
        self.size = self.pool.available
        self.excluded = first
        self.rng = random.Random(seed)
        self.taken: set[str] = set()

    def some(self, number: int) -> str:
        return str(ipaddress.ip_address(self.excluded) + number)

    @rule()
    def allocate(self) -> None:
        if not self.pool.available:
            return
        address = self.pool.allocate(self.rng)
        assert address not in self.taken
        assert address != self.excluded
        self.taken.add(address)

    @rule(number=st.integers(0, 12))
    def take(self, number: int) -> None:
        address = self.some(number)
        assert self.pool.take(address) == (address not in self.taken)
        self.taken.add(address)

    @rule(number=st.integers(0, 12))
    def release(self, number: int) -> None:
        address = self.some(number)
        assert self.pool.release(address) == (address in self.taken)
        self.taken.discard(address)

    @rule(data=st.data())
    def release_one_that_was_given_out(self, data: st.DataObject) -> None:
        if self.taken:
            address = data.draw(st.sampled_from(sorted(self.taken)))
            assert self.pool.release(address)
            self.taken.remove(address)

    @invariant()
    def counts_agree(self) -> None:
        if hasattr(self, "pool"):
            assert self.pool.used == len(self.taken)
            assert self.pool.available == self.size - len(self.taken - {self.excluded})


TestAccounts = Accounts.TestCase


@pytest.mark.parametrize("cidr", ["10.16.0.0/27", "fd00::/123", "10.0.0.0/8"])
def test_no_address_is_preferred(cidr: str) -> None:
    """Chi-squared over 32 classes stays below 61.1 with a probability of 0.999 (31 degrees of freedom)."""
    rng = random.Random(7)
    seen: Counter[int] = Counter()
    pool = Pool(cidr)
    for _ in range(6_000):
        address = pool.allocate(rng)
        seen[int(ipaddress.ip_address(address)) % 32] += 1
        pool.release(address)
    expected = {number: 1 for number in range(32)}
    if pool.available < 1_000:
        expected = Counter(int(ipaddress.ip_address(host)) % 32 for host in everything(pool, rng))
    unit = 6_000 / sum(expected.values())
    assert sum((seen[n] - unit * k) ** 2 / (unit * k) for n, k in expected.items()) < 61.1


def test_a_released_address_can_be_had_again() -> None:
    pool = Pool("10.16.0.0/30")
    assert pool.take("10.16.0.1")
    assert pool.take("10.16.0.2")
    assert not pool.take("10.16.0.2")
    assert pool.release("10.16.0.2")
    assert not pool.release("10.16.0.2")
    assert pool.allocate(random.Random()) == "10.16.0.2"


def test_an_excluded_address_may_be_asked_for_by_name() -> None:
    pool = Pool("10.16.0.0/24", ["10.16.0.10..10.16.0.20"])
    free = pool.available
    assert pool.take("10.16.0.15")
    assert not pool.take("10.16.0.15")
    assert (pool.available, pool.used) == (free, 1)
    assert pool.release("10.16.0.15")
    assert (pool.available, pool.used) == (free, 0)


def test_a_network_too_large_to_list_is_no_burden() -> None:
    pool = Pool("fd00::/64", ["fd00::1", "fd00::8000:0:0..fd00::ffff:0:0"])
    rng = random.Random(3)
    given_out = {pool.allocate(rng) for _ in range(1_000)}
    assert len(given_out) == 1_000
    assert pool.version == 6
    assert pool.available + pool.used == 2**64 - 2 - (0x7FFF_0000_0000 + 1)


@pytest.mark.parametrize("address", ["10.17.0.1", "10.16.0.0", "10.16.255.255", "fd00::1"])
def test_an_address_that_is_no_host_of_the_network_is_refused(address: str) -> None:
    pool = Pool("10.16.0.0/16")
    for use in (pool.take, pool.release):
        with pytest.raises(OutOfSubnet, match=rf"{address} is outside .* the hosts of 10\.16\.0\.0/16"):
            use(address)
    assert pool.contains(address) == address.startswith("10.16.")


@pytest.mark.parametrize(
    "address", [7, None, "", "10.1", "10.16.0.1/16", "10.16.0.01", " 10.16.0.1", "10.16.0.1\0", "::g"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    pool = Pool("10.16.0.0/16")
    for use in (pool.take, pool.release, pool.contains):
        with pytest.raises(InvalidAddress, match="allowed: an IPv4 or IPv6 address"):
            use(address)


@pytest.mark.parametrize(
    "cidr",
    [
        7,
        "",
        "10.16.0.0",
        "10.16.0.0/33",
        "10.16.0.5/16",
        "10.16.0.0/016",
        "fd00::1/64",
        "FD00::/64",
        "10.16.0.0/-1",
    ],
)
def test_what_is_no_network_is_refused(cidr: str) -> None:
    with pytest.raises(InvalidAddress):
        Pool(cidr)


@pytest.mark.parametrize(
    "excluded",
    [
        "10.17.0.1",
        "10.16.0.5..10.16.0.1",
        "10.16.0.1..",
        "10.16.0.1..fd00::1",
        "10.16.0.1-10.16.0.5",
        "fd00::1",
        5,
    ],
)
def test_an_exclusion_that_makes_no_sense_is_refused(excluded: str) -> None:
    with pytest.raises(IpamError):
        Pool("10.16.0.0/16", [excluded])


def test_a_part_of_a_network_is_a_pool_of_its_own() -> None:
    part = Pool("10.0.0.0/24", ["10.0.0.6"], [parse_range("10.0.0.4..10.0.0.7"), parse_range("10.1.0.0")])
    rng = random.Random(1)
    assert {part.allocate(rng) for _ in range(3)} == {"10.0.0.4", "10.0.0.5", "10.0.0.7"}
    assert (part.size, part.available, part.used) == (3, 0, 3)
    assert part.offers("10.0.0.4")
    assert not part.offers("10.0.0.6")
    assert not part.offers("10.0.0.8")


def test_a_part_of_which_nothing_is_in_the_network_is_empty() -> None:
    assert Pool("10.0.0.0/24", only=[parse_range("10.1.0.1..10.1.0.9")]).size == 0


def test_free_and_taken_addresses_are_told_as_ranges() -> None:
    pool = Pool("10.0.0.0/28", ["10.0.0.1", "10.0.0.8"])
    assert pool.ranges() == ("10.0.0.2-10.0.0.7,10.0.0.9-10.0.0.14", "")
    for address in ("10.0.0.2", "10.0.0.4", "10.0.0.5", "10.0.0.7", "10.0.0.9", "10.0.0.14"):
        pool.take(address)
    free = "10.0.0.3,10.0.0.6,10.0.0.10-10.0.0.13"
    assert pool.ranges() == (free, "10.0.0.2,10.0.0.4-10.0.0.5,10.0.0.7,10.0.0.9,10.0.0.14")


@given(st.sets(st.integers(1, 254)), st.sets(st.integers(1, 254)))
def test_the_ranges_are_true_whatever_is_excluded_and_taken(excluded: set[int], taken: set[int]) -> None:
    pool = Pool("10.0.0.0/24", [f"10.0.0.{number}" for number in excluded])
    for number in taken:
        pool.take(f"10.0.0.{number}")
    told = []
    for text in pool.ranges():
        ranges = [part.split("-") for part in text.split(",") if part]
        ends = [[int(address.rpartition(".")[2]) for address in part] for part in ranges]
        told.append({number for part in ends for number in range(part[0], part[-1] + 1)})
    everyone = set(range(1, 255)) - excluded
    assert told == [everyone - taken, everyone & taken]
