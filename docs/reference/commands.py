"""The commands, from the application that carries them out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from docs.reference.markdown import code, table
from testbed.cli import exits
from testbed.cli.app import app

_STATUSES = (
    (exits.GOOD, "good"),
    (exits.JUDGED_BAD, "an expectation failed or a regression was found"),
    (exits.UNFIT, "the request or the machine is unfit, said in one line with the remedy"),
    (exits.FAULT, "a fault of the testbed itself, said with where the logs are"),
    (exits.INTERRUPTED, "interrupted"),
)


def page() -> str:
    """The page of all commands."""
    statuses = table(("status", "meaning"), ((str(status), told) for status, told in _STATUSES))
    return "\n\n".join(["# Commands", statuses, *(block for _, block in commands())]) + "\n"


def commands() -> Iterator[tuple[str, str]]:
    """Each command with its section, in the order of ``--help``."""
    yield from _below(typer.main.get_command(app), "testbed")


def _below(group: Any, path: str) -> Iterator[tuple[str, str]]:
    for name, command in group.commands.items():
        called = f"{path} {name}"
        if hasattr(command, "commands"):
            yield from _below(command, called)
        elif not command.hidden:
            yield called, _section(command, called)


def _section(command: Any, called: str) -> str:
    words, _, examples = (command.help or "").partition("Examples:")
    shown, _, after = _examples(examples).partition("\n\n\n")
    blocks = [f"## {called}", words.strip()]
    if shown:
        blocks.append(f"```text\n{shown}\n```")
    if after:
        blocks.append(after)
    rows = [_row(param) for param in command.params if not getattr(param, "hidden", False)]
    if rows:
        blocks.append(table(("argument", "default", "meaning"), rows))
    return "\n\n".join(blocks)


def _examples(text: str) -> str:
    """The indented lines, without the blank ones between; what is not indented follows after two blank lines."""
    lines = [line for line in text.splitlines() if line.strip()]
    shown = [line.strip() for line in lines if line.startswith("  ")]
    after = [line for line in lines if not line.startswith("  ")]
    return "\n".join(shown) + ("\n\n\n" + "\n\n".join(after) if after else "")


def _row(param: Any) -> tuple[str, str, str]:
    options = [name for name in (*param.opts, *param.secondary_opts) if name.startswith("-")]
    value = "" if getattr(param, "is_flag", False) else (param.metavar or param.name.upper())
    called = " ".join(filter(None, (", ".join(options), value))) if options else value
    default = param.default if param.default not in (None, False) and not callable(param.default) else ""
    if isinstance(param.show_default, str):
        default = param.show_default
    needed = "required" if param.required else code(str(getattr(default, "value", default)))
    return code(called), needed, getattr(param, "help", None) or ""
