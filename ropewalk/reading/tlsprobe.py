"""Looks at the TLS of a database server from outside: a handshake, no sign-in, no password.

PostgreSQL: SSLRequest and StartupMessage of its frontend/backend protocol. MySQL/MariaDB: the initial handshake and SSLRequest packet.
"""

from __future__ import annotations

import socket
import ssl
import struct
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from cryptography import x509

from ropewalk.model import Fact

_TIMEOUT = 10.0
_SSL_REQUEST = struct.pack("!II", 8, 80877103)
_CLIENT_SSL, _PROTOCOL_41, _SECURE = 0x800, 0x200, 0x8000


@dataclass(frozen=True, slots=True)
class Handshake:
    """What was agreed on with the server: `TLSv1.3`, a cipher's name, and when its certificate ends."""

    version: str
    cipher: str
    expires: datetime | None
    distrust: str = ""
    """Why the certificate does not hold for this host by the authority asked for, or by any that this machine knows; empty where it does."""
    least: str | None = None
    """`TLSv1.1` where the server agrees on so old a version, `TLSv1.2` where it refuses it, None where this machine cannot offer it."""


def postgresql(host: str, port: int, authority: str = "") -> Handshake | None:
    """None where the server has no TLS; authority: a file of the certificates to trust. Raises OSError where it cannot be reached."""

    def opened() -> socket.socket | None:
        plain = socket.create_connection((host, port), _TIMEOUT)
        plain.sendall(_SSL_REQUEST)
        if plain.recv(1) == b"S":
            return plain
        plain.close()
        return None

    return look(opened, host, authority)


def near(host: str) -> bool:
    """Whether the host is this machine, by its name or number alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def postgresql_plain(host: str, port: int, user: str, database: str) -> bool | None:
    """Whether the server would go on without TLS for this user: it asks for a password (True) or refuses (False). None is sent."""
    body = struct.pack("!I", 196608) + b"".join(p.encode() + b"\0" for p in ("user", user, "database", database)) + b"\0"
    with socket.create_connection((host, port), _TIMEOUT) as plain:
        plain.sendall(struct.pack("!I", len(body) + 4) + body)
        answer = plain.recv(1024)
    if answer[:1] == b"R":
        return True
    return False if answer[:1] == b"E" and b"C28000\0" in answer else None


def mysql(host: str, port: int, authority: str = "") -> Handshake | None:
    """As `postgresql`, for MySQL and MariaDB."""

    def opened() -> socket.socket | None:
        plain = socket.create_connection((host, port), _TIMEOUT)
        greeting = _packet(plain)
        after = greeting.index(b"\0", 1) + 1 + 4 + 8 + 1 if greeting[:1] == b"\x0a" else 0
        if not after or not struct.unpack_from("<H", greeting, after)[0] & _CLIENT_SSL:
            plain.close()
            return None
        request = struct.pack("<IIB23x", _CLIENT_SSL | _PROTOCOL_41 | _SECURE, 2**24, 45)
        plain.sendall(struct.pack("<I", len(request))[:3] + b"\x01" + request)
        return plain

    return look(opened, host, authority)


def least_fact(fact: Callable[..., Fact], told: str | None, setting: str, seen: Handshake | None, needs: str) -> Fact:
    """tls_min_version, by a setting of the server where it may be read, else by its answer to an old handshake."""
    if told or seen is None or seen.least is None:
        return fact("tls_min_version", told, setting, "" if told else needs)
    return fact("tls_min_version", seen.least, f"a handshake of TLS 1.1 is {'refused' if seen.least == 'TLSv1.2' else 'accepted'}")


def certificate_facts(fact: Callable[..., Fact], seen: Handshake | None, how: str, needs: str, authority: str) -> Iterator[Fact]:
    """tls_cert_expires and tls_cert_trusted; needs: what turns TLS on; authority: how the uri of a source names the certificates to trust."""
    yield fact("tls_cert_expires", seen.expires.isoformat() if seen and seen.expires else None, how, "" if seen else needs)
    if seen:
        mend = f"name its authority in the source's uri ({authority}), or a certificate for the name in the uri"
        yield fact("tls_cert_trusted", not seen.distrust, f"{how}{f': {seen.distrust}; {mend}' if seen.distrust else ''}")


def _packet(plain: socket.socket) -> bytes:
    head = _exactly(plain, 4)
    return _exactly(plain, int.from_bytes(head[:3], "little"))


def _exactly(plain: socket.socket, size: int) -> bytes:
    out = b""
    while len(out) < size:
        part = plain.recv(size - len(out))
        if not part:
            raise ConnectionError("the server closed the connection")
        out += part
    return out


def look(opened: Callable[[], socket.socket | None], host: str, authority: str) -> Handshake | None:
    """Three handshakes over fresh connections: one that only looks (an expired certificate must be seen too), one that verifies, an old one."""
    plain = opened()
    if plain is None:
        return None
    with plain, _context().wrap_socket(plain, server_hostname=host) as secure:
        raw, cipher, version = secure.getpeercert(binary_form=True), secure.cipher(), secure.version()
    expires = x509.load_der_x509_certificate(raw).not_valid_after_utc if raw else None
    return Handshake(version or "", cipher[0] if cipher else "", expires, _distrust(opened, host, authority), _least(opened, host))


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _distrust(opened: Callable[[], socket.socket | None], host: str, authority: str) -> str:
    try:
        context = ssl.create_default_context(cafile=authority or None)
        again = opened()
        if again is None:
            return "no second handshake"
        with again, context.wrap_socket(again, server_hostname=host):
            return ""
    except ssl.SSLCertVerificationError as error:
        return reason(error)
    except (OSError, ValueError) as error:
        return f"no second handshake ({type(error).__name__})"


def _least(opened: Callable[[], socket.socket | None], host: str) -> str | None:
    """Only what the server itself answers counts: this machine may be forbidden to speak so old a version."""
    try:
        context = _context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the old versions are what is asked for
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        again = opened()
        if again is None:
            return None
        with again, context.wrap_socket(again, server_hostname=host) as secure:
            return secure.version()
    except ssl.SSLError as error:
        return "TLSv1.2" if "ALERT" in str(error.reason).upper() else None
    except (OSError, ValueError):
        return None


def reason(error: ssl.SSLCertVerificationError) -> str:
    """OpenSSL's words; those on names quote the host, and are shortened."""
    said = str(error.verify_message or error.reason or "not verified")
    return "it is for another host" if "mismatch" in said or "doesn't match" in said or "not valid for" in said else said
