"""Certificates for one test, made with openssl."""

import pathlib
import subprocess


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, check=True, capture_output=True).stdout


class Authority:
    """One that signs for clients; its files stand in `folder`."""

    def __init__(self, folder, name):
        self.folder, self.name = pathlib.Path(folder), name
        self.file = self.folder / f"{name}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", self.folder / f"{name}.key", "-out", self.file)

    def sign(self, name, *, extensions="extendedKeyUsage=clientAuth", days=1):
        """The files of a new certificate and its key. -1 day: it ran out yesterday."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request = openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                          "-keyout", key)
        config = self.folder / f"{name}.extensions"
        config.write_text(extensions)
        openssl("x509", "-req", "-CA", self.file, "-CAkey", self.folder / f"{self.name}.key", "-days", days, "-extfile", config, "-out", certificate,
                stdin=request)
        return certificate, key


def pin(certificate):
    """As docs/configuration.md has it computed."""
    key = openssl("x509", "-in", certificate, "-noout", "-pubkey")
    return openssl("base64", "-A", stdin=openssl("dgst", "-sha256", "-binary", stdin=openssl("pkey", "-pubin", "-outform", "der", stdin=key))).decode()
