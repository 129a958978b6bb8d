# What every script shares: where the repository is, how to speak to the reader, how to wait. Sourced, never run.
# shellcheck shell=bash

# shellcheck disable=SC2034  # for the scripts that source this file
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' green='' red='' plain=''
fi

step() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }
good() { printf '%sok%s   %s\n' "$green" "$plain" "$*"; }
bad() { printf '%sFAIL%s %s\n' "$red" "$plain" "$*"; }
die() {
    printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
    exit 1
}

# wait_until SECONDS COMMAND...: tries COMMAND every tenth of a second until it succeeds. Status 1: it never did.
wait_until() {
    local tries=$(($1 * 10))
    shift
    until "$@"; do
        ((tries-- > 0)) || return 1
        sleep 0.1
    done
}

# as_root COMMAND...: plainly when we are root, else by sudo. Only Postfix and the package manager need it.
as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo "$@"
    fi
}

# need_sudo REASON: says why sudo will ask for a password, or what to do where there is no sudo.
need_sudo() {
    ((EUID == 0)) && return
    command -v sudo >/dev/null || die "$1 needs root, and there is no sudo here: run this as root."
    printf 'Using sudo: %s needs root.\n' "$1"
    sudo -v || die "sudo does not let you become root: run this as root."
}

# seconds_since START: for "took ... s", START being a value of $SECONDS.
seconds_since() { echo "$((SECONDS - $1)) s"; }

# Works for other users' processes too, which `kill -0` may not see. A zombie that nobody has waited for yet is gone.
process_gone() { [[ ! -e /proc/$1 ]] || grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"; }
