"""What a control asks of imported registers: how old they are, their rows, and what counts where nothing was imported.

One rule for all of them: what a register shows to be wrong is wrong, whatever its age; what it shows to be right holds as long as it is
young enough; where there is none, or it is too old, a person's word counts that is newer, else it is unknown or stale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging.lookup import records, rows_by
from ropewalk.judging.subjects import COMPANY, named, param, verdict, way_out
from ropewalk.judging.words import attestation
from ropewalk.model import ControlResult, Status

ENDED = "ended"
EVENTS = ("leavers", "incidents", "changes", "deletions")
"""Kinds whose rows stay true when a later list no longer names them."""
_CALLED = {
    "approved": "list of approved accounts", "contacts": "list of contacts for incidents", "vulnerabilities": "report of a vulnerability scanner",
    "deletions": "list of requests for deletion",
}  # fmt: skip
_TIMES = ("first_seen", "last_seen", "closed_at")


@dataclass(frozen=True)
class Series:
    """The current import of a series: a list, or the reports of one scanner on one target."""

    scanner: str
    target: str
    observed_at: datetime
    format: str
    release: str = ""

    def __str__(self) -> str:
        return " of ".join(p for p in (self.scanner, self.target) if p) or "the list"


@dataclass(frozen=True)
class Held:
    """What is held of a kind: its series that have not ended, and all their rows (records with first_seen, last_seen, closed_at)."""

    kind: str
    series: Sequence[Series]
    rows: Sequence[Mapping[str, Any]]
    status: Status
    """UNKNOWN: nothing was imported; STALE: a series is older than the period; else PASS."""
    reason: str

    @property
    def oldest(self) -> datetime | None:
        return min((s.observed_at for s in self.series), default=None)

    @property
    def current(self) -> list[Mapping[str, Any]]:
        """The rows that the newest import of their series names; events all stay."""
        return [r for r in self.rows if r["closed_at"] is None or self.kind in EVENTS]


def held(context: ControlContext, kind: str, period: float | None = None, *, only: Series | None = None) -> Held:
    """What is held of a kind at the clock; `period`: days after which an import is too old (default: the requirement's `period_days`).

    only: narrowed to one series.
    """
    imports = {k: s for k, s in _imports(context, kind).items() if only is None or k == (only.scanner, only.target)}
    live = [s for s in imports.values() if s.format != ENDED]
    ended = {(s.scanner, s.target) for s in imports.values() if s.format == ENDED}
    rows = [r for r in _rows(context, kind, only) if kind in EVENTS or (r["scanner"], r["target"]) not in ended]
    if not live:
        return Held(kind, live, rows, Status.UNKNOWN, f"no {_CALLED.get(kind, f'list of {kind}')} was imported")
    days = float(param(context, "period_days", 0) if period is None else period)
    old = [s for s in live if days and (context.as_of.date() - s.observed_at.date()).days > days]
    if old:
        words = [f"{s} is from {s.observed_at:%Y-%m-%d}" for s in old]
        return Held(kind, live, rows, Status.STALE, f"{named(words)}; at most {days:g} days are asked for")
    newest = max(s.observed_at for s in live)
    return Held(kind, live, rows, Status.PASS, f"imported, as of {newest:%Y-%m-%d}")


def measured(
    context: ControlContext, subject: str, have: Held, failures: Sequence[str], good: str, *, bad: str = "", mend: str = "", **more: Any
) -> ControlResult:
    """The verdict of what is held. failures: what is wrong, one an item; good: the reason where nothing is."""
    if failures:
        more = {"failed": len(failures), **more} | ({"mend": mend} if mend else {})
        age = f" ({have.reason})" if have.status == Status.STALE else ""
        return verdict(context, subject, Status.FAIL, f"{bad}{named(failures)}{age}", **more)
    if have.status != Status.PASS:
        return fallback(context, subject, have.status, have.reason, have.oldest, have.kind)
    word = attestation(context, str(param(context, "kind", "")), subject, COMPANY)
    if word.status == Status.FAIL and word.row is not None and have.oldest is not None and word.row["at"] >= have.oldest:
        return verdict(context, subject, Status.FAIL, word.reason, **more)
    return verdict(context, subject, Status.PASS, f"{good} ({have.reason})", **more)


def fallback(
    context: ControlContext, subject: str, status: Status, reason: str, since: datetime | None = None, register: str = "", mend: str = ""
) -> ControlResult:
    """Where nothing good can be measured: a person's word of the requirement's `kind`, if it is newer than `since`; else `status`."""
    kind = str(param(context, "kind", ""))
    word = attestation(context, kind, subject, COMPANY) if kind else None
    newer = word is not None and word.row is not None and (since is None or word.row["at"] >= since)
    if word is not None and newer and (word.status in {Status.PASS, Status.FAIL} or status == Status.UNKNOWN):
        return verdict(context, subject, word.status, word.reason, checked=1, coverage="attested")
    ways = [mend, f"ropewalk inventory import {register} FILE" if register else ""]
    way = way_out(context, kind, subject="" if subject == COMPANY else subject) if kind else context.requirement.mend
    return verdict(context, subject, status, reason, mend="; ".join(w for w in (*ways, way) if w))


def when(value: Any) -> datetime | None:
    """A time of a record."""
    return None if value in (None, "") else datetime.fromisoformat(str(value))


def reports(context: ControlContext, kind: str) -> list[Series]:
    """Every import of a kind, the oldest first."""
    frame = context.frames.get("imports")
    rows = [r for r in (records(frame) if frame is not None else []) if r["kind"] == kind]
    found = [Series(r["scanner"], r["target"], r["observed_at"], r["format"], r["release"]) for r in rows]
    return sorted(found, key=lambda s: s.observed_at)


def _imports(context: ControlContext, kind: str) -> dict[tuple[str, str], Series]:
    return {(s.scanner, s.target): s for s in reports(context, kind)}


def _rows(context: ControlContext, kind: str, only: Series | None = None) -> list[dict[str, Any]]:
    """The rows of a kind, or of one series of it: the fields of the record, the names of the series, and the times."""
    frame = context.frames.get("inventory")
    if frame is None:
        return []
    if only is None:
        found = rows_by(frame, "kind").get((kind,), [])
    else:
        found = rows_by(frame, "kind", "scanner", "target").get((kind, only.scanner, only.target), [])
    none = dict.fromkeys(_TIMES)
    return [{**r["record"], "scanner": r["scanner"], "target": r["target"], **none, **{t: r[t] for t in _TIMES if r[t] == r[t]}} for r in found]
