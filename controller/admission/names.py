"""Names that become parts of NB rows, and the objects that every cluster has (Kube-OVN's names)."""

import re
from collections.abc import Iterator

from controller.admission.cause import Cause, invalid

DEFAULT_VPC = "ovn-cluster"
DEFAULT_SUBNET = "ovn-default"
JOIN_SUBNET = "join"

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def is_label(name: str) -> bool:
    """Whether the name is a DNS label (RFC 1123): what can be a part of a longer name without ambiguity."""
    return _LABEL.fullmatch(name) is not None


def label(field: str, name: str) -> Iterator[Cause]:
    """A name must be a DNS label."""
    if not is_label(name):
        allowed = (
            'a DNS label: at most 63 lower-case letters, digits and "-", beginning and ending with no "-"'
        )
        yield invalid(field, name, allowed)


def pod_port(namespace: str, name: str) -> str:
    """The IP object, and the port, of a pod."""
    return f"{name}.{namespace}"


def router_port(vpc: str, subnet: str) -> str:
    """The port of a VPC's router towards a subnet."""
    return f"{vpc}-{subnet}"
