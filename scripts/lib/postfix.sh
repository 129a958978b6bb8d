# Postfix instances of the demo's own: relays that take mail only from users whom postern has authenticated. Sourced.
# Postfix's master must be root; its folder is made as root for the same reason.
# shellcheck shell=bash

# write_postfix FOLDER NAME PORT LOG LMTP_SOCKET
write_postfix() {
    local folder=$1
    as_root mkdir -p "$folder/config" "$folder/queue" "$folder/data"
    as_root chmod 755 "$folder" "$folder/config" "$folder/queue"
    as_root chown postfix "$folder/data"
    as_root chmod 700 "$folder/data"
    postfix_main "$@" | as_root tee "$folder/config/main.cf" >/dev/null
    postfix_master "$3" | as_root tee "$folder/config/master.cf" >/dev/null
}

postfix_main() {
    cat <<END
compatibility_level = 3.6
config_directory = $1/config
queue_directory = $1/queue
data_directory = $1/data
maillog_file = $4
maillog_file_prefixes = $(dirname "$4")
syslog_name = postfix-$2

myhostname = $2.internal.$mail_domain
mydomain = $mail_domain
myorigin = \$mydomain
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no

# postern says who the user is (XCLIENT LOGIN); nobody else may send, not even from this host. SASL must be on for Postfix
# 3.7 to heed check_sasl_access; it is "only with TLS", and then asks Dovecot, where no user has a password.
smtpd_authorized_xclient_hosts = 127.0.0.1
mynetworks =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = $(dirname "$5")/auth-relays
smtpd_tls_auth_only = yes
smtpd_tls_security_level = may
smtpd_tls_cert_file = $demo_dir/tls/server.pem
smtpd_tls_key_file = $demo_dir/tls/server.key
smtpd_relay_restrictions = check_sasl_access static:permit, reject
smtpd_recipient_restrictions = check_sasl_access static:permit, reject
smtpd_sasl_authenticated_header = yes

# Mail of the demo's domain comes back through Dovecot; all other is refused, nothing leaves this host.
mydestination =
alias_maps =
alias_database =
local_transport = error:5.1.1 no local mailboxes
virtual_mailbox_domains = $mail_domain
virtual_mailbox_maps =
virtual_transport = lmtp:unix:$5
default_transport = error:5.7.1 the demo sends no mail to the outside
relay_transport = error:5.7.1 the demo sends no mail to the outside
relayhost =

message_size_limit = 62914560
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_forbid_bare_newline = normalize
smtpd_forbid_bare_newline_exclusions =
# Tests speak wrongly on purpose and often.
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
END
}

postfix_master() {
    cat <<END
# service    type  private unpriv chroot wakeup maxproc command
127.0.0.1:$1 inet  n       -      n      -      -       smtpd
cleanup      unix  n       -      n      -      0       cleanup
qmgr         unix  n       -      n      300    1       qmgr
rewrite      unix  -       -      n      -      -       trivial-rewrite
bounce       unix  -       -      n      -      0       bounce
defer        unix  -       -      n      -      0       bounce
trace        unix  -       -      n      -      0       bounce
flush        unix  n       -      n      1000?  0       flush
proxymap     unix  -       -      n      -      -       proxymap
error        unix  -       -      n      -      -       error
retry        unix  -       -      n      -      -       error
lmtp         unix  -       -      n      -      -       lmtp
anvil        unix  -       -      n      -      1       anvil
tlsmgr       unix  -       -      n      1000?  1       tlsmgr
postlog      unix-dgram n  -      n      -      1       postlogd
END
}

start_postfix() { as_root postfix -c "$1/config" start; }

postfix_runs() { as_root postfix -c "$1/config" status >/dev/null 2>&1; }

# stop_postfix FOLDER: the master takes its children along; it leads a process group of its own.
stop_postfix() {
    postfix_runs "$1" || return 0
    local pid
    pid=$(as_root cat "$1/queue/pid/master.pid")
    pid=${pid// /}
    as_root kill -TERM "$pid"
    wait_until 10 process_gone "$pid" || as_root kill -KILL -- "-$pid"
}
