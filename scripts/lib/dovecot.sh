# A Dovecot of the demo's own: IMAP on a loopback port, LMTP on a socket, everything in one folder. Sourced.
# shellcheck shell=bash

# write_dovecot FOLDER PORT LOG MASTER_USER PASSWORD_FILE PROXIED_PORT: the last one wants a PROXY header.
# Users have no password here: only the master user can log in, as somebody ("user*master").
write_dovecot() {
    local folder=$1 master=$4 password_file=$5 mail_user=mail internal=dovecot login=dovenull
    if ((EUID != 0)); then
        mail_user=$(id -un) internal=$mail_user login=$mail_user
    fi
    mkdir -p "$folder/mail"
    ((EUID != 0)) || chown mail:mail "$folder/mail"
    (
        umask 077
        printf '%s:{SSHA512}%s\n' "$master" "$(salted_sha512 "$password_file")" >"$folder/master-users"
        : >"$folder/users"
    )
    ((EUID != 0)) || chown "$internal" "$folder/master-users" "$folder/users"
    dovecot_config "$@" >"$folder/dovecot.conf"
}

# Dovecot's SSHA512: base64 of the digest of password and salt, followed by the salt.
salted_sha512() {
    local salt
    salt=$(openssl rand -hex 8)
    {
        { tr -d '\n' <"$1" && printf '%s' "$salt"; } | openssl dgst -sha512 -binary
        printf '%s' "$salt"
    } | openssl base64 -A
}

dovecot_config() {
    cat <<END
base_dir = $1/run
state_dir = $1/run
log_path = $3
log_timestamp = "%Y-%m-%d %H:%M:%S "
listen = 127.0.0.1
protocols = imap lmtp
default_internal_user = $internal
default_internal_group = $(id -gn "$internal")
default_login_user = $login

# postern stands before it on this host: clear text never leaves the loopback interface. Who wants TLS gets it by STARTTLS.
ssl = yes
ssl_cert = <$demo_dir/tls/server.pem
ssl_key = <$demo_dir/tls/server.key
disable_plaintext_auth = no
login_trusted_networks = 127.0.0.1
haproxy_trusted_networks = 127.0.0.1

auth_mechanisms = plain login
auth_username_format = %Lu
auth_master_user_separator = *
passdb {
  driver = passwd-file
  args = $1/master-users
  master = yes
}
# Dovecot wants a password database for users too; this one is empty.
passdb {
  driver = passwd-file
  args = $1/users
}
userdb {
  driver = static
  args = uid=$mail_user gid=$(id -gn "$mail_user") home=$1/mail/%Lu allow_all_users=yes
}

# With CRLF in the files, a stored message is byte for byte what IMAP gives out.
mail_location = maildir:~/Maildir
mail_save_crlf = yes
first_valid_uid = $(id -u "$mail_user")
mail_max_userip_connections = 5000
default_client_limit = 5000
postmaster_address = postmaster@$mail_domain

service imap-login {
  chroot =
  service_count = 0
  inet_listener imap {
    address = 127.0.0.1
    port = $2
  }
  inet_listener imap-proxied {
    address = 127.0.0.1
    port = $6
    haproxy = yes
  }
  inet_listener imaps {
    port = 0
  }
}
# COMPRESS=DEFLATE, which postern hides unless it is told otherwise.
protocol imap {
  mail_plugins = zlib imap_zlib
}
# A thousand sessions are a few processes, not a thousand.
service imap {
  client_limit = 100
}
service auth {
  unix_listener auth-relays {
    mode = 0666
  }
}
service lmtp {
  unix_listener lmtp {
    mode = 0666
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
END
}

start_dovecot() { dovecot -c "$1/dovecot.conf"; }

# dovecot_pid FOLDER: Dovecot removes the file when it ends in order; after a crash it may name another process.
dovecot_pid() {
    local pid
    [[ -s $1/run/master.pid ]] || return 1
    pid=$(<"$1/run/master.pid")
    [[ -r /proc/$pid/comm && $(<"/proc/$pid/comm") == dovecot ]] && echo "$pid"
}

stop_dovecot() {
    local pid
    pid=$(dovecot_pid "$1") || return 0
    kill -TERM "$pid"
    wait_until 10 process_gone "$pid" || kill -KILL "$pid"
}
