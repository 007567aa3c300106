"""What YAML would silently misread is refused, with where it stands and what is allowed."""

import pytest

from testbed.cli import documents


def read(text: str) -> list[object]:
    return documents.read(text, "x.yaml")


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(documents.Unreadable) as refused:
        read(text)
    return refused.value.faults


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ("mac: 52:54:00:12:34:56", "mac (line 1)", "52:54:00:12:34:56"),
        ("at: [12:30:45]", "at[0] (line 1)", "12:30:45"),
        ("a:\n  b: no", "a.b (line 2)", "no"),
        ("a: On", "a (line 1)", "On"),
        ("yes: 1", "document (line 1)", "the key yes"),
        ("a: 1\nb: 2\na: 3", "a (line 3)", "the key twice"),
        ("a: {b: 1, b: 1}", "a.b (line 1)", "the key twice"),
        ("a: .inf", "a (line 1)", ".inf"),
        ("a: !!binary aGk=", "a (line 1)", "a value of type tag:yaml.org,2002:binary"),
        ("? [1]\n: 2", "document (line 1)", "a key that is a list"),
    ],
)
def test_a_trap_is_refused_with_its_path_and_what_was_found(text: str, path: str, found: str) -> None:
    (fault,) = faults(text)
    assert fault.startswith(f"x.yaml: {path}: found {found}")
    assert "allowed" in fault


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('mac: "52:54:00:12:34:56"', {"mac": "52:54:00:12:34:56"}),
        ('a: "no"', {"a": "no"}),
        ("a: true", {"a": True}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("defaultMode: 0644", {"defaultMode": 420}),  # as kubectl reads it
        ("a: 0x10", {"a": 16}),
        ("a: 1.5", {"a": 1.5}),
        ("1: x", {"1": "x"}),
        ("a:", {"a": None}),
        ("mac: 0a:d0:5f:6f:0e:57", {"mac": "0a:d0:5f:6f:0e:57"}),
        ("b: &b {x: 1, y: 1}\nc: {<<: *b, y: 2}", {"b": {"x": 1, "y": 1}, "c": {"x": 1, "y": 2}}),
    ],
)
def test_what_is_unambiguous_is_read_as_kubectl_reads_it(text: str, value: object) -> None:
    assert read(text) == [value]


def test_every_fault_of_every_document_is_told() -> None:
    told = faults("a: no\nb: yes\n---\nc: 1\n---\nd: 1:30\n")
    assert [fault.partition(":")[0] for fault in told] == [
        "x.yaml, document 1",
        "x.yaml, document 1",
        "x.yaml, document 3",
    ]


def test_a_tag_that_names_a_program_runs_nothing() -> None:
    assert read("a: !!python/object/apply:os.system {x: 1}") == [{"a": {"x": 1}}]


def test_empty_documents_are_no_documents() -> None:
    assert read("---\n---\na: 1\n---\n") == [{"a": 1}]


def test_a_document_that_contains_itself_is_refused() -> None:
    (fault,) = faults("a: &a [*a]")
    assert "aliases" in fault


def test_aliases_that_grow_without_end_are_refused() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))
    (fault,) = faults("l0: &l0 [x]\n" + levels)
    assert "aliases" in fault


def test_broken_yaml_is_told_in_a_line() -> None:
    (fault,) = faults("a: [1")
    assert "\n" not in fault
