"""What a virtual address may not be."""

from typing import Any

import pytest

from tests.unit.admission.conftest import Document, World, ip, subnet


def a_vip(name: str = "v", **spec: Any) -> Document:
    return {
        "apiVersion": "kubeovn.io/v1",
        "kind": "Vip",
        "metadata": {"name": name},
        "spec": {"subnet": "blue"} | spec,
    }


def a_rule(kind: str, **spec: Any) -> Document:
    return {"apiVersion": "kubeovn.io/v1", "kind": kind, "metadata": {"name": "r"}, "spec": spec}


def fields(world: World, document: Document) -> list[str]:
    return [cause.field for cause in world.created(document)]


WORLD = World(subnet("blue"), ip("a.default", "10.66.0.5", "blue"), a_vip("other", v4ip="10.66.0.6"))


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"v4ip": "10.66.0.7", "macAddress": "00:00:00:aa:bb:cc"},
        {"namespace": "default", "selector": ["app: web", "tier:front"]},
        {"type": "switch_lb_vip"},
    ],
)
def test_what_can_be_is_taken(spec: dict[str, Any]) -> None:
    assert fields(WORLD, a_vip(**spec)) == []


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"subnet": ""}, "spec.subnet"),
        ({"v4ip": "10.66.0"}, "spec.v4ip"),
        ({"v4ip": "fd00::1"}, "spec.v4ip"),
        ({"v4ip": "10.67.0.7"}, "spec.v4ip"),
        ({"v4ip": "10.66.0.1"}, "spec.v4ip"),
        ({"v4ip": "10.66.0.5"}, "spec.v4ip"),
        ({"v4ip": "10.66.0.6"}, "spec.v4ip"),
        ({"macAddress": "01:00:00:aa:bb:cc"}, "spec.macAddress"),
        ({"type": "other"}, "spec.type"),
        ({"namespace": "No"}, "spec.namespace"),
        ({"selector": ["app: web", "web"]}, "spec.selector[1]"),
    ],
)
def test_what_cannot_be_is_refused_with_the_field(spec: dict[str, Any], field: str) -> None:
    assert fields(WORLD, a_vip(**spec)) == [field]


def test_an_address_stays_what_it_is_but_not_who_may_use_it() -> None:
    world = World(subnet("blue"), a_vip(namespace="a"))
    changed = world.updated(a_vip(v4ip="10.66.0.7", subnet="red", macAddress="00:00:00:aa:bb:cc"))
    assert [cause.field for cause in changed] == ["spec.subnet", "spec.v4ip", "spec.macAddress"]
    assert world.updated(a_vip(namespace="b", selector=["a:b"])) == ()


@pytest.mark.parametrize("kind", ["OvnFip", "OvnDnatRule"])
def test_it_stays_as_long_as_a_rule_leads_to_it(kind: str) -> None:
    used = World(a_vip(), a_rule(kind, ovnEip="e", ipType="vip", ipName="v"))
    (cause,) = used.deleted("Vip", "v")
    assert f"{kind} r" in cause.message
    assert World(a_vip(), a_rule(kind, ovnEip="e", ipName="v")).deleted("Vip", "v") == ()
