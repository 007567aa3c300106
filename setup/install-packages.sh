#!/bin/sh
# Run by setup.sh as root: installs the Debian packages named, and leaves no service running or enabled that was not
# before. What was enabled before is kept in a file until that is done, so that a run cut short is put right by the next.
set -eu

export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
state=/var/lib/ovn-testbed/setup
policy=/usr/sbin/policy-rc.d
log=/var/log/ovn-testbed-setup.log

fail() {
    echo "setup: $*" >&2
    exit 2
}

enabled_services() { # units that systemd starts at boot, and scripts that init would
    find /etc/systemd/system /etc/rc[2-5].d -type l ! -name 'K*' 2>/dev/null | sort
}

forbid_starting() { # Debian's own way: invoke-rc.d asks policy-rc.d, 101 means no
    printf '#!/bin/sh\nexit 101\n' >"$policy.new"
    chmod 755 "$policy.new"
    mv "$policy.new" "$policy"
}

allow_starting() {
    if [ -e "$state/policy-rc.d" ]; then
        mv "$state/policy-rc.d" "$policy"
    else
        rm -f "$policy"
    fi
}

disable_new_services() {
    enabled_services | comm -13 "$state/enabled" - | while read -r link; do
        [ -L "$link" ] || continue # gone with another name of the same service
        service=$(basename "$(readlink "$link")")
        case "$link" in
        /etc/rc*) update-rc.d "$service" disable ;;
        *) ! command -v systemctl >/dev/null || systemctl disable "$service" || true ;;
        esac
        rm -f "$link" # without systemctl, and what it leaves
    done >>"$log" 2>&1
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
}

leave_as_found() {
    status=$?
    trap '' INT TERM
    allow_starting
    disable_new_services
    rm -rf "$state"
    exit "$status"
}

apt() {
    apt-get --quiet --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" >>"$log" 2>&1
}

install() {
    dpkg --configure --pending >>"$log" 2>&1 && apt install "$@"
}

if [ ! -e "$state/enabled" ]; then
    mkdir -p "$state"
    [ ! -e "$policy" ] || cp -p "$policy" "$state/policy-rc.d"
    enabled_services >"$state/enabled.new"
    mv "$state/enabled.new" "$state/enabled"
fi
trap leave_as_found EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
forbid_starting

[ $# -gt 0 ] || exit 0
echo "== $(date --utc +%FT%TZ) $*" >>"$log"
# The lists that are there may do; fetch new ones only when they do not.
install "$@" || { apt update && install "$@"; } ||
    fail "apt-get could not install $*: $(grep '^E:' "$log" | tail -n 1) (all that it said is in $log)"
