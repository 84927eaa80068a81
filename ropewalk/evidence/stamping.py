"""Timestamps in the chain: entries that hold an authority's answer about the head before them."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ropewalk.errors import ConfigError, EvidenceError
from ropewalk.evidence import tokens
from ropewalk.register.schema import evidence

if TYPE_CHECKING:
    from ropewalk.config import Config
    from ropewalk.register import Register

KIND = "timestamp"


@dataclass(frozen=True, slots=True)
class Stamp:
    """That entry `sequence`, and all before it, stood at `at`. entry: where the answer is kept, 0 for a file; answer: as the authority gave it."""

    sequence: int
    head: str
    at: datetime
    authority: str
    entry: int
    answer: bytes

    def __str__(self) -> str:
        return f"entry {self.sequence} stood by {self.at:%Y-%m-%d %H:%M:%S} UTC, says {self.authority or 'the authority'}"


def stamp(config: Config, register: Register, now: datetime | None = None) -> Stamp:
    """Has the head stamped and keeps the answer as an entry; the last stamp where nothing was written since. Raises ConfigError, EvidenceError."""
    named = config.settings.evidence.timestamp
    if named is None:
        mend = "add to ropewalk.yaml `evidence: {timestamp: {url: https://…, ca: authority.pem}}` (docs/tasks/evidence.md)"
        raise ConfigError("no timestamp authority is named", where=str(config.path), mend=mend)
    sequence, head, _ = register.evidence_head()
    if not sequence:
        raise ConfigError("the evidence chain is empty: there is nothing to stamp", where=register.where, mend="run `ropewalk check` first")
    authorities, where = authorities_of(config), named.ca
    if (last := _kept(register, sequence)) and last[0] == sequence - 1:
        return _stamp(last, sequence, authorities, where)
    answer, token = tokens.ask(head, named.url, authorities, where, named.timeout)
    record = {"sequence": sequence, "head": head, "at": token.at, "authority": token.authority, "answer": base64.b64encode(answer).decode()}
    kept = register.record_evidence(KIND, record, at=now or datetime.now(UTC))
    return Stamp(sequence, head, token.at, token.authority, kept.sequence, answer)


def authorities_of(config: Config) -> bytes:
    """The certificates that the configuration names (PEM); b"" where it names none. Raises ConfigError."""
    named = config.settings.evidence.timestamp
    if named is None:
        return b""
    file = config.resolve(named.ca)
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"the certificates cannot be read: {error.strerror}", where=str(file), mend="correct `evidence.timestamp.ca`") from None


def read_stamp(register: Register, entry: int, authorities: bytes, where: str) -> Stamp:
    """The stamp in an entry, checked: of the entry that stands here, and signed by the authority. Raises EvidenceError, ConfigError."""
    kept = _kept(register, entry)
    if kept is None:
        raise EvidenceError("it is no timestamp", where=where)
    return _stamp(kept, entry, authorities, where)


def read_file(file: Path, authorities: bytes) -> tuple[bytes, tokens.Token]:
    """An answer kept as a file, and what it attests. Raises ConfigError, EvidenceError."""
    try:
        answer = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"the timestamp cannot be read: {error.strerror}", where=str(file), mend="name a file of `ropewalk stamp --out`") from None
    return answer, tokens.check(answer, authorities, str(file))


def _kept(register: Register, entry: int) -> tuple[int, str, bytes] | None:
    """(sequence, head, answer) of a timestamp entry; the head is the hash that stands at `sequence` now, "" where none does."""
    chosen = sa.select(evidence.c.record).where(evidence.c.sequence == entry, evidence.c.kind == KIND)
    found = next(iter(register.rows(chosen)), None)
    if found is None:
        return None
    try:
        record = json.loads(found.record)
        sequence, answer = int(record["sequence"]), base64.b64decode(record["answer"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
    stands = next(iter(register.rows(sa.select(evidence.c.hash).where(evidence.c.sequence == sequence))), None)
    return sequence, "" if stands is None else str(stands.hash), answer


def _stamp(kept: tuple[int, str, bytes], entry: int, authorities: bytes, where: str) -> Stamp:
    sequence, head, answer = kept
    token = tokens.check(answer, authorities, where, head=head)
    return Stamp(sequence, head, token.at, token.authority, entry, answer)
