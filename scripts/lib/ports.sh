# The loopback ports of a demo: a base and fixed distances, so that 14993 is the one like 993. Sourced.
# shellcheck shell=bash

demo_port_names=(imaps smtps imap submission https http metrics backend_imap backend_imap_proxied relay_smtp relay_smtpadm)

set_ports() {
    port_imaps=$(($1 + 993))
    port_smtps=$(($1 + 465))
    port_imap=$(($1 + 143))
    port_submission=$(($1 + 587))
    port_https=$(($1 + 443))
    port_http=$(($1 + 80))
    port_metrics=$(($1 + 946))
    port_backend_imap=$(($1 + 1143))
    port_backend_imap_proxied=$(($1 + 1144))
    port_relay_smtp=$(($1 + 25))
    port_relay_smtpadm=$(($1 + 26))
}

port_answers() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# busy_ports: prints those of the current set where something listens already.
busy_ports() {
    local name port
    for name in "${demo_port_names[@]}"; do
        port="port_$name"
        if port_answers "${!port}"; then echo "${!port}"; fi
    done
}

# Bases stay below 32768, where the kernel takes ports for outgoing connections.
pick_free_base() {
    local try
    for ((try = 0; try < 50; try++)); do
        port_base=$((10000 + (RANDOM * 32768 + RANDOM) % 21500))
        set_ports "$port_base"
        [[ -z $(busy_ports) ]] && return
    done
    die "found no free ports in 50 tries; give a base with --port-base N"
}

# choose_ports BASE|auto
choose_ports() {
    if [[ $1 == auto ]]; then
        pick_free_base
        return
    fi
    if ! [[ $1 =~ ^[0-9]{4,5}$ ]] || ((10#$1 < 1024 || 10#$1 > 64000)); then
        die "--port-base wants a number from 1024 to 64000, or auto; got '$1'"
    fi
    set_ports "$((10#$1))"
    local busy
    busy=$(busy_ports | paste -sd ' ')
    [[ -z $busy ]] || die "these ports of 127.0.0.1 are taken: $busy.
Is another demo running? End it with Ctrl-C, or take other ports: --port-base 15000, or --port-base auto."
}
