"""The API client: an API server's objects as typed values, followed and written, ours or a real Kubernetes'."""

from controller.kubernetes.access import Access, KubeconfigError
from controller.kubernetes.backoff import Backoff
from controller.kubernetes.client import Client
from controller.kubernetes.errors import ApiError, Cause, Unreachable, reason_of
from controller.kubernetes.informer import Change, Informer
from controller.kubernetes.wire import Listing, WatchEvent, Written

__all__ = [
    "Access",
    "ApiError",
    "Backoff",
    "Cause",
    "Change",
    "Client",
    "Informer",
    "KubeconfigError",
    "Listing",
    "Unreachable",
    "WatchEvent",
    "Written",
    "reason_of",
]
