"""Kinds of others that ask something of the network: services, policies, further interfaces.

Only that they exist is typed yet: whoever comes to carry them adds what it reads.
"""

from __future__ import annotations

from controller.api.meta import Resource, Wire


class Service(Resource, frozen=True, gc=False, kw_only=True):
    """A stable address for the pods of a selector."""

    api_version: str = "v1"
    kind: str = "Service"


class NetworkPolicy(Resource, frozen=True, gc=False, kw_only=True):
    """Which traffic pods of a namespace may receive and send."""

    api_version: str = "networking.k8s.io/v1"
    kind: str = "NetworkPolicy"


class NetworkAttachmentDefinitionSpec(Wire, frozen=True, gc=False, kw_only=True):
    """A CNI configuration as JSON text."""

    config: str = ""


class NetworkAttachmentDefinition(Resource, frozen=True, gc=False, kw_only=True):
    """A further network that pods can be attached to.

    Source: the Kubernetes Network Custom Resource Definition De-facto Standard of the Network Plumbing Working Group.
    """

    api_version: str = "k8s.cni.cncf.io/v1"
    kind: str = "NetworkAttachmentDefinition"
    spec: NetworkAttachmentDefinitionSpec = NetworkAttachmentDefinitionSpec()
