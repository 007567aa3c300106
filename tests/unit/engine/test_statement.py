"""The diff towards the API: what an object already says is not said again."""

import msgspec
import pytest

from controller.api.kubeovn import SubnetStatus
from controller.api.meta import Condition
from controller.engine.fragment import Fragment
from controller.engine.keeping import Stated
from controller.engine.statement import differ, merged

NOW = "2026-01-02T00:00:00Z"
THEN = "2026-01-01T00:00:00Z"


def saying(annotations: dict[str, str] | None = None, **status: object) -> Stated:
    return Stated("uid", annotations or {}, status)


def test_an_annotation_that_is_there_is_not_patched() -> None:
    assert not differ(Fragment(annotations={"a": "1"}), saying({"a": "1", "other": "2"}), NOW)


def test_an_annotation_that_differs_is_patched_alone() -> None:
    patch = differ(Fragment(annotations={"a": "1", "b": "2"}), saying({"a": "1", "b": "3"}), NOW)
    assert patch.annotations == {"b": "2"}


def test_an_annotation_that_ought_to_be_absent_is_removed_only_where_it_is() -> None:
    assert differ(Fragment(annotations={"a": None}), saying({"a": "1"}), NOW).annotations == {"a": None}
    assert not differ(Fragment(annotations={"a": None}), saying(), NOW)


def test_a_status_field_that_is_absent_says_the_same_as_nothing() -> None:
    assert not differ(Fragment(status={"used": 0.0, "router": "", "subnets": []}), saying(), NOW)


def test_a_status_field_that_differs_is_patched_alone() -> None:
    assert differ(Fragment(status={"used": 2.0, "free": 1.0}), saying(used=1.0, free=1.0), NOW).status == {
        "used": 2.0
    }


def test_a_condition_that_holds_keeps_its_time() -> None:
    present = [{"type": "Ready", "status": "True", "reason": "Made", "lastTransitionTime": THEN}]
    wanted = Fragment(conditions=(Condition(type="Ready", status="True", reason="Made"),))
    assert not differ(wanted, saying(conditions=present), NOW)


def test_a_condition_whose_reason_changes_keeps_its_transition_time() -> None:
    present = [{"type": "Ready", "status": "True", "reason": "Made", "lastTransitionTime": THEN}]
    wanted = Fragment(conditions=(Condition(type="Ready", status="True", reason="Kept"),))
    (condition,) = differ(wanted, saying(conditions=present), NOW).status["conditions"]
    assert condition["lastTransitionTime"] == THEN
    assert condition["lastUpdateTime"] == NOW


def test_a_condition_that_turns_is_dated_and_others_stay() -> None:
    present = [
        {"type": "Ready", "status": "True", "lastTransitionTime": THEN},
        {"type": "Theirs", "status": "True"},
    ]
    wanted = Fragment(conditions=(Condition(type="Ready", status="False", reason="Gone"),))
    ready, theirs = differ(wanted, saying(conditions=present), NOW).status["conditions"]
    assert (ready["status"], ready["lastTransitionTime"]) == ("False", NOW)
    assert theirs == {"type": "Theirs", "status": "True"}


def test_after_a_patch_there_is_nothing_left_to_say() -> None:
    wanted = Fragment(
        annotations={"a": "1", "gone": None},
        status={"used": 2.0},
        conditions=(Condition(type="Ready", status="True"),),
    )
    before = saying({"gone": "x"}, used=1.0)
    assert not differ(wanted, merged(before, differ(wanted, before, NOW)), NOW)


def test_what_a_patch_makes_of_an_object_is_known_before_the_api_tells_it() -> None:
    wanted = Fragment(
        status={"v4usingIPs": 2.0, "v6usingIPs": 0.0}, conditions=(Condition(type="Ready", status="True"),)
    )
    before = saying(v6usingIPs=3.0)
    assumed = merged(before, differ(wanted, before, NOW)).status
    assert assumed == msgspec.json.decode(msgspec.json.encode(msgspec.convert(assumed, SubnetStatus)))


@pytest.mark.parametrize(
    ("wanted", "is_held", "patched"),
    [(True, False, True), (True, True, None), (False, True, False), (False, False, None), (None, True, None)],
)
def test_a_finalizer_comes_and_goes_only_where_it_is_not_so_already(
    wanted: bool | None, is_held: bool, patched: bool | None
) -> None:
    stated = Stated("uid", {}, {}, is_held)
    patch = differ(Fragment(finalizer=wanted), stated, NOW)
    assert patch.finalizer is patched
    assert bool(patch) is (patched is not None)
    assert merged(stated, patch).is_held is (is_held if patched is None else patched)
