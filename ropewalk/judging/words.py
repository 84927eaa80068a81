"""What people's word is worth: of several, the best that holds; a newer word that says "not so" goes before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging.lookup import rows_by
from ropewalk.model import Status
from ropewalk.testimony import same_person

LONGEST, HOLD = 365, "legal_hold"
_ORDER = (Status.PASS, Status.STALE, Status.UNKNOWN)


@dataclass(frozen=True)
class Word:
    """What people's word is worth on a subject: status PASS (valid), FAIL (it says that it is not so), STALE (expired), UNKNOWN
    (none, or not as it should be). until: its end, or the policy's, whichever comes first."""

    status: Status
    reason: str
    until: datetime | None = None
    row: Mapping[str, Any] | None = None


def attestation(context: ControlContext, kind: str, *subjects: str) -> Word:
    """The word of this kind on any of the subjects. `*` covers all; a source covers its datasets when it is among `subjects`.

    A word holds until it says, but no longer than `period_of` allows; with `segregation`, someone else approves it.
    """
    params = context.requirement.params
    rows = [r for r in rows_by(context.attestations, "kind").get((kind,), ()) if any(fnmatchcase(s, str(r["subject"])) for s in subjects)]
    none = Word(Status.UNKNOWN, f"nobody has attested {kind.replace('_', ' ')}")
    return best((weigh(r, context.as_of, period_of(kind, params), bool(params.get("segregation"))) for r in rows), none)


def period_of(kind: str, params: Mapping[str, Any]) -> float | None:
    """Days for which a word of this kind holds at most: the requirement's `period_days`, else a year; a legal hold ends when its law says."""
    return None if kind == HOLD else float(params.get("period_days") or LONGEST)


def best(words: Iterable[Word], none: Word) -> Word:
    """The word that counts: the newest "not so", unless one that holds is newer; else the best, and of those the one that holds longest."""
    given = [w for w in words if w.row is not None]
    if not given:
        return none
    bad = max((w for w in given if w.status == Status.FAIL), key=_at, default=None)
    good = max((w for w in given if w.status == Status.PASS), key=_at, default=None)
    if bad is not None and (good is None or _at(good) <= _at(bad)):
        return bad
    chosen = [w for w in given if w.status != Status.FAIL]
    return min(chosen, key=lambda w: (_ORDER.index(w.status), -w.until.timestamp() if w.until else 0.0))


def weigh(row: Mapping[str, Any], as_of: datetime, period: float | None = None, segregation: bool = False) -> Word:
    """One word (a row of the frame `attestations`) at a time, for a requirement that asks for it every `period` days."""
    at, until = row["at"], row["valid_until"]
    who = f"{row['kind']} attested by {row['by']} on {at:%Y-%m-%d}"
    if at > as_of:
        return Word(Status.UNKNOWN, f"{who}, which is still to come", until, row)
    if row.get("met") is not None and not row["met"]:
        said = str(row["statement"] or "").strip()
        return Word(Status.FAIL, f"{row['by']} said on {at:%Y-%m-%d} that it is not so{f': {said}' if said else ''}", until, row)
    capped = min(until, at + timedelta(days=float(period) + 1)) if period else until
    if segregation and (why := _unapproved(row)):
        return Word(Status.UNKNOWN, f"{who}, but {why}", capped, row)
    if capped < as_of:
        why = f"until {until:%Y-%m-%d}" if capped == until else f"and the policy asks for it every {period:g} days"
        return Word(Status.STALE, f"{who}, {why}: expired", capped, row)
    return Word(Status.PASS, f"{who}{_approved(row)}, valid until {capped:%Y-%m-%d}", capped, row)


def _unapproved(row: Mapping[str, Any]) -> str:
    approver = str(row["approver"] or "").strip()
    if not approver:
        return "nobody else approved it"
    return f"approved by {approver} too, and nobody else approved it" if same_person(approver, str(row["by"])) else ""


def _approved(row: Mapping[str, Any]) -> str:
    approver = str(row["approver"] or "").strip()
    return f", approved by {approver}" if approver and not same_person(approver, str(row["by"])) else ""


def _at(word: Word) -> datetime:
    assert word.row is not None
    at: datetime = word.row["at"]
    return at
