"""What the rules cost the API server for each pod, in a cluster of ten objects and of ten thousand.

Only the ratio is judged; of each size the best round counts.
"""

import time
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from controller.admission import review
from tests.unit.admission.conftest import World, ip, pod, subnet

pytestmark = pytest.mark.bench

ROUNDS = 5
EACH = 200


class Indexed(World):
    """A world whose indexes are kept, as an API server keeps them."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        super().__init__(*documents)
        self._indexes: dict[tuple[str, str], Any] = {}

    def index(self, kind: str, path: str) -> Any:
        if (kind, path) not in self._indexes:
            self._indexes[kind, path] = super().index(kind, path)
        return self._indexes[kind, path]


def address(number: int) -> str:
    return f"10.16.{number >> 8}.{number & 255}"


def mac(number: int) -> str:
    return f"0a:00:00:00:{number >> 8:02x}:{number & 255:02x}"


def cluster(pods: int) -> Indexed:
    """Fifty subnets, and so many pods with their records in the default one."""
    numbers = range(256, 256 + pods)
    return Indexed(
        subnet("ovn-default", "10.16.0.0/16"),
        *(subnet(f"s{n}", f"10.{100 + n}.0.0/16", namespaces=[f"ns{n}"]) for n in range(50)),
        *(ip(f"p{n}.default", address(n), mac=mac(n)) for n in numbers),
        *(pod(f"p{n}", address(n), mac(n), "ovn-default") for n in numbers),
    )


def life(world: Indexed) -> dict[str, float]:
    """Microseconds for each step of a pod's life: created plain or fixed, recorded, told its address, its status."""
    free = 60_000
    plain, told = pod("new"), pod("new", address(free), mac(free), "ovn-default")
    steps: dict[str, tuple[str, str, dict[str, Any], dict[str, Any] | None]] = {
        "created_plain_us": ("CREATE", "Pod", plain, None),
        "created_fixed_us": ("CREATE", "Pod", pod("new", address(free)), None),
        "recorded_us": ("CREATE", "IP", ip("new.default", address(free), mac=mac(free)), None),
        "told_us": ("UPDATE", "Pod", told, plain),
        "status_us": ("UPDATE", "Pod", told | {"status": {"phase": "Running"}}, told),
    }
    took = {}
    for step, arguments in steps.items():
        assert review(*arguments, world) == ()
        started = time.perf_counter_ns()
        for _ in range(EACH):
            review(*arguments, world)
        took[step] = (time.perf_counter_ns() - started) / EACH / 1e3
    return took


def test_the_ten_thousandth_pod_is_no_dearer_than_the_tenth(benchmark: BenchmarkFixture) -> None:
    """Every step of a pod's life among 10 and among 10,000 others."""

    def measure() -> dict[str, Any]:
        few, many = cluster(10), cluster(10_000)
        rounds = [(life(few), life(many)) for _ in range(ROUNDS)]
        steps = rounds[0][0]
        best = {step: tuple(min(pair[size][step] for pair in rounds) for size in (0, 1)) for step in steps}
        figures: dict[str, Any] = {step: round(best[step][1], 1) for step in steps}
        total = [sum(pair[size] for pair in best.values()) for size in (0, 1)]
        return figures | {"a_life_us": round(total[1], 1), "many_over_few": round(total[1] / total[0], 2)}

    figures = benchmark.pedantic(measure, rounds=1)
    benchmark.extra_info |= figures
    print(figures)
    assert figures["many_over_few"] < 1.5
