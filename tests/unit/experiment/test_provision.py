import ipaddress
import itertools
from collections import Counter

import pytest

from testbed.experiment.provision import spread, tenants


def test_tenants_have_subnets_that_do_not_overlap() -> None:
    networks = sorted(ipaddress.ip_network(entry.cidr) for entry in tenants(200))
    assert all(not one.overlaps(other) for one, other in itertools.pairwise(networks))
    assert len({entry.name for entry in tenants(200)}) == 200


def test_more_tenants_than_the_range_has_room_for_are_refused() -> None:
    assert len(tenants(8192)) == 8192
    with pytest.raises(ValueError, match="found 8193, allowed at most 8192"):
        tenants(8193)


@pytest.mark.parametrize("number", [5, 3, 6])
def test_pods_fill_tenants_and_nodes_evenly_and_each_tenant_is_on_every_node(number: int) -> None:
    nodes = ("node1", "node2", "node3")
    pods = list(spread(tenants(number), nodes, 0, number * 30))
    assert set(Counter(pod.namespace for pod in pods).values()) == {30}
    assert set(Counter(pod.spec.node_name for pod in pods).values()) == {number * 10}
    assert set(Counter((pod.namespace, pod.spec.node_name) for pod in pods).values()) == {10}


def test_a_second_rung_continues_where_the_first_ended() -> None:
    nodes = ("node1", "node2")
    whole = [pod.path for pod in spread(tenants(3), nodes, 0, 20)]
    parts = [pod.path for first, last in ((0, 7), (7, 20)) for pod in spread(tenants(3), nodes, first, last)]
    assert parts == whole
    assert len(set(whole)) == 20
