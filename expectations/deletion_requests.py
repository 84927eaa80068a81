"""What Amazon asks to delete is gone in 30 days, every live copy in 90, and a later scan finds nothing of it (policy clause 1.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ropewalk.contracts import ControlContext, FrameTable
from ropewalk.judging import COMPANY, named, param, personal
from ropewalk.judging.inventories import Held, fallback, held, measured, when
from ropewalk.judging.lookup import records
from ropewalk.model import ControlResult, Status

Row = Mapping[str, Any]
Times = Mapping[tuple[str, str], datetime]
"""(source, dataset) -> when it was last looked at."""


class DeletionRequests:
    control = "deletion_requests"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        have, back = held(context, "deletions"), timedelta(days=float(param(context, "look_back_days", 365)))
        recent = [r for r in have.rows if (at := when(r["requested_at"])) is not None and timedelta() <= context.as_of - at <= back]
        if have.status == Status.UNKNOWN and not recent:
            yield fallback(context, COMPANY, have.status, have.reason, register="deletions")
        elif str(param(context, "piece", "deletion")) == "certificate":
            yield _certified(context, have, [r for r in recent if r["certificate_asked"]])
        else:
            yield _deleted(context, have, [r for r in recent if not r["held_under"]], len(recent))


def _deleted(context: ControlContext, have: Held, due: Sequence[Row], requests: int) -> ControlResult:
    """Late ones, then what is left of those that are said to be deleted."""
    late = []
    for column, name, default, what in (("deleted_at", "days", 30, "the data"), ("copies_deleted_at", "live_days", 90, "its live copies")):
        days = float(param(context, name, default))
        late += [f"{r['id']}: {what} after {n} days" for r, n in _late(context, due, column, days)]
    times = {(d["source"], d["dataset"]): d["scanned_at"] for d in records(context.datasets)}
    left = [f"{r['id']}: {words}" for r in due if r["deleted_at"] for words in _left(context, r, times)]
    unseen = [str(r["id"]) for r in due if r["deleted_at"] and _unseen(r, times)]
    if not (late or left) and unseen:
        why = f"whether anything is left was not looked at since: {named(unseen)}"
        mend = "name in `emptied` what holds nothing of it any more (source or source/dataset) or count `rows_left`, and scan it again"
        return fallback(context, COMPANY, Status.UNKNOWN, why, have.oldest, mend=mend)
    held_back = f", {requests - len(due)} held under a law" if requests > len(due) else ""
    good = f"{len(due)} requests, deleted in time or still to be{held_back}; nothing is left of what was deleted" if requests else "no request"
    return measured(context, COMPANY, have, [*late, *left], good, bad="not gone in time: " if late else "", checked=requests)


def _late(context: ControlContext, rows: Sequence[Row], column: str, days: float) -> list[tuple[Row, int]]:
    """Rows that took, or take, longer than `days`, with their days so far."""
    import pandas as pd

    from ropewalk.gx import ExpectEventsToFollowWithin, counts

    frame = pd.DataFrame([(when(r["requested_at"]), when(r[column])) for r in rows], columns=["begin", "end"]).astype("datetime64[us, UTC]")
    expected = ExpectEventsToFollowWithin(begin="begin", end="end", hours=days * 24, as_of=context.as_of.isoformat())
    if not counts(expected, FrameTable(frame))["late"]:
        return []
    spans = [(r, (when(r[column]) or context.as_of) - (when(r["requested_at"]) or context.as_of)) for r in rows]
    return [(r, span.days) for r, span in spans if span > timedelta(days=days)]


def _left(context: ControlContext, row: Row, times: Times) -> Iterator[str]:
    if row["rows_left"]:
        yield f"{row['rows_left']} rows are left"
    own = [r for r in personal(context, logs=None, sealed=True) if _within(r, row["emptied"])]
    if found := sorted({_name(r) for r in own if times[r["source"], r["dataset"]] > _end(row)}):
        yield f"personal data is still in {named(found)}"


def _unseen(row: Row, times: Times) -> bool:
    """Nothing tells what is left: no count, and what was to be empty was not scanned since, or is not known by that name."""
    if not row["emptied"]:
        return row["rows_left"] is None
    return any(min((at for (s, d), at in times.items() if place in {s, f"{s}/{d}"}), default=_end(row)) <= _end(row) for place in row["emptied"])


def _within(row: Row, places: Sequence[str]) -> bool:
    return any(place in {row["source"], _name(row)} for place in places)


def _name(row: Row) -> str:
    return f"{row['source']}/{row['dataset']}"


def _end(row: Row) -> datetime:
    """When the deletion was over: of the copies too, where that is told."""
    end = when(row["copies_deleted_at"]) or when(row["deleted_at"])
    assert end is not None
    return end


def _certified(context: ControlContext, have: Held, asked: Sequence[Row]) -> ControlResult:
    """Each request that asks for a certificate got one; the policy gives no time, so `certificate_days` counts from the deletion."""
    days = timedelta(days=float(param(context, "certificate_days", 30)))
    done = [r for r in asked if r["certified_at"]]
    late = [str(r["id"]) for r in asked if not r["certified_at"] and (end := when(r["deleted_at"])) and context.as_of - end > days]
    good = f"{len(done)} of {len(asked)} certificates given, the others not due yet" if asked else "no certificate was asked for"
    return measured(context, COMPANY, have, late, good, bad="deleted, and not certified: ", checked=len(asked))
