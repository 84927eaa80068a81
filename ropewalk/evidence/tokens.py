"""RFC 3161: asks an authority for a timestamp over HTTP, and checks its signature, certificate and message.

What is stamped is the head's hash as it is written: 64 hexadecimal digits. So `openssl ts -verify -data` checks it without Ropewalk.
"""

from __future__ import annotations

import hashlib
import urllib.error
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ropewalk.errors import ConfigError, EvidenceError, MissingExtraError
from ropewalk.evidence.der import sorted_certificates
from ropewalk.posting import posted

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

LONGEST = 2**20
"""Bytes of an answer that are read."""
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True, slots=True)
class Token:
    """What an authority attests: that the message was there at `at`. imprint: SHA-256 of it; authority: the name in its certificate."""

    at: datetime
    imprint: bytes
    authority: str


def imprint(head: str) -> bytes:
    return hashlib.sha256(head.encode()).digest()


def ask(head: str, url: str, authorities: bytes, where: str, timeout: float) -> tuple[bytes, Token]:
    """The answer (DER) of the authority at a URL, checked, also against the number sent with it. Raises EvidenceError, ConfigError."""
    client = _client()
    request = client.TimestampRequestBuilder().data(head.encode()).hash_algorithm(client.base.HashAlgorithm.SHA256).build()
    answer = _post(url, request.as_bytes(), timeout)
    return answer, check(answer, authorities, where, nonce=request.nonce, head=head)


def check(answer: bytes, authorities: bytes, where: str, *, nonce: int | None = None, head: str | None = None) -> Token:
    """What the answer attests. authorities: PEM. Raises EvidenceError where it does not hold, ConfigError for certificates that are none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import DuplicateExtension, InvalidVersion

    client, roots = _client(), certificates(authorities, where)
    damaged = (client.VerificationError, ValueError, TypeError, UnsupportedAlgorithm, DuplicateExtension, InvalidVersion)
    read = _decoded(client, answer)
    verifier = client.VerifierBuilder(roots=roots, nonce=nonce).build()
    try:
        message, at = bytes(read.tst_info.message_imprint.message), read.tst_info.gen_time
        verifier.verify(read, message)
        token = Token(at if at.tzinfo else at.replace(tzinfo=UTC), message, _signer(read))
    except damaged as error:
        raise EvidenceError(f"the timestamp does not hold: {_plain(error)}", where=where, mend="see which authority gave it, and when") from None
    if head is not None and message != imprint(head):
        raise EvidenceError("the timestamp is of another head", where=where, mend="see where the register was written anew")
    return token


def certificates(pem: bytes, where: str) -> list[Certificate]:
    """Raises ConfigError."""
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(pem)
    except ValueError:
        raise ConfigError("no certificates in PEM", where=where, mend="name the certificate file of the timestamp authority") from None


def _client() -> Any:
    try:
        import rfc3161_client
        import rfc3161_client.base
    except ModuleNotFoundError:
        raise MissingExtraError("timestamps need rfc3161-client", extra="timestamp", where="evidence.timestamp") from None
    return rfc3161_client


def _decoded(client: Any, answer: bytes) -> Any:
    """Raises EvidenceError for what is no answer, or a refusal."""
    try:
        read = client.decode_timestamp_response(sorted_certificates(answer))
        status, words = int(read.status), ", ".join(read.status_string)
    except ValueError:
        raise EvidenceError("the authority's answer is no RFC 3161 timestamp", where="evidence.timestamp", mend="check its address") from None
    if status > 1:
        words = f": {words}" if words.isprintable() and words else ""
        raise EvidenceError(f"the authority refused (status {status}){words[:200]}", where="evidence.timestamp", mend="ask who runs it")
    return read


def _signer(read: Any) -> str:
    """The subject of the certificate that signed; "" where the answer brings none."""
    from cryptography.x509 import load_der_x509_certificate

    (info,) = read.signed_data.signer_infos
    for der in read.signed_data.certificates:
        own = load_der_x509_certificate(der)
        if own.serial_number == info.serial_number and own.issuer == info.issuer:
            return own.subject.rfc4514_string()
    return ""


def _plain(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text if text.isprintable() and len(text) < 300 else type(error).__name__


def _post(url: str, body: bytes, timeout: float) -> bytes:
    """Raises EvidenceError, which names no address: it may hold a token."""
    try:
        return posted(url, body, timeout, {"Content-Type": _QUERY, "Accept": _REPLY}, longest=LONGEST)
    except urllib.error.HTTPError as error:
        error.close()
        raise EvidenceError(f"the timestamp authority answered {error.code}", where="evidence.timestamp", mend="check its address") from None
    except (urllib.error.URLError, OSError, ValueError) as error:
        cause = getattr(error, "reason", error)
        words = f"the timestamp authority cannot be reached ({type(cause).__name__})"
        raise EvidenceError(words, where="evidence.timestamp", mend="check its address and the network; the next check tries again") from None
