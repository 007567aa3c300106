"""Set-up on a machine that has nothing: a minimal Debian in a root file system of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.releases.mirror import mirror

pytestmark = [
    pytest.mark.system,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
]

CHECKOUT = Path(__file__).parents[2]
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
CERTIFICATE_VARIABLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Machine:
    """A root file system whose commands run in process and mount namespaces of their own."""

    enabled_before: str
    set_up: subprocess.CompletedProcess[str]
    """What its first set-up said; then the daemons that ran after it, one a line."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def sh(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run ``script`` there; daemons that it might leave behind end with it."""
        mounts = 'mount -t proc proc "$1/proc" && mount --rbind --make-rslave /dev "$1/dev"'
        enter = f'{mounts} && exec chroot "$1" sh -c "$2"'
        alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        return subprocess.run(
            [*alone, "sh", "-c", enter, "sh", str(self.root), f"cd /src\n{script}"],
            capture_output=True,
            text=True,
            check=False,
            env={
                **{key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")},
                **{key: value for key, value in os.environ.items() if key.startswith("PIP_")},
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                **dict.fromkeys(CERTIFICATE_VARIABLES, "/certificates.crt"),
            },
        )


RUNNING = "for each in /proc/[0-9]*/comm; do cat $each; done 2>/dev/null | grep -E '^(ovs|ovn)' || true"
ENABLED = "find /etc/systemd/system /etc/rc2.d -type l -name '*ov[ns]*' ! -name 'K*'; ls /usr/sbin/policy-rc.d || true"


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    root = tmp_path_factory.mktemp(request.param)
    subprocess.run(
        ["debootstrap", "--variant=minbase", request.param, str(root), mirror()],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=300,
    )
    root.chmod(0o755)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    # A copy, since packages' scripts rewrite theirs: a private package index may be vouched for in the machine's.
    shutil.copy(CERTIFICATES, root / "certificates.crt")
    files = subprocess.run(
        ["git", "-C", str(CHECKOUT), "ls-files", "-z"], check=True, capture_output=True, text=True
    ).stdout
    for file in filter(None, files.split("\0")):
        if (CHECKOUT / file).is_file():
            (root / "src" / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / file, root / "src" / file)
    bare = Machine(root)
    bare.enabled_before = bare.sh(ENABLED).stdout
    bare.set_up = bare.sh(f"sh setup/setup.sh >&2; echo status $?; {RUNNING}")
    yield bare
    shutil.rmtree(root)


def test_one_command_makes_a_bare_debian_ready(machine: Machine) -> None:
    assert "status 0" in machine.set_up.stdout, machine.set_up.stderr
    told = machine.sh(
        ".venv/bin/python -c 'from testbed import releases; print(releases.resolve(\"system\").versions())'"
    )
    assert told.returncode == 0, told.stderr
    assert "Versions(ovn=" in told.stdout


def test_no_service_runs_or_is_enabled_that_was_not_before(machine: Machine) -> None:
    assert machine.set_up.stdout == "status 0\n"  # and no daemon after it
    assert machine.sh(ENABLED).stdout == machine.enabled_before


def test_with_nothing_missing_it_says_nothing_and_takes_no_time(machine: Machine) -> None:
    again = machine.sh("start=$(date +%s%N); sh setup/setup.sh; echo $((($(date +%s%N) - start) / 1000000))")
    assert int(again.stdout) < 3000
    assert again.stderr == ""


def test_a_run_cut_short_is_put_right_by_the_next(machine: Machine) -> None:
    # As kill -9 leaves it: a package half installed, starting services forbidden, the first list of services kept.
    cut = machine.sh(
        "mkdir -p /var/lib/ovn-testbed/setup && : >/var/lib/ovn-testbed/setup/enabled"
        " && printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d"
        " && dpkg --remove --force-depends ethtool >/dev/null && touch .venv/installing"
    )
    assert cut.returncode == 0, cut.stderr
    done = machine.sh(
        "sh setup/setup.sh && command -v ethtool && .venv/bin/python -c 'import msgspec, testbed'"
    )
    assert done.returncode == 0, done.stderr
    assert machine.sh("ls /usr/sbin/policy-rc.d /var/lib/ovn-testbed/setup").returncode != 0


def test_without_privilege_one_line_says_what_is_needed(machine: Machine) -> None:
    assert machine.sh("dpkg --remove --force-depends ethtool").returncode == 0
    refused = machine.sh(
        "exec setpriv --reuid 65534 --regid 65534 --clear-groups sh setup/setup.sh </dev/null"
    )
    assert refused.returncode == 2
    assert refused.stderr == "setup: needs root once, to install ethtool; run 'sudo make setup'\n"


def test_a_registry_that_cannot_be_reached_gives_one_clear_line(machine: Machine) -> None:
    done = machine.sh(
        "apt-get install -qq ethtool >/dev/null 2>&1; rm -f .venv/installed; touch .venv/installing;"
        " PIP_INDEX_URL=http://127.0.0.1:9/ PIP_RETRIES=0 PIP_NO_CACHE_DIR=1 sh setup/setup.sh"
    )
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if "installing Python packages" not in line]
    assert len(lines) == 1
    assert "is the package index reachable?" in lines[0]
