"""The question itself: any kind, any document."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controller.admission import Cause, review
from tests.unit.admission.conftest import World, ip, pod, subnet, vpc

TEXT = st.text(max_size=8) | st.sampled_from(
    ["10.16.0.0/16", "10.16.0.9", "fd00::1", "a,b", "10.16.0.1..10.16.0.9", ","]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70_000) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)


def test_a_kind_without_rules_passes(world: World) -> None:
    for operation in ("CREATE", "UPDATE", "DELETE"):
        assert (
            review(operation, "Namespace", {"metadata": {"name": "x"}}, {"metadata": {"name": "x"}}, world)
            == ()
        )


@given(
    spec=st.dictionaries(
        st.sampled_from(
            [
                "cidrBlock",
                "gateway",
                "excludeIps",
                "vpc",
                "namespaces",
                "mtu",
                "ipAddress",
                "macAddress",
                "subnet",
                "staticRoutes",
            ]
        ),
        ANYTHING,
    ),
    kind=st.sampled_from([subnet, vpc, ip, pod]),
    address=TEXT,
)
def test_no_document_makes_a_rule_fail(spec: dict[str, Any], kind: Any, address: str) -> None:
    world = World(subnet("ovn-default", "10.16.0.0/16"), ip("web.default", "10.16.0.9"))
    document = kind("x", address) if kind is not vpc else vpc("x")
    document["spec"] = document["spec"] | spec
    causes = world.created(document)
    assert all(type(cause) is Cause for cause in causes)
