"""Certificates for one test, made with openssl."""

import pathlib
import subprocess


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, check=True, capture_output=True).stdout


class Authority:
    """One whose files stand in `folder`; it is made unless they are there."""

    def __init__(self, folder, name):
        self.folder, self.name = pathlib.Path(folder), name
        self.file = self.folder / f"{name}.pem"
        if self.file.exists():
            return
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

    def revocations(self, *revoked):
        """The file of its list, which names these certificates."""
        index, config, revocations = (self.folder / f"{self.name}.{kind}" for kind in ("index", "cnf", "crl"))
        index.write_text("")
        config.write_text(f"[ca]\ndefault_ca = this\n[this]\ndatabase = {index}\ndefault_md = sha256\ndefault_crl_days = 1\n")
        signer = ["-config", config, "-cert", self.file, "-keyfile", self.folder / f"{self.name}.key"]
        for certificate in revoked:
            openssl("ca", *signer, "-revoke", certificate)
        openssl("ca", *signer, "-gencrl", "-out", revocations)
        return revocations


def pin(certificate):
    """As docs/configuration.md has it computed."""
    key = openssl("x509", "-in", certificate, "-noout", "-pubkey")
    return openssl("base64", "-A", stdin=openssl("dgst", "-sha256", "-binary", stdin=openssl("pkey", "-pubin", "-outform", "der", stdin=key))).decode()
