"""Verifies the evidence chain: finds any changed, missing, reordered or cut-off entry, and says which.

The chain alone shows every change by somebody who does not recompute all that follows. Whoever can write the whole register
could do that; then the signature of the head (Ed25519), timestamps, and heads noted elsewhere, in exports for instance, show it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ropewalk.errors import ConfigError, EvidenceError
from ropewalk.evidence import stamping, tokens
from ropewalk.evidence.stamping import Stamp
from ropewalk.register import Register
from ropewalk.register.chain import START, canonical, digest, link
from ropewalk.register.ledger import UNSIGNED
from ropewalk.register.schema import evidence
from ropewalk.register.signing import is_signed, key_text

if TYPE_CHECKING:
    from ropewalk.config import Config

__all__ = ["Problem", "Verification", "canonical", "link", "verify", "verify_configured"]

MOST = 100
"""Problems told one by one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """kind: changed, missing, reordered, truncated, head, signature, anchor or timestamp; sequence: which entry."""

    sequence: int
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What the chain proves. signed: None where no public key was given to check against.

    stamps: timestamps that hold, by the entry they are of; unread: how many nobody could check, for no authority's certificate is named;
    since: the day of the first entry.
    """

    entries: int
    head: str
    problems: tuple[Problem, ...] = ()
    signed: bool | None = None
    stamps: tuple[Stamp, ...] = ()
    unread: int = 0
    since: str = ""

    @property
    def ok(self) -> bool:
        return not self.problems

    def demand(self, where: str = "evidence") -> Verification:
        """Itself, or EvidenceError that names the first problem."""
        if self.ok:
            return self
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        raise EvidenceError(
            self.problems[0].words + more,
            where=where,
            mend="keep this file as it is, restore the last backup that verifies, and find out who wrote here",
        )

    def __str__(self) -> str:
        words = "\n".join(p.words for p in self.problems) or "every entry follows from the one before it"
        signature = {None: "", True: ", signed", False: ", not signed"}[self.signed]
        return f"{self.entries} entries, head {self.head[:16]}…{signature}\n{words}"


@dataclass(frozen=True, slots=True)
class _Row:
    sequence: int
    kind: bytes
    at: bytes
    record: bytes
    previous: bytes
    hash: bytes

    @property
    def computed(self) -> bytes:
        return digest(self.previous, str(self.sequence).encode(), self.kind, self.at, self.record).encode()


@dataclass
class _Walk:
    """What was met so far."""

    problems: list[Problem] = field(default_factory=list)
    entries: int = 0
    sequence: int = 0
    hash: bytes = START.encode()
    gaps: list[int] = field(default_factory=list)
    stamped: list[int] = field(default_factory=list)
    since: str = ""

    def tell(self, sequence: int, kind: str, words: str) -> None:
        if len(self.problems) < MOST:
            self.problems.append(Problem(sequence, kind, words))


def verify(
    register: Register, *, public_key: bytes | None = None, signed_from: int = 1, anchors: Mapping[int, str] | None = None,
    authorities: bytes = b"", stamps: Sequence[Path] = (),
) -> Verification:  # fmt: skip
    """Recomputes the chain. Raises RegisterError, ConfigError.

    anchors: sequence -> hash of heads noted elsewhere; stamps: files of timestamps kept elsewhere; authorities: certificates (PEM) that
    timestamps are checked against; signed_from: the first entry that had to be signed.
    """
    walk = _Walk()
    known, files = dict(anchors or {}), _files(stamps, authorities)
    for row in _rows(register):
        walk.entries += 1
        walk.since = walk.since or row.at[:10].decode("ascii", "replace")
        if row.sequence <= walk.sequence:
            walk.tell(row.sequence, "reordered", f"entry {row.sequence} stands before the first one")
            continue
        if row.sequence != walk.sequence + 1:
            _gap(walk, row)
        _entry(walk, row)
        if row.sequence in known and known.pop(row.sequence).encode() != row.hash:
            walk.tell(row.sequence, "anchor", f"entry {row.sequence} is not the one that was noted elsewhere: the chain was written anew")
        for held in files:
            held.met(row)
        walk.sequence, walk.hash = row.sequence, row.hash
    sequence, head, signature = register.evidence_head()
    _head(walk, sequence, head)
    for missing in sorted(known):
        walk.tell(missing, "truncated", f"entry {missing}, which was noted elsewhere, is missing: the end was cut off")
    signed = None
    if public_key is not None:
        signed = is_signed(public_key, "evidence.public_key", sequence, head, signature) or (sequence == 0 and not signature)
        if not signed:
            walk.tell(sequence, "signature", "the head is not signed with the key of this register")
        _unsigned(walk, signed_from)
    found = [*_stamps(walk, register, authorities), *(s for held in files if (s := held.stamp(walk)))]
    unread = 0 if authorities else len(walk.stamped)
    return Verification(walk.entries, walk.hash.decode("ascii", "replace"), tuple(walk.problems), signed, tuple(found), unread, walk.since)


def verify_configured(config: Config, register: Register, *, anchors: Mapping[int, str] | None = None, stamps: Sequence[Path] = ()) -> Verification:
    """`verify` with the public key and the timestamp authority that the configuration names."""
    own = config.settings.evidence
    key, authorities = key_text(config.resolve(own.public_key)) if own.public_key else None, stamping.authorities_of(config)
    return verify(register, public_key=key, signed_from=own.signed_from, anchors=anchors, authorities=authorities, stamps=stamps)


@dataclass
class _File:
    """A timestamp kept outside the register, and the entry that it is of."""

    path: Path
    answer: bytes
    token: tokens.Token
    row: _Row | None = None

    def met(self, row: _Row) -> None:
        if hashlib.sha256(row.hash).digest() == self.token.imprint:
            self.row = row

    def stamp(self, walk: _Walk) -> Stamp | None:
        if self.row is None:
            walk.tell(
                walk.sequence, "timestamp", f"no entry has the hash that {self.path.name} stamps ({self.token.at:%Y-%m-%d %H:%M} UTC): "
                "the chain was written anew, or cut off before that entry",
            )  # fmt: skip
            return None
        return Stamp(self.row.sequence, self.row.hash.decode(), self.token.at, self.token.authority, 0, self.answer)


def _files(paths: Sequence[Path], authorities: bytes) -> list[_File]:
    if paths and not authorities:
        raise ConfigError(
            "no certificate of a timestamp authority is named", where="evidence.timestamp", mend="set evidence.timestamp.ca (docs/tasks/evidence.md)"
        )
    return [_File(path, *stamping.read_file(path, authorities)) for path in paths]


def _stamps(walk: _Walk, register: Register, authorities: bytes) -> list[Stamp]:
    """The timestamps in the chain that hold; each other one is a problem."""
    out: list[Stamp] = []
    for entry in walk.stamped if authorities else ():
        try:
            out.append(stamping.read_stamp(register, entry, authorities, f"entry {entry}"))
        except EvidenceError as error:
            walk.tell(entry, "timestamp", f"entry {entry}: {error.what}")
    return out


def _unsigned(walk: _Walk, signed_from: int) -> None:
    for entry in walk.gaps:
        if entry > signed_from:
            walk.tell(
                entry, "signature", f"what stands before entry {entry} was not signed with the key when that entry was written: "
                f"find out who wrote it; evidence.signed_from: {entry} in ropewalk.yaml says that you know",
            )  # fmt: skip


def _gap(walk: _Walk, row: _Row) -> None:
    first, last = walk.sequence + 1, row.sequence - 1
    words = f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
    walk.tell(first, "missing", words)


def _entry(walk: _Walk, row: _Row) -> None:
    if row.computed != row.hash:
        old = _sequence_of(row)
        if old is not None:
            walk.tell(row.sequence, "reordered", f"entry {row.sequence} was entry {old}: the order was changed")
        else:
            walk.tell(row.sequence, "changed", f"entry {row.sequence} ({_word(row.kind)}) was changed after it was written")
    elif row.previous != walk.hash and row.sequence == walk.sequence + 1:
        words = f"entry {row.sequence} ({_word(row.kind)}) does not follow from entry {walk.sequence}: one of the two was replaced"
        walk.tell(row.sequence, "changed" if walk.sequence else "missing", words)
    elif row.kind == UNSIGNED.encode():
        walk.gaps.append(row.sequence)
    elif row.kind == stamping.KIND.encode():
        walk.stamped.append(row.sequence)


def _sequence_of(row: _Row, *, within: int = 1_000) -> int | None:
    """The sequence under which the entry would be right."""
    near = range(max(1, row.sequence - within), row.sequence + within)
    parts = (row.kind, row.at, row.record)
    return next((n for n in near if digest(row.previous, str(n).encode(), *parts).encode() == row.hash), None)


def _head(walk: _Walk, sequence: object, head: object) -> None:
    if not isinstance(sequence, int) or not isinstance(head, str):
        walk.tell(walk.sequence, "head", "the head was changed: it is not a number and a hash any more")
    elif sequence > walk.sequence:
        words = f"the end was cut off after entry {walk.sequence}: the head knows {sequence} entries"
        walk.tell(walk.sequence + 1, "truncated", words)
    elif sequence < walk.sequence:
        walk.tell(sequence + 1, "head", f"the head stands at entry {sequence}, the chain goes on to {walk.sequence}: one of them was changed")
    elif head.encode() != walk.hash:
        walk.tell(sequence, "head", f"the head does not name the hash of entry {sequence}: one of them was changed")


def _word(kind: bytes) -> str:
    text = kind.decode("ascii", "replace")
    return text if text.isidentifier() and len(text) <= 40 else "of an unreadable kind"


def _rows(register: Register) -> Iterator[_Row]:
    """The entries as bytes, so that damage that is no text any more is found too."""
    names = ("kind", "at", "record", "previous", "hash")
    sqlite = register.engine.dialect.name == "sqlite"
    columns = [sa.cast(evidence.c[n], sa.LargeBinary) if sqlite else sa.func.convert_to(evidence.c[n], "UTF8") for n in names]
    query = sa.select(evidence.c.sequence, *columns).order_by(evidence.c.sequence)
    for row in register.rows(query):
        parts: list[Any] = list(row)
        yield _Row(int(parts[0]), *(bytes(p) if isinstance(p, (bytes, memoryview)) else b"" for p in parts[1:]))
