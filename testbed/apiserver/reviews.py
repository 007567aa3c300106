"""Questions about what somebody may do. Whoever holds the cluster's token may do everything, so the answer is yes."""

from __future__ import annotations

from typing import Any

from testbed.apiserver.status import bad_request

Document = dict[str, Any]

USER = {"username": "testbed", "groups": ["system:masters", "system:authenticated"]}
"""Who every request comes from."""

_AUTHORIZATION = "authorization.k8s.io"
_AUTHENTICATION = "authentication.k8s.io"
_ALLOWED = {
    "allowed": True,
    "reason": "whoever holds the token of an emulated cluster may do everything in it",
}
_EVERYTHING = {
    "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    "incomplete": False,
}
KINDS: dict[str, dict[str, tuple[str, Document]]] = {
    _AUTHORIZATION: {
        "selfsubjectaccessreviews": ("SelfSubjectAccessReview", _ALLOWED),
        "subjectaccessreviews": ("SubjectAccessReview", _ALLOWED),
        "selfsubjectrulesreviews": ("SelfSubjectRulesReview", _EVERYTHING),
    },
    _AUTHENTICATION: {"selfsubjectreviews": ("SelfSubjectReview", {"userInfo": USER})},
}
"""Group: plural, kind and the status that answers it."""

VERSION = "v1"
_PATHS = {
    f"/apis/{group}/{VERSION}/{plural}": (f"{group}/{VERSION}", *answer)
    for group, kinds in KINDS.items()
    for plural, answer in kinds.items()
}


def is_review(path: str) -> bool:
    """Whether such a question is asked there."""
    return path.rstrip("/") in _PATHS


def answer(path: str, review: Document) -> Document:
    """The review with its status. Raises ``ApiError`` 400 for one of another kind."""
    version, kind, status = _PATHS[path.rstrip("/")]
    for key, expected in (("apiVersion", version), ("kind", kind)):
        if review.get(key, expected) != expected:
            raise bad_request(f"{key}: found {review[key]!r}, allowed {expected!r}")
    return {"metadata": {}} | review | {"apiVersion": version, "kind": kind, "status": status}
