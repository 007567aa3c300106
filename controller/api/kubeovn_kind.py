"""What all kinds of ``kubeovn.io/v1`` have in common."""

from __future__ import annotations

from typing import TypeVar

from controller.api.kind import Column, Kind, Scale
from controller.api.meta import Resource

T = TypeVar("T", bound=Resource)


def kubeovn_kind(
    type_: type[T],
    plural: str,
    singular: str = "",
    short_names: tuple[str, ...] = (),
    columns: tuple[Column, ...] = (),
    namespaced: bool = False,
    has_status: bool = True,
    scale: Scale | None = None,
) -> Kind[T]:
    """A kind of Kube-OVN's, called as its type is."""
    return Kind(
        type_,
        "kubeovn.io",
        "v1",
        type_.__name__,
        plural,
        namespaced,
        short_names,
        columns,
        has_status,
        singular,
        scale,
    )
