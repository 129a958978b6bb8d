# The try-outs that the demo prints, done by itself. Each prints one ok or FAIL line. Sourced.
# shellcheck shell=bash

passed=0 failed=0

# try NAME COMMAND...: what the command prints goes to log/check.log.
try() {
    local name=$1
    shift
    printf -- '--- %s\n' "$name" >>"$check_log"
    if "$@" >>"$check_log" 2>&1; then
        good "$name"
        passed=$((passed + 1))
    else
        bad "$name   (see $check_log)"
        failed=$((failed + 1))
    fi
}

fetch() { curl --silent --show-error --max-time 20 --cacert "$demo_dir/tls/ca.pem" "$@"; }
imap_as() { # imap_as PERSON PATH [OPTION...]
    local person=$1 path=$2
    shift 2
    fetch --netrc-file "$demo_dir/clients/$person.netrc" "imaps://$demo_host:$port_imaps/$path" "$@"
}
web() { fetch --fail --connect-to "::127.0.0.1:$port_https" "$@"; }

imap_by_starttls() {
    fetch --ssl-reqd --netrc-file "$demo_dir/clients/teacher.netrc" "imap://$demo_host:$port_imap/INBOX" -X 'STATUS INBOX (MESSAGES)'
}
no_login_before_tls() {
    local status=0
    fetch --netrc-file "$demo_dir/clients/teacher.netrc" "imap://$demo_host:$port_imap/" || status=$?
    ((status == 67)) # curl's "login denied"
}

send_as() { # send_as PERSON MECHANISM SUBJECT: to the teacher
    timeout 60 swaks --config "$demo_dir/clients/$1.swaks" --auth "$2" --server "$demo_host" --port "$port_smtps" --tls-on-connect \
        --tls-verify --tls-ca-path "$demo_dir/tls/ca.pem" --auth-hide-password --timeout 20 \
        --from "${!1}" --to "$teacher" --header "Subject: $3" --body 'Sent by scripts/demo --check.'
}

send_by_starttls() { # send_by_starttls SUBJECT: as the teacher, to himself
    timeout 60 swaks --config "$demo_dir/clients/teacher.swaks" --auth PLAIN --server "$demo_host" --port "$port_submission" --tls \
        --tls-verify --tls-ca-path "$demo_dir/tls/ca.pem" --auth-hide-password --timeout 20 \
        --from "$teacher" --to "$teacher" --header "Subject: $1" --body 'Sent by scripts/demo --check.'
}

# arrived SUBJECT RELAY: the teacher finds the message by IMAP, and RELAY has put its name into it.
arrived() {
    local index
    index=$(imap_as teacher INBOX -X "SEARCH SUBJECT $1" | tr -dc '0-9 ' | awk '{ print $NF }')
    [[ -n $index ]] || return 1
    imap_as teacher "INBOX;MAILINDEX=$index" | grep -F "by $2.internal.$mail_domain (Postfix)"
}
arrives() { wait_until 20 arrived "$@"; }

wrong_password_refused() {
    local status=0
    printf 'user = "%s:not-the-password"\n' "$teacher" | fetch --config - "imaps://$demo_host:$port_imaps/" || status=$?
    ((status == 67)) # curl's "login denied"
}

relay_refuses_strangers() {
    local status=0
    timeout 60 swaks --server "127.0.0.1:$port_relay_smtp" --from "$teacher" --to "$teacher" --timeout 20 || status=$?
    ((status == 24)) # swaks' "no recipient was accepted"
}

autodiscover() {
    web "https://autodiscover.$mail_domain/autodiscover/autodiscover.xml" -H 'Content-Type: text/xml' --data-binary @- <<END |
<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
  <Request>
    <EMailAddress>$teacher</EMailAddress>
    <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>
  </Request>
</Autodiscover>
END
        grep -F "<Server>imap.$mail_domain</Server>"
}

redirects() {
    fetch --output /dev/null --write-out '%{http_code} %{redirect_url}\n' --connect-to "::127.0.0.1:$port_http" \
        "http://autoconfig.$mail_domain/mail/config-v1.1.xml" | grep -E '^30[1278] https://'
}

route_of_admin() {
    "$postern" route explain "$admin" --protocol smtp --from 127.0.0.1 --config "$postern_config" | grep smtpadm
}

run_try_outs() {
    try 'IMAP: the teacher logs in and lists folders' imap_as teacher ''
    try 'IMAP: the administrative account logs in' imap_as admin ''
    try 'IMAP: a wrong password is refused' wrong_password_refused
    try 'submission: the teacher sends (swaks, AUTH PLAIN)' send_as teacher PLAIN check-teacher
    try 'submission: the administrative account sends (swaks, AUTH LOGIN)' send_as admin LOGIN check-admin
    try 'STARTTLS: the teacher reads' imap_by_starttls
    try 'STARTTLS: nobody logs in before it' no_login_before_tls
    try 'STARTTLS: the teacher sends' send_by_starttls check-starttls
    try "the teacher's mail came through the relay smtp" arrives check-teacher smtp
    try "the administrative account's mail came through the relay smtpadm" arrives check-admin smtpadm
    try 'the relays refuse whoever postern has not logged in' relay_refuses_strangers
    try 'autoconfig: config-v1.1.xml' autoconfig_of "autoconfig.$mail_domain/mail/config-v1.1.xml"
    try 'autoconfig: the well-known address' autoconfig_of "$mail_domain/.well-known/autoconfig/mail/config-v1.1.xml"
    try 'autodiscover: POST as Outlook does' autodiscover
    try 'http leads to https' redirects
    try 'route explain names the relay of the administration' route_of_admin
}

autoconfig_of() { web "https://$1" | grep -F "<hostname>imap.$mail_domain</hostname>"; }
