"""How every command speaks: data on standard output, words about it on standard error, JSON for programs."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from rich.console import Console

WIDTH_OF_A_LOG = 120
"""Columns of a table that goes to a file or a pipe, where nobody says how wide the screen is."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH_OF_A_LOG)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(document: Any) -> None:
    """One JSON document on standard output, indented; Structs and dataclasses as their fields."""
    sys.stdout.write(
        msgspec.json.format(msgspec.json.encode(document, enc_hook=str), indent=2).decode() + "\n"
    )


def complain(message: str) -> None:
    """One line on standard error, however the message was broken."""
    err.print(f"testbed: {' '.join(message.split())}", markup=False)
