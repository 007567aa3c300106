"""When a node announces a public address: as soon as it is in force and its pod is on the node, and then once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from controller.api.meta import ObjectMeta
from controller.api.nat import OvnFip, OvnFipSpec, OvnFipStatus
from controller.daemon.announcer import Announcer
from controller.daemon.config import NodeConfig
from controller.daemon.fips import Fips, Floating
from controller.kubernetes import Change


class Rules:
    """An API that has OvnFips."""

    def __init__(self, *changes: tuple[str, OvnFip]) -> None:
        self._changes = changes

    async def follow(self, _: Any) -> Any:
        for type_, rule in self._changes:
            yield Change(type_, rule, None, 0)  # type: ignore[arg-type]


class Switch:
    """A switch whose ports are set by the test."""

    def __init__(self) -> None:
        self.since: dict[str, int] = {}

    def subscribe_to_all(self, tell: Callable[[str], None]) -> None:
        self.tell = tell

    def installed_since(self, port: str) -> int | None:
        return self.since.get(port)


def a_rule(port: str = "a.default", name: str = "one", ready: bool = True, **spec: Any) -> OvnFip:
    return OvnFip(
        metadata=ObjectMeta(name=name),
        spec=OvnFipSpec(**{"ovn_eip": "eip", "ip_name": port, "type": "distributed", **spec}),
        status=OvnFipStatus(ready=ready, v4_eip="172.31.0.7", v4_ip="10.16.0.2"),
    )


async def told(fips: Fips, *changes: tuple[str, OvnFip]) -> list[str]:
    """The ports that subscribers hear of."""
    found: list[str] = []
    fips.subscribe(found.append)
    await fips.run(Rules(*changes))  # type: ignore[arg-type]
    return found


async def test_a_rule_that_moves_is_news_of_both_pods() -> None:
    fips = Fips()
    found = await told(fips, ("ADDED", a_rule()), ("MODIFIED", a_rule("b.default")))
    assert found[0] == "a.default"
    assert set(found[1:]) == {"a.default", "b.default"}
    assert not fips.of("a.default")
    assert list(fips.of("b.default")) == [Floating("one", "eip", "b.default", ("172.31.0.7",))]


async def test_one_that_says_the_same_again_is_no_news() -> None:
    assert await told(Fips(), ("ADDED", a_rule()), ("MODIFIED", a_rule())) == ["a.default"]


@pytest.mark.parametrize("rule", [a_rule(ready=False), a_rule(type="centralized")])
async def test_what_is_not_in_force_or_translated_elsewhere_is_nobodys(rule: OvnFip) -> None:
    assert await told(Fips(), ("ADDED", rule)) == []


async def test_one_that_is_gone_is_nobodys() -> None:
    fips = Fips()
    assert await told(fips, ("ADDED", a_rule()), ("DELETED", a_rule())) == ["a.default", "a.default"]
    assert not fips.of("a.default")


def due(announcer: Announcer, port: str = "a.default") -> Iterable[str]:
    return [floating.rule for floating in announcer._due(port)]


async def test_it_is_said_once_the_pods_port_is_here_and_not_again_until_the_pod_comes_anew() -> None:
    switch, fips = Switch(), Fips()
    announcer = Announcer(NodeConfig("node1", "unix:/none", 1), switch, fips)  # type: ignore[arg-type]
    await fips.run(Rules(("ADDED", a_rule())))  # type: ignore[arg-type]
    assert due(announcer) == []
    switch.since["a.default"] = 1
    assert due(announcer) == ["one"]
    assert due(announcer) == []
    del switch.since["a.default"]
    assert due(announcer) == []
    switch.since["a.default"] = 2
    assert due(announcer) == ["one"]


async def test_of_two_addresses_only_the_one_that_is_new_is_said() -> None:
    switch, fips = Switch(), Fips()
    announcer = Announcer(NodeConfig("node1", "unix:/none", 1), switch, fips)  # type: ignore[arg-type]
    switch.since["a.default"] = 1
    await fips.run(Rules(("ADDED", a_rule())))  # type: ignore[arg-type]
    assert due(announcer) == ["one"]
    await fips.run(Rules(("ADDED", a_rule(name="two", ovn_eip="other"))))  # type: ignore[arg-type]
    assert due(announcer) == ["two"]
