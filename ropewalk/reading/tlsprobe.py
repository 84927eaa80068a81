"""Looks at the TLS of a database server from outside: a handshake, no sign-in, no password.

PostgreSQL: SSLRequest and StartupMessage of its frontend/backend protocol. MySQL/MariaDB: the initial handshake and SSLRequest packet.
"""

from __future__ import annotations

import socket
import ssl
import struct
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

_TIMEOUT = 10.0
_SSL_REQUEST = struct.pack("!II", 8, 80877103)
_CLIENT_SSL, _PROTOCOL_41, _SECURE = 0x800, 0x200, 0x8000


@dataclass(frozen=True, slots=True)
class Handshake:
    """What was agreed on with the server: `TLSv1.3`, a cipher's name, and when its certificate ends."""

    version: str
    cipher: str
    expires: datetime | None


def postgresql(host: str, port: int) -> Handshake | None:
    """None where the server has no TLS. Raises OSError where it cannot be reached."""
    with socket.create_connection((host, port), _TIMEOUT) as plain:
        plain.sendall(_SSL_REQUEST)
        return _wrapped(plain, host) if plain.recv(1) == b"S" else None


def postgresql_plain(host: str, port: int, user: str, database: str) -> bool | None:
    """Whether the server would go on without TLS for this user: it asks for a password (True) or refuses (False). None is sent."""
    body = struct.pack("!I", 196608) + b"".join(p.encode() + b"\0" for p in ("user", user, "database", database)) + b"\0"
    with socket.create_connection((host, port), _TIMEOUT) as plain:
        plain.sendall(struct.pack("!I", len(body) + 4) + body)
        answer = plain.recv(1024)
    if answer[:1] == b"R":
        return True
    return False if answer[:1] == b"E" and b"C28000\0" in answer else None


def mysql(host: str, port: int) -> Handshake | None:
    """As `postgresql`, for MySQL and MariaDB."""
    with socket.create_connection((host, port), _TIMEOUT) as plain:
        greeting = _packet(plain)
        if greeting[:1] != b"\x0a":
            return None
        after = greeting.index(b"\0", 1) + 1 + 4 + 8 + 1
        if not struct.unpack_from("<H", greeting, after)[0] & _CLIENT_SSL:
            return None
        request = struct.pack("<IIB23x", _CLIENT_SSL | _PROTOCOL_41 | _SECURE, 2**24, 45)
        plain.sendall(struct.pack("<I", len(request))[:3] + b"\x01" + request)
        return _wrapped(plain, host)


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


def _wrapped(plain: socket.socket, host: str) -> Handshake:
    """Certificates are looked at, not trusted: an expired one must be seen too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with context.wrap_socket(plain, server_hostname=host) as secure:
        raw, cipher = secure.getpeercert(binary_form=True), secure.cipher()
        expires = x509.load_der_x509_certificate(raw).not_valid_after_utc if raw else None
        return Handshake(secure.version() or "", cipher[0] if cipher else "", expires)
