"""The switch that makes addresses of StatefulSets stay or go knows two positions, wherever it stands."""

from collections.abc import Iterator

from controller.admission.cause import Cause, unsupported
from controller.api.annotations import KEEP_IP, TRUE
from controller.api.meta import Resource

POSITIONS = (TRUE, "false")


def keep_ip(new: Resource) -> Iterator[Cause]:
    """What speaks against the annotation of a StatefulSet or a subnet."""
    said = new.annotations.get(KEEP_IP, TRUE)
    if said not in POSITIONS:
        yield unsupported(f"metadata.annotations[{KEEP_IP}]", said, POSITIONS)
