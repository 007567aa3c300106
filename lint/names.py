"""What a name in a source file stands for, as far as its imports tell."""

from __future__ import annotations

import ast
from collections.abc import Mapping


def imports(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def absolute(node: ast.expr, imported: Mapping[str, str]) -> str | None:
    """``subprocess.run`` for whatever name it was imported by; None for what is no attribute of an import."""
    if isinstance(node, ast.Name):
        return imported.get(node.id)
    if isinstance(node, ast.Attribute):
        parent = absolute(node.value, imported)
        return parent and f"{parent}.{node.attr}"
    return None
