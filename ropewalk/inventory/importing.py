"""Imports a file into the register: what it says, from when it is, and how the series it belongs to has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ropewalk.errors import ConfigError
from ropewalk.inventory.reading import KINDS, LARGEST, read
from ropewalk.inventory.rows import Batch, Row, Vulnerability
from ropewalk.inventory.severity import merged
from ropewalk.register.chain import plain
from ropewalk.register.inventories import Import

if TYPE_CHECKING:
    from ropewalk.register import Register

ENDED = "ended"
"""The format of the import that ends a series."""
_SKEW = timedelta(hours=26)
"""How far in the future a report may be dated: its clock may show local time."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One series of an import. new: False where the register knew it already; added, closed: rows, against the import before;
    place: `first` of its series, `newest`, or `older` than the newest, which sets only when rows were first seen."""

    batch: Batch
    observed_at: datetime
    new: bool
    added: int
    closed: int
    place: str


def import_file(
    register: Register, kind: str, file: Path, *, now: datetime, scanner: str = "", target: str = "", release: str = "", at: datetime | None = None
) -> list[Imported]:
    """Reads the file and records it, with an entry of the evidence chain for each series. Raises ConfigError, RegisterError.

    scanner and target take the place of what the file says; at: when the list or scan was made, where the file does not say; now: the clock.
    """
    data = _bytes(file)
    batches = _named(read(kind, data, file.name), scanner, target)
    digest = hashlib.sha256(data).hexdigest()
    made = [_import(kind, b, file.name, digest, release, _moment(kind, b, at, now, file.name)) for b in batches]
    before = [register.inventories.newest(kind, b.scanner, b.target) for b in batches]
    recorded = register.inventories.record(made, now)
    out = []
    for batch, one, new, last in zip(batches, made, recorded, before, strict=True):
        place = "first" if last is None else "newest" if one.observed_at >= last[0] else "older"
        known = last[1] if last else set()
        counts = (len(set(one.rows) - known), len(known - set(one.rows))) if new and place != "older" else (0, 0)
        out.append(Imported(batch, one.observed_at, new, *counts, place))
    return out


def end_series(register: Register, kind: str, *, scanner: str, target: str, reason: str, now: datetime) -> None:
    """Says that a list is no longer kept, or a target no longer exists: its rows are closed, its age counts no more. Raises ConfigError."""
    known = [(s, t) for s, t, _ in register.inventories.series(kind)]
    if (scanner, target) not in known:
        listed = "; ".join(f"--scanner {s!r} --target {t!r}" for s, t in known) or "nothing was imported"
        raise ConfigError(f"there is no such series of {kind}", where="--scanner, --target", mend=f"known: {listed}")
    if not reason.strip():
        raise ConfigError("an end needs its reason", where="--reason", mend="say in a sentence why it is no longer watched")
    register.inventories.record([Import(kind, ENDED, scanner, target, "", reason.strip(), "", now, {})], now)


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise ConfigError(f"the file is larger than {LARGEST // 2**20} MiB", where=str(file), mend="split it, with a --target for each part")
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"the file cannot be read: {error.strerror}", where=str(file), mend="name a file that you may read") from None


def _named(batches: Sequence[Batch], scanner: str, target: str) -> list[Batch]:
    """With the names that the user gives; batches of one series are one, or the second would close what the first found."""
    out: dict[tuple[str, str], Batch] = {}
    for batch in batches:
        one = replace(batch, scanner=scanner or batch.scanner, target=target or batch.target)
        known = out.get((one.scanner, one.target))
        if known is not None:
            earliest = min((t for t in (known.observed_at, one.observed_at) if t), default=None)
            one = replace(known, rows=[*known.rows, *one.rows], observed_at=earliest)
        out[one.scanner, one.target] = one
    return list(out.values())


def _moment(kind: str, batch: Batch, at: datetime | None, now: datetime, where: str) -> datetime:
    if batch.observed_at is not None:
        if batch.observed_at > now + _SKEW:
            raise ConfigError("the report is dated in the future", where=where, mend="correct the clock of the scanner, or `as_of`")
        return min(batch.observed_at, now)
    if at is not None:
        if at > now:
            raise ConfigError("the time is still to come", where="--at", mend="say when the list or scan was made")
        return at
    if kind == "vulnerabilities":
        raise ConfigError("the report does not say when the scan ran", where=where, mend="add --at 2026-03-01, the day of the scan")
    return now


def _import(kind: str, batch: Batch, name: str, digest: str, release: str, observed_at: datetime) -> Import:
    if kind == "vulnerabilities" and not (batch.target and batch.scanner):
        what = "the scanner" if not batch.scanner else "what was scanned"
        option = "--scanner NAME" if not batch.scanner else "--target NAME"
        raise ConfigError(
            f"the report does not name {what}", where=name, mend=f"add {option}, the same each time; another scan would close its findings"
        )
    rows: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(batch.rows if kind != "vulnerabilities" else _merged(batch.rows), 1):
        if row.key in rows:
            mend = "keep one line for each; several logins of one person go into the column aliases"
            raise ConfigError(f"entry {number} names the same as another one", where=name, mend=mend)
        rows[row.key] = _record(row)
    return Import(kind, batch.format, batch.scanner, batch.target, release, name, digest, observed_at, rows)


def _merged(rows: Sequence[Row]) -> Sequence[Row]:
    """Findings of several runs of one series, one a key."""
    return merged(r for r in rows if isinstance(r, Vulnerability))


def _record(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = plain(row)
    return found


__all__ = ["ENDED", "KINDS", "Imported", "end_series", "import_file"]
