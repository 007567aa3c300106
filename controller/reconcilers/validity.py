"""What cannot be is said on the object that says it, in the words of admission: what is left out, who is in whose way.

Kube-OVN calls the condition so. Objects that never broke a rule do not have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from controller.admission import Cause
from controller.api.kinds import IPS, NODES, Kind
from controller.api.meta import Condition
from controller.api.names import VALIDATED
from controller.engine.fragment import NOTHING, Fragment, Notice
from controller.engine.keeping import ANSWERED, has_conditions
from controller.engine.reconciler import Reconciler
from controller.engine.soundness import Judgement, Left
from controller.engine.view import View
from controller.reconcilers.relations import RELATIONS

INVALID = "ValidateFailed"
CONTRADICTION = "Contradiction"
UNUSABLE = "Unusable"


def _statement(kind: Kind[Any]) -> Callable[[Judgement, View], Fragment]:
    relations = RELATIONS.get(kind)
    says_conditions = has_conditions(kind) and kind is not NODES  # A node's status is its kubelet's.

    def state(judgement: Judgement, view: View) -> Fragment:
        current = judgement.current
        lacking = tuple(relations(current, view)) if relations is not None and current is not None else ()
        judgement = judgement._replace(rivalry=(*judgement.rivalry, *lacking))
        if not judgement.is_news:
            return NOTHING
        is_nothing = bool(judgement.faults) and judgement.left is Left.NOTHING
        return Fragment(
            conditions=tuple(_conditions(judgement, is_nothing)) if says_conditions else (),
            notices=tuple(_notices(judgement)),
            finalizer=False if is_nothing and judgement.is_being_deleted else None,
        )

    return state


def _conditions(judgement: Judgement, is_nothing: bool) -> Iterable[Condition]:
    message = _sentence((*judgement.faults, *judgement.rivalry))
    if not message:
        yield Condition(type=VALIDATED, status="True", reason=VALIDATED)
        return
    reason = INVALID if judgement.faults else CONTRADICTION
    yield Condition(type=VALIDATED, status="False", reason=reason, message=message)
    if is_nothing:
        yield Condition(type="Ready", status="False", reason=UNUSABLE, message=message)


def _notices(judgement: Judgement) -> Iterable[Notice]:
    if judgement.faults:
        yield Notice("Warning", INVALID, f"{judgement.left.value}: {_sentence(judgement.faults)}")
    if judgement.rivalry:
        yield Notice(
            "Warning", CONTRADICTION, f"in force as far as it can be: {_sentence(judgement.rivalry)}"
        )


def _sentence(causes: Iterable[Cause]) -> str:
    return "; ".join(f"{cause.field}: {cause.message}" for cause in causes)


def _is_of_interest(kind: Kind[Any]) -> Callable[[Judgement], bool] | None:
    """Of kinds of which there are many, only those objects are looked at of which there is something to be said."""
    return None if kind in RELATIONS else lambda judgement: judgement.is_news


JUDGES: tuple[Reconciler, ...] = tuple(
    Reconciler(f"validity-{kind.plural}", kind, _statement(kind), _is_of_interest(kind), judges=True)
    for kind in (*ANSWERED, IPS, NODES)
)
"""One for each kind whose objects are held against rules when they come."""
