"""A certificate of a server on this machine, as deployments have them today: ECDSA on P-256."""

import contextlib
import dataclasses
import pathlib
import subprocess
import tempfile


@dataclasses.dataclass(frozen=True)
class Certificate:
    certificate: pathlib.Path
    key: pathlib.Path
    both: pathlib.Path


@contextlib.contextmanager
def certificate():
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        made = Certificate(*(pathlib.Path(folder) / f"{name}.pem" for name in ("cert", "key", "both")))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", made.key, "-out", made.certificate],
            check=True, capture_output=True)
        made.both.write_bytes(made.certificate.read_bytes() + made.key.read_bytes())
        yield made
