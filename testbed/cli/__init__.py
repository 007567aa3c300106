"""The command line: one file a command, every failure one line with its remedy and a status of ``exits``."""

from testbed.cli.app import main

__all__ = ["main"]
