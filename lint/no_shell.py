"""No input reaches a shell.

Names and annotations come from outside, and a shell reads more in them than a name. So commands are lists, and whoever
needs a shell in one gives it a script that stands in the source as it is, with what varies as arguments. Run it with
``python -m lint.no_shell``; it ends with 1 and one line a finding.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lint.names import absolute, imports

PACKAGES = ("controller", "testbed", "scenarios", "analysis", "reports", "lint")
"""What is looked through. Tests may type what a person would."""

SHELLS = frozenset(
    {
        "os.system",
        "os.popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "asyncio.create_subprocess_shell",
    }
)
"""What hands a text to a shell."""

STARTERS = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
"""What takes a command as a list, and a text for a program of that name."""

INTERPRETERS = frozenset(("sh", "bash", "dash", "ash", "ksh", "zsh"))


@dataclass(frozen=True)
class Shell:
    """A place where input could reach a shell."""

    file: str
    line: int
    what: str


def shells(file: str, source: str) -> Iterator[Shell]:
    """Every such place in ``source``."""
    tree = ast.parse(source)
    imported = imports(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for what in _of_call(node, absolute(node.func, imported)):
                yield Shell(file, node.lineno, what)
        elif isinstance(node, ast.List | ast.Tuple) and _is_script(node.elts):
            yield Shell(
                file,
                node.lineno,
                "gives a shell a script that is put together: pass what varies as arguments",
            )


def _of_call(call: ast.Call, function: str | None) -> Iterator[str]:
    if function in SHELLS:
        yield f"hands a text to a shell ({function})"
    for keyword in call.keywords:
        if keyword.arg == "shell" and not (
            isinstance(keyword.value, ast.Constant) and not keyword.value.value
        ):
            yield "asks for a shell (shell=...)"
    if function in STARTERS and call.args and _is_text(call.args[0]):
        yield f"starts a command that is one text ({function}): commands are lists"


def _is_text(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left, right=right):
            return _is_text(left) or (isinstance(node.op, ast.Add) and _is_text(right))
        case ast.Call(func=ast.Attribute(value=value, attr="join" | "format")):
            return _is_text(value)
    return False


def _is_script(elements: Sequence[ast.expr]) -> bool:
    """Whether a command has a shell, its -c, and behind it anything but a text as it stands."""
    texts = [element.value if isinstance(element, ast.Constant) else None for element in elements]
    for place, text in enumerate(texts[:-2]):
        if isinstance(text, str) and text.rpartition("/")[2] in INTERPRETERS and texts[place + 1] == "-c":
            return not isinstance(elements[place + 2], ast.Constant)
    return False


def main() -> int:
    """Look through all packages; 1 if anything was found."""
    root = Path(__file__).parent.parent
    found = [
        shell
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        for shell in shells(str(path.relative_to(root)), path.read_text())
    ]
    for shell in found:
        print(f"{shell.file}:{shell.line}: {shell.what}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
