"""Documents behind attestations, kept encrypted (AES-256-GCM) under the SHA-256 of what they say.

The key stays outside the register: in a file that `evidence.document_key` names, or in ROPEWALK_DOCUMENT_KEY. Whoever has the
register alone can read no document, and a document that was exchanged or damaged does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ropewalk.errors import ConfigError, EvidenceError
from ropewalk.register.schema import document

if TYPE_CHECKING:
    from ropewalk.config import Config

VARIABLE = "ROPEWALK_DOCUMENT_KEY"
MOST = 64 * 2**20
"""Bytes of the largest document that is kept."""
_MARK, _NONCE, _KEY = b"ropewalk1", 12, 32


class Documents:
    """`write` and `read` give connections; `now` is the wall clock."""

    def __init__(
        self,
        write: Callable[[], AbstractContextManager[sa.Connection]],
        read: Callable[[], AbstractContextManager[sa.Connection]],
        now: Callable[[], datetime],
    ) -> None:
        self._write, self._read, self._now = write, read, now

    def keep(self, content: bytes, key: bytes) -> str:
        """Encrypts and keeps a document; returns its SHA-256. One that is known already, under this key, is not kept twice."""
        digest = hashlib.sha256(content).hexdigest()
        with self._write() as connection:
            known = connection.execute(sa.select(document.c.sealed).where(document.c.hash == digest)).scalar()
            if known is None:
                connection.execute(sa.insert(document).values(hash=digest, sealed=seal(content, digest, key), stored_at=self._now()))
            else:
                unseal(bytes(known), digest, key)
        return digest

    def open(self, digest: str, key: bytes) -> bytes:
        """The document with this SHA-256. Raises EvidenceError where it is not kept, was changed, or the key is another."""
        with self._read() as connection:
            sealed = connection.execute(sa.select(document.c.sealed).where(document.c.hash == digest)).scalar()
        if sealed is None:
            raise EvidenceError("this document is not kept here", where=digest[:16], mend="look where it was filed; its hash proves which one it is")
        return unseal(bytes(sealed), digest, key)

    def hashes(self) -> list[str]:
        with self._read() as connection:
            return [str(r.hash) for r in connection.execute(sa.select(document.c.hash).order_by(document.c.stored_at))]


def seal(content: bytes, digest: str, key: bytes) -> bytes:
    """Nonce and AES-256-GCM ciphertext, bound to the hash of the content."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE)
    return _MARK + nonce + AESGCM(key).encrypt(nonce, content, digest.encode())


def unseal(sealed: bytes, digest: str, key: bytes) -> bytes:
    """What `seal` closed. Raises EvidenceError."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    start = len(_MARK)
    try:
        if sealed[:start] != _MARK:
            raise InvalidTag
        content = AESGCM(key).decrypt(sealed[start : start + _NONCE], sealed[start + _NONCE :], digest.encode())
    except (InvalidTag, ValueError):
        mend = "name the key that it was stored with (evidence.document_key); if that is this one, restore the register from a backup"
        raise EvidenceError("this document does not open: another key, or it was changed", where=digest[:16], mend=mend) from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise EvidenceError("this document is not the one that was attested", where=digest[:16], mend="restore the register from a backup")
    return content


def read_key(config: Config, *, make: bool = False) -> tuple[bytes, Path | None]:
    """The key of the documents, and the file of a key that was just made (`make`). Raises ConfigError; the key is in no message."""
    if given := os.environ.get(VARIABLE):
        return _decoded(given.encode(), VARIABLE), None
    name = config.settings.evidence.document_key
    if not name:
        mend = "add to ropewalk.yaml `evidence: {document_key: document.key}` (made when first needed), or leave --store out"
        raise ConfigError("no key is named to encrypt documents with", where=str(config.path), mend=mend)
    file, made = config.resolve(name), False
    if make and not file.exists():
        made = _made(file)
    try:
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise ConfigError("others may read the key of the documents", where=str(file), mend=f"chmod 600 {file}")
        return _decoded(file.read_bytes(), str(file)), file if made else None
    except OSError as error:
        mend = "bring back the copy that was kept apart from the register; without it no stored document can be read"
        raise ConfigError(f"the key of the documents cannot be read: {error.strerror}", where=str(file), mend=mend) from None


def _made(file: Path) -> bool:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
            stream.write(base64.b64encode(secrets.token_bytes(_KEY)) + b"\n")
    except FileExistsError:
        return False
    except OSError as error:
        raise ConfigError(f"the key cannot be kept: {error.strerror}", where=str(file), mend=f"name another file, or export {VARIABLE}") from None
    return True


def _decoded(text: bytes, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY:
        raise ConfigError("this is no key of 32 bytes in base64", where=where, mend="make one with: openssl rand -base64 32 > document.key")
    return key
