"""Which test proves what, read from the tests themselves: `@pytest.mark.proves("Subnet.spec.private")`.

The tests are parsed, not imported, so that the pages can be built without anything that tests need.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests"
MARKER = "proves"


@cache
def proofs() -> dict[str, tuple[str, ...]]:
    """The tests (`tests/a.py::test_b`, system tests first) by what they prove."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for subject, test in _marked(path):
            found.setdefault(subject, []).append(test)
    return {subject: tuple(sorted(tests)) for subject, tests in found.items()}


def _marked(path: Path) -> Iterator[tuple[str, str]]:
    text = path.read_text()
    if f"mark.{MARKER}(" not in text:
        return
    where = path.relative_to(TESTS.parent)
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for subject in _subjects(node):
                yield subject, f"{where}::{node.name}"


def _subjects(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == f"pytest.mark.{MARKER}":
            yield from (str(ast.literal_eval(argument)) for argument in decorator.args)
