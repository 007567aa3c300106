"""Where in a project's history a run belongs: what CI says in its environment, else what git says."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from testbed.results.run import Stamps

_VARIABLES = {
    "branch": ("TESTBED_BRANCH", "GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BRANCH_NAME"),
    "commit": ("TESTBED_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"),
    "pull_request": ("TESTBED_PULL_REQUEST", "CI_MERGE_REQUEST_IID", "CHANGE_ID"),
    "environment": ("TESTBED_ENVIRONMENT", "RUNNER_NAME", "CI_RUNNER_DESCRIPTION", "NODE_NAME"),
}


def stamps(environment: Mapping[str, str], repository: Path) -> Stamps:
    """The stamps of a run made now.

    From CI's variables (GitHub, GitLab, Jenkins, or our own ``TESTBED_*``, which win), else from the git repository at
    ``repository`` (``-dirty`` marks changes that were not committed); empty where neither tells.
    """
    said = {
        field: next((environment[name] for name in names if environment.get(name)), "")
        for field, names in _VARIABLES.items()
    }
    reference = environment.get("GITHUB_REF", "").split("/")
    if not said["pull_request"] and reference[:2] == ["refs", "pull"] and len(reference) > 2:
        said["pull_request"] = reference[2]
    if not said["commit"]:
        said["commit"] = _git(repository, "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*")
    if not said["branch"]:
        said["branch"] = _git(repository, "rev-parse", "--abbrev-ref", "HEAD")
    return Stamps(tool_version=_version(), **said)


def _git(repository: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _version() -> str:
    try:
        return metadata.version("ovn-testbed")
    except metadata.PackageNotFoundError:
        return "unreleased"
