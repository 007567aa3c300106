"""Which objects a selector means."""

from __future__ import annotations

import pytest

from testbed.apiserver.selectors import parse
from testbed.apiserver.status import ApiError

LABELS = {"app": "web", "tier": "front", "example.com/rank": "3", "empty": ""}
FIELDS = {"metadata.name": "a", "metadata.namespace": "default", "spec.nodeName": "node1"}
SELECTABLE = ("metadata.name", "metadata.namespace", "spec.nodeName", "status.phase")


@pytest.mark.parametrize(
    ("text", "is_meant"),
    [
        ("", True),
        ("app=web", True),
        ("app==web", True),
        ("app = web", True),
        ("app=db", False),
        ("app!=db", True),
        ("app!=web", False),
        ("absent!=web", True),
        ("absent=", False),
        ("empty=", True),
        ("app in (web, db)", True),
        ("app in (db)", False),
        ("absent in (db)", False),
        ("app notin (db, cache)", True),
        ("app notin (web)", False),
        ("absent notin (web)", True),
        ("app", True),
        ("absent", False),
        ("!absent", True),
        ("!app", False),
        ("example.com/rank>2", True),
        ("example.com/rank<3", False),
        ("app>1", False),
        ("app=web,tier in (front,back),!absent", True),
        ("app=web,tier in (back)", False),
    ],
)
def test_label_selectors(text: str, is_meant: bool) -> None:
    assert parse(text, "", SELECTABLE).matches(LABELS, FIELDS) is is_meant


@pytest.mark.parametrize(
    ("text", "is_meant"),
    [
        ("metadata.name=a", True),
        ("metadata.name==b", False),
        ("spec.nodeName!=node2", True),
        ("spec.nodeName!=node1", False),
        ("status.phase=", True),
        ("status.phase!=", False),
        ("spec.nodeName!=", True),
        ("status.phase!=Running", True),
        ("metadata.name=a,spec.nodeName=node1", True),
        ("metadata.name=a,spec.nodeName=node2", False),
    ],
)
def test_field_selectors(text: str, is_meant: bool) -> None:
    assert parse("", text, SELECTABLE).matches(LABELS, FIELDS) is is_meant


def test_a_selector_that_fixes_a_name_says_so() -> None:
    selector = parse("", "metadata.name=a,metadata.namespace=default", SELECTABLE)
    assert (selector.name, selector.namespace) == ("a", "default")
    assert parse("", "metadata.name!=a", SELECTABLE).name is None


@pytest.mark.parametrize(
    "text", ["app=", "=web", "app in", "app in (web", "app=we b", "a b", "app in (a b)", ",", "((", "-a"]
)
def test_what_is_no_label_selector_is_refused(text: str) -> None:
    if text == "app=":
        assert not parse(text, "", SELECTABLE).matches(LABELS, FIELDS)
        return
    with pytest.raises(ApiError, match="unable to parse label selector"):
        parse(text, "", SELECTABLE)


@pytest.mark.parametrize("text", ["spec.colour=red", "metadata.name", "a=b=c", "metadata.name>a"])
def test_an_unsupported_field_selector_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse("", text, SELECTABLE)
    assert refused.value.code == 400
