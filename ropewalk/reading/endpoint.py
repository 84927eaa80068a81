"""Looks at the TLS of an HTTPS endpoint from outside: two handshakes, no request and no credentials."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509

_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Probe:
    """version: `TLSv1.3`, `none` for plain HTTP, None where it could not be told; trusted: the certificate holds for the host."""

    version: str | None
    trusted: bool = False
    cipher: str = ""
    certificate_expires: datetime | None = None
    error: str = ""


def probe(url: str) -> Probe:
    """A handshake that looks at the certificate without trusting it, then one that asks whether to trust it. Never raises."""
    parts = urlsplit(url)
    if parts.scheme == "http":
        return Probe("none", error="the endpoint is plain HTTP")
    host, port = parts.hostname or "", parts.port or 443
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), _TIMEOUT) as plain, context.wrap_socket(plain, server_hostname=host) as secure:
            raw, cipher, version = secure.getpeercert(binary_form=True), secure.cipher(), secure.version()
    except (OSError, ValueError) as error:
        return Probe(None, error=f"no handshake with the endpoint ({type(error).__name__})")
    expires = x509.load_der_x509_certificate(raw).not_valid_after_utc if raw else None
    trusted, why = _trusted(host, port)
    return Probe(version, trusted, cipher[0] if cipher else "", expires, why)


def _trusted(host: str, port: int) -> tuple[bool, str]:
    try:
        with socket.create_connection((host, port), _TIMEOUT) as plain, ssl.create_default_context().wrap_socket(plain, server_hostname=host):
            return True, ""
    except ssl.SSLError as error:
        return False, f"the certificate is not trusted ({getattr(error, 'verify_message', '') or error.reason})"
    except OSError as error:
        return False, f"no second handshake ({type(error).__name__})"
