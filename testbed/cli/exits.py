"""Exit statuses: what CI and people may rely on, in one place."""

GOOD = 0
JUDGED_BAD = 1
"""An expectation failed or a regression was found."""
UNFIT = 2
"""The request or this machine is unfit; said in one line with the remedy, before anything was started."""
FAULT = 3
"""A fault of the testbed itself; said with where the logs are."""
INTERRUPTED = 130
"""Ctrl-C."""
