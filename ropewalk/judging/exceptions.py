"""Exceptions: which one covers a verdict, and what it says. It changes no verdict: what fails goes on failing, marked as excused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

Row = Mapping[str, Any]
"""A row of the frame `exceptions`."""
EXCUSABLE = ("fail", "stale", "unknown")
"""A control that broke (error) is a fault to mend, not a risk to bear."""


class Excuse(NamedTuple):
    """excused: until when, by whom and why, empty where nothing excuses; note: what would have excused, but has ended."""

    excused: str = ""
    note: str = ""


def state_of(row: Row, as_of: datetime) -> str:
    """active | ended (by somebody, before its day) | expired | pending (begins later)."""
    ended = row["ended_at"]
    if ended is not None and ended == ended and ended <= as_of:  # NaT is not itself
        return "ended"
    if row["valid_until"] < as_of:
        return "expired"
    return "active" if row["at"] <= as_of else "pending"


def excuse(exceptions: Iterable[Row], requirement: str, subject: str, status: str, as_of: datetime) -> Excuse:
    """What covers this verdict: of several active exceptions the one that holds longest; else the last that expired."""
    if status not in EXCUSABLE:
        return Excuse()
    own = [r for r in exceptions if r["requirement"] == requirement and fnmatchcase(subject, str(r["subject"]))]
    active = [r for r in own if state_of(r, as_of) == "active"]
    if active:
        return Excuse(words(max(active, key=lambda r: r["valid_until"])))
    expired = [r for r in own if state_of(r, as_of) == "expired"]
    if expired:
        last = max(expired, key=lambda r: r["valid_until"])
        return Excuse(note=f"the exception {last['id']} by {last['by']} expired on {last['valid_until']:%Y-%m-%d} and has no effect")
    return Excuse()


def words(row: Row) -> str:
    """`until 2027-03-01 by Ann, approved by Bo (x3fa2b1): the carrier's contract ends then`."""
    return f"until {row['valid_until']:%Y-%m-%d} by {row['by']}, approved by {row['approver']} ({row['id']}): {row['reason']}"
