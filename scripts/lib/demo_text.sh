# What the demo writes for people and for other programs. Sourced.
# shellcheck shell=bash

# The clients' passwords, in files that clients read: so that none stands in a command line or a shell's history.
write_client_files() {
    local folder=$demo_dir/clients person login password
    mkdir -p "$folder"
    (
        umask 077
        for person in teacher admin pupil; do
            login=${!person} password="${person}_password"
            password=${!password}
            printf 'machine %s login %s password %s\n' "$demo_host" "$login" "$password" >"$folder/$person.netrc"
            printf 'auth-user %s\nauth-password %s\n' "$login" "$password" >"$folder/$person.swaks"
        done
    )
}

# For other programs: shell variables, each quoted for the shell. Whoever sees the file sees it whole.
write_env_file() {
    local file=$1
    (
        umask 077
        demo_variables | while IFS='=' read -r name value; do printf '%s=%q\n' "$name" "$value"; done >"$file.new"
    )
    mv "$file.new" "$file"
}

demo_variables() {
    cat <<END
POSTERN_PID=$postern_pid
CAFILE=$demo_dir/tls/ca.pem
IMAP_HOST=$demo_host
IMAP_PORT=$port_imaps
SMTP_HOST=$demo_host
SMTP_PORT=$port_smtps
IMAP_STARTTLS_PORT=$port_imap
SMTP_STARTTLS_PORT=$port_submission
HTTP_PORT=$port_http
HTTPS_PORT=$port_https
METRICS_PORT=$port_metrics
MAIL_DOMAIN=$mail_domain
TEACHER=$teacher
TEACHER_PASSWORD=$teacher_password
TEACHER_ALIAS=$teacher_alias
ADMIN=$admin
ADMIN_PASSWORD=$admin_password
PUPIL=$pupil
PUPIL_PASSWORD=$pupil_password
SUSPENDED=$suspended
SUSPENDED_PASSWORD=$suspended_password
BACKEND_IMAP_PORT=$port_backend_imap
BACKEND_IMAP_PROXIED_PORT=$port_backend_imap_proxied
RELAY_SMTP_PORT=$port_relay_smtp
RELAY_SMTPADM_PORT=$port_relay_smtpadm
DEMO_DIR=$demo_dir
POSTERN_BINARY=$postern
POSTERN_CONFIG=$postern_config
POSTERN_LOG=$postern_log
DOVECOT_LOG=$demo_dir/log/dovecot.log
RELAY_SMTP_LOG=$demo_dir/log/smtp.log
RELAY_SMTPADM_LOG=$demo_dir/log/smtpadm.log
DOVECOT_CONFIG=$demo_dir/dovecot/dovecot.conf
RELAY_SMTP_CONFIG=$demo_dir/smtp/config
RELAY_SMTPADM_CONFIG=$demo_dir/smtpadm/config
SERVER_CERTIFICATE=$demo_dir/tls/server.pem
END
}

print_what_to_try() {
    local ca=$demo_dir/tls/ca.pem clients=$demo_dir/clients
    cat <<END

${bold}postern is up.${plain} Two people can log in, with the same client settings:

  teacher                $teacher   password $teacher_password
  administrative staff   $admin     password $admin_password

${bold}Read mail${plain}
  curl --cacert $ca --netrc-file $clients/teacher.netrc 'imaps://$demo_host:$port_imaps/INBOX' -X 'STATUS INBOX (MESSAGES)'
  curl --cacert $ca --netrc-file $clients/teacher.netrc 'imaps://$demo_host:$port_imaps/INBOX;MAILINDEX=1'

${bold}Send mail${plain}; the Received: lines of what arrives show "smtp" for the teacher, "smtpadm" for the administration
  swaks --config $clients/teacher.swaks --server $demo_host --port $port_smtps --tls-on-connect --tls-verify --tls-ca-path $ca --auth PLAIN --from $teacher --to $teacher
  swaks --config $clients/admin.swaks --server $demo_host --port $port_smtps --tls-on-connect --tls-verify --tls-ca-path $ca --auth LOGIN --from $admin --to $teacher

${bold}Speak the protocols yourself${plain}
  openssl s_client -connect $demo_host:$port_imaps -CAfile $ca -verify_return_error -crlf -quiet
  openssl s_client -connect $demo_host:$port_smtps -CAfile $ca -verify_return_error -crlf -quiet

${bold}The old way, STARTTLS${plain}: no password is taken before it
  curl --ssl-reqd --cacert $ca --netrc-file $clients/teacher.netrc 'imap://$demo_host:$port_imap/INBOX' -X 'STATUS INBOX (MESSAGES)'
  swaks --config $clients/teacher.swaks --server $demo_host --port $port_submission --tls --tls-verify --tls-ca-path $ca --auth PLAIN --from $teacher --to $teacher
  openssl s_client -starttls imap -connect $demo_host:$port_imap -CAfile $ca -verify_return_error -crlf -quiet

${bold}What mail clients are told${plain}
  curl --cacert $ca --connect-to ::127.0.0.1:$port_https https://autoconfig.$mail_domain/mail/config-v1.1.xml
  curl --cacert $ca --connect-to ::127.0.0.1:$port_https https://$mail_domain/.well-known/autoconfig/mail/config-v1.1.xml
  curl --cacert $ca --connect-to ::127.0.0.1:$port_https https://autodiscover.$mail_domain/autodiscover/autodiscover.xml

${bold}Thunderbird, set up by hand${plain} (import $ca as an authority first: Settings, Certificates)
  IMAP   server $demo_host, port $port_imaps, SSL/TLS, normal password
  SMTP   server $demo_host, port $port_smtps, SSL/TLS, normal password

${bold}How postern is doing${plain}
  curl http://127.0.0.1:$port_metrics/metrics
  curl http://127.0.0.1:$port_metrics/health/ready

${bold}Why somebody goes where${plain}
  $postern route explain $admin --protocol smtp --from 127.0.0.1 --config $postern_config

${bold}Files${plain}
  configuration   $postern_config
  logs            $demo_dir/log/{postern,dovecot,smtp,smtpadm}.log

Ctrl-C ends everything$([[ $keep_dir == yes ]] || echo " and removes $demo_dir").
END
}
