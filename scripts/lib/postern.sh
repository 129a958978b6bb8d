# postern itself: its configuration, its start and its end. Sourced.
# shellcheck shell=bash

postern_configuration() {
    cat <<END
server:
  hostname: mail.$mail_domain

log:
  format: json

store:
  sqlite: $demo_dir/postern/accounts.db

auth:
  failure_delay: 400ms

# What postern writes to people goes through itself, as an account of its own.
accounts:
  portal: https://portail.$mail_domain
  mail:
    host: localhost
    port: $port_smtps
    tls: implicit
    ca_file: $demo_dir/tls/ca.pem
    user: $notices
    password: {file: $demo_dir/postern/notices-password}
    from: $notices
    from_name: Académie Exemple

tls:
  certificate: $demo_dir/tls/server.pem
  key: $demo_dir/tls/server.key

submission:
  max_message_size: 50MiB

groups: [teacher, administrative_staff, pupil, staff]

listeners:
  - {name: imaps, protocol: imap, address: 127.0.0.1, port: $port_imaps, default_domain: $mail_domain}
  - {name: submissions, protocol: submission, address: 127.0.0.1, port: $port_smtps, default_domain: $mail_domain}
  - {name: imap, protocol: imap, tls: starttls, address: 127.0.0.1, port: $port_imap, default_domain: $mail_domain}
  - {name: submission, protocol: submission, tls: starttls, address: 127.0.0.1, port: $port_submission, default_domain: $mail_domain}
  - {name: https, protocol: https, address: 127.0.0.1, port: $port_https}
  - {name: http, protocol: http, address: 127.0.0.1, port: $port_http}
  - {name: metrics, protocol: metrics, address: 127.0.0.1, port: $port_metrics}

backends:
  dovecot:
    protocol: imap
    host: 127.0.0.1
    port: $port_backend_imap
    tls: none
    login: master_user
    master_user: postern
    master_password: {file: $demo_dir/postern/master-password}
  smtp:
    protocol: submission
    host: 127.0.0.1
    port: $port_relay_smtp
    tls: none
    login: xclient
  smtpadm:
    protocol: submission
    host: 127.0.0.1
    port: $port_relay_smtpadm
    tls: none
    login: xclient

routing:
  rules:
    - name: administration
      when: {protocol: submission, group: [administrative_staff]}
      backend: smtpadm
  default:
    imap: dovecot
    submission: smtp

domains:
  - name: $mail_domain
    display_name: Académie Exemple
    imap: {hostname: imap.$mail_domain, listener: imaps}
    submission: {hostname: smtp.$mail_domain, listener: submissions}
END
}

# Leaves the process id in $postern_pid.
start_postern() {
    "$postern" serve --config "$postern_config" >>"$postern_log" 2>&1 </dev/null &
    postern_pid=$!
}

# True once it has said "ready", or is gone: then waiting longer is no use.
postern_is_settled() { grep -q '"event":"ready"' "$postern_log" || process_gone "$postern_pid"; }

# stop_postern: ends it and leaves its exit status in $postern_status (137: it had to be killed).
stop_postern() {
    [[ -n ${postern_pid:-} ]] || return 0
    kill -TERM "$postern_pid" 2>/dev/null || true
    wait_until 30 process_gone "$postern_pid" || kill -KILL "$postern_pid"
    postern_status=0
    wait "$postern_pid" || postern_status=$?
    postern_pid=
}
