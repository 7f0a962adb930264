"""Certificates for tests, made by the openssl program."""

import pathlib
import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]


class Certificates:
    """Authorities and what they have issued: `NAME.pem` with `NAME-key.pem`, in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.authority("ca")

    def path(self, name):
        return self.folder / f"{name}.pem"

    def bytes(self, name):
        return self.path(name).read_bytes()

    def authority(self, name):
        self.request(name)

    def issue(self, name, names, by="ca"):
        """Issues a certificate for names such as `DNS:localhost`; each file is replaced whole."""
        self.request(
            name, "-CA", self.path(by), "-CAkey", self.path(f"{by}-key"),
            "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE")

    def request(self, name, *arguments):
        parts = [f"{name}-key", name]
        key, certificate = (self.folder / f"{part}.new" for part in parts)
        subprocess.run(
            ["openssl", "req", "-x509", *KEY, "-subj", f"/CN={name}", *arguments,
             "-keyout", key, "-out", certificate], check=True, capture_output=True)
        for part in parts:
            (self.folder / f"{part}.new").rename(self.path(part))
