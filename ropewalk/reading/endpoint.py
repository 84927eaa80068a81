"""Looks at the TLS of an HTTPS endpoint from outside: handshakes, no request and no credentials."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from ropewalk.model import Fact
from ropewalk.reading.tlsprobe import look

_TIMEOUT = 10.0
_REASON = re.compile(r"certificate verify failed: ([^(:]+)")


@dataclass(frozen=True, slots=True)
class Probe:
    """version: `TLSv1.3`, `none` for plain HTTP, None where it could not be told; trusted: the certificate holds for the host.

    least: as of `Handshake`.
    """

    version: str | None
    trusted: bool = False
    cipher: str = ""
    certificate_expires: datetime | None = None
    error: str = ""
    least: str | None = None


def certificate_facts(fact: Callable[..., Fact], seen: Probe, how: str, authority: str) -> Iterator[Fact]:
    """tls_cert_expires, tls_cert_trusted and tls_min_version as far as they are known; authority: how a source names the certificates to trust."""
    if seen.least:
        yield fact("tls_min_version", seen.least, f"a handshake of TLS 1.1 is {'refused' if seen.least == 'TLSv1.2' else 'accepted'}")
    if seen.certificate_expires is not None:
        yield fact("tls_cert_expires", seen.certificate_expires.isoformat(), how)
        mend = f"{seen.error}; name its authority ({authority}), or a certificate for the name of the endpoint"
        yield fact("tls_cert_trusted", seen.trusted, how if seen.trusted else f"{how}: {mend}")


def probe(url: str, authority: str = "") -> Probe:
    """Looks at the certificate, and whether to trust it by `authority` (a file), or by what this machine knows. Never raises."""
    parts = urlsplit(url)
    if parts.scheme == "http":
        return Probe("none", error="the endpoint is plain HTTP")
    host, port = parts.hostname or "", parts.port or 443
    try:
        seen = look(lambda: socket.create_connection((host, port), _TIMEOUT), host, authority)
    except (OSError, ValueError) as error:
        return Probe(None, error=f"no handshake with the endpoint ({type(error).__name__})")
    if seen is None:
        return Probe(None, error="no handshake with the endpoint")
    why = f"the certificate is not trusted ({seen.distrust})" if seen.distrust else ""
    return Probe(seen.version or None, not seen.distrust, seen.cipher, seen.expires, why, seen.least)


def refusal(error: BaseException) -> str:
    """Why a certificate was refused, in OpenSSL's words and brackets, after a blank; "" where that is not told. Names of hosts are left out."""
    found = _REASON.search(str(error))
    reason = found[1].strip(" .,") if found else ""
    return f" ({'it bears another name' if re.search('match', reason) else reason})" if reason else ""
