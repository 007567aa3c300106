"""What an object may not be, given the others: pure rules, one module a kind.

A rule is written once: our API server asks `review` before it accepts a write, and on a real Kubernetes the same
function answers a validating webhook. Structure and types are the schemas' business and were checked before.
"""

from controller.admission.cause import Cause
from controller.admission.review import review
from controller.admission.view import View

__all__ = ["Cause", "View", "review"]
