"""A real RFC 3161 authority: `openssl ts` behind HTTP on this machine, with a root and a certificate for stamping."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIG = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa-key.pem
signer_digest = sha256
certs = {folder}/root.pem
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """`root`: its certificate (PEM). `wrong`: what is done to the next answers: "" nothing; old: the last one again; broken: no DER;
    refused: 500; moved: a redirect; another service: no HTTP."""

    url: str
    root: Path
    wrong: str = ""
    last: bytes = b""
    asked: int = 0


def certificates(folder: Path, usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING) -> None:
    """root.pem, tsa.pem and tsa-key.pem."""
    start, end = datetime.now(UTC) - timedelta(minutes=5), datetime.now(UTC) + timedelta(days=2)
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n)]) for n in ("Ropewalk test root", "Ropewalk test stamps")]
    made = [
        x509.CertificateBuilder().subject_name(name).issuer_name(names[0]).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
        for name, key in zip(names, keys, strict=True)
    ]  # fmt: skip
    root = made[0].add_extension(x509.BasicConstraints(True, None), critical=True)
    leaf = made[1].add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    for name, builder in (("root", root), ("tsa", leaf)):
        (folder / f"{name}.pem").write_bytes(builder.sign(keys[0], hashes.SHA256()).public_bytes(Encoding.PEM))
    (folder / "tsa-key.pem").write_bytes(keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    folder.mkdir(parents=True)
    certificates(folder)
    (folder / "serial").write_text("01\n")
    (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder))
    made = Authority("", folder / "root.pem")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            query = folder / "query.tsq"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            made.asked += 1
            words = ["openssl", "ts", "-reply", "-config", str(folder / "openssl.cnf"), "-queryfile", str(query)]
            if made.wrong != "old":
                made.last = subprocess.run(words, check=True, capture_output=True).stdout
            if made.wrong == "another service":
                self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
                return
            self.send_response({"refused": 500, "moved": 302}.get(made.wrong, 200))
            if made.wrong == "moved":
                self.send_header("Location", f"{made.url}/elsewhere")
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(b"nothing" if made.wrong == "broken" else made.last)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/tsr"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def openssl_says(head: str, answer: Path, root: Path) -> bool:
    """Whether `openssl ts -verify` takes the answer for this head."""
    data = answer.with_suffix(".txt")
    data.write_text(head)
    words = ["openssl", "ts", "-verify", "-data", str(data), "-in", str(answer), "-CAfile", str(root)]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0
