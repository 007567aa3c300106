#!/bin/sh
# Installs what the testbed needs and this machine lacks: Debian packages (packages.txt) and, into .venv, the Python
# packages of requirements.lock. Nothing to do takes a fraction of a second. An interrupted run is simply run again.
# Ends with 0, or with 2 and one line that says what to do.
set -eu

cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin"
export LC_ALL=C.UTF-8

fail() {
    echo "setup: $*" >&2
    exit 2
}

wanted() { # the columns of packages.txt: 1 packages, 2 programs
    awk -v column="$1" '!/^#/ && NF == 2 && $column != "-" { print $column }' setup/packages.txt
}

missing_packages() {
    # shellcheck disable=SC2046 # one word a package is meant
    dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' $(wanted 1) 2>/dev/null |
        awk '$2 == "installed" { print $1 }' >"$scratch"
    wanted 1 | grep --invert-match --line-regexp --fixed-strings --file="$scratch" || true
}

missing_programs() {
    for program in $(wanted 2); do
        command -v "$program" >/dev/null || echo "$program"
    done
}

system_python() { # Debian's own before whatever is first on PATH: its venv module is the one that was installed
    for python in /usr/bin/python3 python3; do
        if "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
}

install_packages() {
    [ -n "$1" ] || [ -e /var/lib/ovn-testbed/setup ] || return 0
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then
        as_root=sudo
    else
        fail "needs root once, to install $(echo $1); run 'sudo make setup'"
    fi
    echo "setup: installing ${1:-nothing more, but putting services right after a run that was cut short}" | xargs >&2
    # shellcheck disable=SC2086 # one word a package is meant
    $as_root sh setup/install-packages.sh $1
}

install_python_packages() {
    stamp=$({ cat requirements.lock pyproject.toml && pwd; } | sha256sum)
    if [ -x .venv/bin/testbed ] && [ "$(cat .venv/installed 2>/dev/null)" = "$stamp" ]; then
        return
    fi
    python=$(system_python)
    [ -n "$python" ] || fail "needs Python 3.11 or later with its venv module; install python3 and python3-venv"
    echo "setup: installing Python packages into .venv" >&2
    # A .venv whose last installation was cut short cannot be trusted and is made anew.
    if [ -e .venv/installing ] || ! .venv/bin/python -c '' 2>/dev/null; then
        "$python" -m venv --clear .venv >"$scratch" 2>&1 || fail "python3 -m venv failed: $(tail -n 1 "$scratch")"
    fi
    touch .venv/installing
    pip --require-hashes --requirement requirements.lock
    pip --no-index --no-deps --no-build-isolation --editable .
    echo "$stamp" >.venv/installed
    rm .venv/installing
}

pip() {
    if ! .venv/bin/python -m pip --disable-pip-version-check install --quiet "$@" >"$scratch" 2>&1; then
        cp "$scratch" .venv/pip.log
        fail "pip failed: $(grep '^ERROR' "$scratch" | tail -n 1 || tail -n 1 "$scratch") (is the package index" \
            "reachable? all that pip said is in .venv/pip.log)"
    fi
}

scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

distribution="unknown"
[ -r /etc/os-release ] && distribution=$(. /etc/os-release && echo "$ID ${VERSION_ID:-}")
case "$distribution" in
"debian 12" | "debian 13") ;;
*) echo "setup: $distribution is untried (tried are Debian 12 and 13)" >&2 ;;
esac

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
    install_packages "$(missing_packages)"
else
    missing=$(missing_programs)
    [ -z "$missing" ] || fail "cannot install packages here without apt-get; install what brings" $missing
fi
install_python_packages
