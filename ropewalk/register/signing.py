"""Ed25519 signatures of the chain's head: whoever can write the register, but has no key, cannot make a chain that verifies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ropewalk.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def message(sequence: int, head: str) -> bytes:
    """What is signed."""
    return f"ropewalk evidence head\n{sequence}\n{head}".encode()


class KeySigner:
    """Signs with a private key from a PEM text. Raises ConfigError; the key is in no repr."""

    def __init__(self, pem: bytes, where: str) -> None:
        self._key = _private(pem, where)

    def __repr__(self) -> str:
        return "KeySigner()"

    def sign(self, sequence: int, head: str) -> str:
        """The signature in hexadecimal."""
        return self._key.sign(message(sequence, head)).hex()

    def has_signed(self, sequence: int, head: str, signature: str | None) -> bool:
        """Whether this key signed that head."""
        return _holds(self._key.public_key(), sequence, head, signature)


def is_signed(public_key: bytes, where: str, sequence: int, head: str, signature: str | None) -> bool:
    """Whether the signature is that of this public key (PEM). Raises ConfigError for a key that is none."""
    return _holds(_public(public_key, where), sequence, head, signature)


def _holds(key: Ed25519PublicKey, sequence: int, head: str, signature: str | None) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(bytes.fromhex(signature or ""), message(sequence, head))
    except (InvalidSignature, ValueError):
        return False
    return True


def key_text(file: Path) -> bytes:
    """A key file. Raises ConfigError."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"the key cannot be read: {error.strerror}", where=str(file), mend="correct `evidence:` in ropewalk.yaml") from None


MAKE = "make one with: openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout -out public.pem"


def _private(pem: bytes, where: str) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError("this is not an Ed25519 private key without a passphrase, in PEM", where=where, mend=MAKE)
    return key


def _public(pem: bytes, where: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError("this is not an Ed25519 public key in PEM", where=where, mend=MAKE)
    return key
