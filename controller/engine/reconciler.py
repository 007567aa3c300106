"""How a reconciler is declared: a pure function from an object and the view to a fragment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from controller.api.kinds import Kind
from controller.api.meta import Resource
from controller.engine.fragment import Fragment
from controller.engine.view import View

T = TypeVar("T", bound=Resource)
Compile = Callable[[T, View], Fragment]


@dataclass(frozen=True)
class Reconciler:
    """One concern of one kind. ``name`` is part of the ownership tags in NB: it must never change.

    ``concerns`` tells the objects that it has to do with, None: all. Of others it is asked only to take back what it
    wanted before. One that ``judges`` is asked about what was found when the object was held against its rules.
    """

    name: str
    kind: Kind[Any]
    compile: Compile[Any]
    concerns: Callable[[Any], bool] | None = None
    judges: bool = False

    def __call__(self, subject: Any, view: View) -> Fragment:
        """What ``subject`` needs."""
        return self.compile(subject, view)


def reconciler(
    name: str, kind: Kind[T], concerns: Callable[[T], bool] | None = None
) -> Callable[[Compile[T]], Reconciler]:
    """Declares the function as the reconciler ``name`` of ``kind``, or of those objects that it ``concerns``.

    What it reads through the view is noted while it runs, so what it depends on need not be said.
    """
    return lambda function: Reconciler(name, kind, function, concerns)
