"""Finding and installing OVN builds: which daemons a cluster runs, and how they are started.

A release is named by its kind: ``system`` (the machine's own packages), ``suite:NAME`` (a Debian suite in a root file
system of its own) or ``prefix:/path`` (a build under one directory). Everything above this room asks a ``Release`` for
an argv and an environment and never knows where the binaries lie.
"""

from testbed.releases.catalogue import add, installed, known, remove, resolve
from testbed.releases.defects import Defect
from testbed.releases.release import Release, ReleaseUnavailable, Versions

__all__ = [
    "Defect",
    "Release",
    "ReleaseUnavailable",
    "Versions",
    "add",
    "installed",
    "known",
    "remove",
    "resolve",
]
