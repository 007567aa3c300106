"""Whether addresses are left: what a subnet and a pool say of themselves in the same words."""

from controller.api.meta import Condition
from controller.engine.usage import Usage

EXHAUSTED = "Exhausted"


def exhaustion(used: Usage) -> Condition:
    """The condition that tells why the next pod would wait."""
    if used.is_exhausted:
        message = "no free address is left: the next pod waits until one becomes free"
        return Condition(type=EXHAUSTED, status="True", reason="NoFreeAddress", message=message)
    return Condition(type=EXHAUSTED, status="False", reason="FreeAddresses")
