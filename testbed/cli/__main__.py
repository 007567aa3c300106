"""``python -m testbed.cli``: the same as the installed ``testbed``."""

from testbed.cli.app import main

main()
