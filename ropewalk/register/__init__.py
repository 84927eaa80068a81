"""The register: the store of what is known (SQLite by default, PostgreSQL for teams). Reference: docs/reference/register.md."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ropewalk.register.opening import connect
from ropewalk.register.scans import OpenScan
from ropewalk.register.signing import KeySigner, key_text
from ropewalk.register.store import Register

if TYPE_CHECKING:
    from ropewalk.config import Config

__all__ = ["OpenScan", "Register", "open_register"]

KEY_VARIABLE = "ROPEWALK_EVIDENCE_KEY"


def open_register(url: str | Config, *, create: bool = True) -> Register:
    """Opens the register at a URL (`sqlite:///file`, `postgresql://…`, a plain path), or the one a configuration names.

    Makes it where there is none, and brings an older one up to date. Raises RegisterError, MissingExtraError.
    """
    if isinstance(url, str):
        return Register(*connect(url, create=create))
    config = url
    return Register(*connect(config.register_url, create=create), clock=lambda: config.as_of, signer=_signer(config))


def _signer(config: Config) -> KeySigner | None:
    """With the key that the configuration names, or a PEM text in the environment variable ROPEWALK_EVIDENCE_KEY."""
    if config.settings.evidence.key:
        file = config.resolve(config.settings.evidence.key)
        return KeySigner(key_text(file), str(file))
    if pem := os.environ.get(KEY_VARIABLE):
        return KeySigner(pem.encode(), KEY_VARIABLE)
    return None
