"""What is kept of an object, and in which form."""

from controller.api.kinds import VPCS
from controller.api.kubeovn import Vpc, VpcStatus
from controller.api.meta import ObjectMeta
from controller.engine.view import View
from controller.reconcilers import vpc


def test_a_status_is_kept_in_the_form_that_reconcilers_state_it_in() -> None:
    view = View()
    view.put(
        VPCS, Vpc(metadata=ObjectMeta(name="v", uid="u"), status=VpcStatus(router="v", subnets=("a", "b")))
    )
    stated = view.stated(VPCS, "v")
    assert stated is not None
    assert stated.status == {"router": "v", "subnets": ["a", "b"]}
    assert type(vpc.router(Vpc(metadata=ObjectMeta(name="v")), view).status["subnets"]) is list


def test_what_a_reader_looked_at_is_noted_only_while_recording() -> None:
    view = View()
    _, reads = view.recording(lambda: (view.get(VPCS, "a"), list(view.all(VPCS)), view.usage("s")))
    assert reads == {("Vpc", "a"), ("Vpc", "*"), ("usage", "s")}
    view.get(VPCS, "b")
    assert view.recording(lambda: None)[1] == frozenset()


def test_an_object_put_again_unchanged_wakes_nobody() -> None:
    view = View()
    woken: list[object] = []
    view.changed = woken.append
    for version in ("1", "2"):
        view.put(VPCS, Vpc(metadata=ObjectMeta(name="v", uid="u", resource_version=version)))
    assert woken == [("Vpc", "v"), ("Vpc", "*")]


def test_what_was_assumed_gives_way_to_what_is() -> None:
    view = View()
    view.put(VPCS, Vpc(metadata=ObjectMeta(name="v", uid="u")))
    stated = view.stated(VPCS, "v")
    assert stated is not None
    view.doubt(VPCS, "v")
    restated: list[object] = []
    view.restated = restated.append
    view.put(VPCS, Vpc(metadata=ObjectMeta(name="v", uid="u"), status=VpcStatus(router="v")))
    assert restated == [("Vpc", "v")]
