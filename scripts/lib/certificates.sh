# A certificate authority of the demo's own and one server certificate. Sourced.
# shellcheck shell=bash

# make_certificates FOLDER DOMAIN: writes ca.pem, ca.key, server.pem (with its chain) and server.key.
make_certificates() {
    mkdir -p "$1"
    certificate_config "$2" >"$1/openssl.cnf"
    (
        umask 077
        cd "$1"
        for name in ca server; do
            openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name.key" 2>/dev/null
        done
        openssl req -config openssl.cnf -new -x509 -key ca.key -days 30 -extensions authority \
            -subj '/CN=postern demo authority' -out ca.pem
        openssl req -config openssl.cnf -new -key server.key -subj "/CN=$2" -out server.csr
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial "0x$(openssl rand -hex 8)" -days 30 \
            -extfile openssl.cnf -extensions server -out server.only.pem 2>/dev/null
        cat server.only.pem ca.pem >server.pem
        rm server.csr server.only.pem
    ) || die "openssl could not make the demo's certificates in $1"
    chmod 644 "$1/ca.pem"
}

certificate_config() {
    cat <<END
[req]
distinguished_name = subject
prompt = no
[subject]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:$1,DNS:imap.$1,DNS:smtp.$1,DNS:autoconfig.$1,DNS:autodiscover.$1,DNS:localhost,IP:127.0.0.1
END
}
