from pathlib import Path

import pytest

from testbed.experiment import memory
from testbed.experiment.errors import Unfit
from testbed.experiment.memory import GIB, Demand
from testbed.experiment.preflight import require_memory


def test_memory_grows_with_nodes_times_pods() -> None:
    small, wide, full = Demand(3, 1_000).bytes, Demand(10, 1_000).bytes, Demand(10, 10_000).bytes
    assert small < wide < full
    assert full - wide > 9_000 * 10 * memory.POD_ON_NODE


def test_the_estimate_covers_what_ten_thousand_pods_on_ten_nodes_were_seen_to_use() -> None:
    assert 6.3 * GIB < Demand(10, 10_000).bytes < 12 * GIB


def test_the_most_pods_that_fit_do_fit_and_one_more_does_not() -> None:
    room = 8 * GIB
    pods = memory.most_pods(10, room)
    assert Demand(10, pods).bytes <= room < Demand(10, pods + 1).bytes


def test_a_cluster_too_large_is_refused_with_a_size_that_would_fit() -> None:
    pods = memory.most_pods(10, 4 * GIB)
    with pytest.raises(Unfit, match=rf"100000 pods on 10 nodes need about .* --set pods={pods} would fit"):
        require_memory(Demand(10, 100_000), room=4 * GIB)
    require_memory(Demand(10, pods), room=4 * GIB)


def test_where_not_even_the_nodes_fit_fewer_nodes_are_the_remedy() -> None:
    with pytest.raises(Unfit, match="ask for fewer nodes"):
        require_memory(Demand(100, 1), room=2 * GIB)


def test_available_memory_is_the_kernels_estimate_less_a_reserve(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 9000000 kB\nMemAvailable:  4194304 kB\n")
    assert memory.available(meminfo) == 4 * GIB - memory.RESERVE
