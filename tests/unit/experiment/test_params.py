import re
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from testbed.experiment.errors import Unfit
from testbed.experiment.params import ScenarioParams, override, parameters


class Params(ScenarioParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pods: Annotated[int, Meta(ge=1, le=100, description="how many pods")] = 10
    share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    noisy: bool = False
    kind: Literal["live", "stub"] = "stub"
    ladder: tuple[Annotated[int, Meta(ge=1)], ...] = ()


def test_a_setting_replaces_one_param_and_leaves_the_rest() -> None:
    assert override(Params(nodes=5), ["pods=7"]) == Params(nodes=5, pods=7)


def test_the_last_of_several_settings_of_a_param_holds() -> None:
    assert override(Params(), ["pods=7", "pods=8"]).pods == 8


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("share=0.25", "share", 0.25),
        ("noisy=true", "noisy", True),
        ("kind=live", "kind", "live"),
        ("ladder=1, 20,300", "ladder", (1, 20, 300)),
        ("ladder=", "ladder", ()),
        ("pods=1", "pods", 1),
        ("pods=100", "pods", 100),
    ],
)
def test_text_becomes_the_type_that_the_param_declares(setting: str, name: str, value: object) -> None:
    assert getattr(override(Params(), [setting]), name) == value


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("pods", "found no '='"),
        ("Pods=3", "unknown parameter 'Pods'; allowed: nodes, pods, share, noisy, kind, ladder"),
        ("pods=x", "found 'x', allowed: an integer of at least 1 and of at most 100"),
        ("pods=0", "found '0', allowed: an integer of at least 1"),
        ("pods=101", "found '101', allowed: an integer of at least 1"),
        ("share=1", "found '1', allowed: a number above 0 and below 1"),
        ("noisy=perhaps", "allowed: true or false"),
        ("kind=real", "allowed: live or stub"),
        ("ladder=1,0", "allowed: a list joined by commas, each an integer of at least 1"),
        ("nodes=", "found '', allowed: an integer"),
    ],
)
def test_a_bad_setting_is_told_with_what_was_found_and_what_is_allowed(setting: str, told: str) -> None:
    with pytest.raises(Unfit, match=re.escape(told)):
        override(Params(), [setting])


def test_every_param_is_described_to_people() -> None:
    by_name = {entry.name: entry for entry in parameters(Params)}
    assert by_name["pods"].description == "how many pods"
    assert by_name["pods"].default == 10
    assert list(by_name) == ["nodes", "pods", "share", "noisy", "kind", "ladder"]
