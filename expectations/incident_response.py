"""Incidents: Amazon is told within 24 hours, each has its file with an unbroken custody, and a contact is named (policy clause 1.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ropewalk.contracts import ControlContext, FrameTable
from ropewalk.judging import COMPANY, param
from ropewalk.judging.inventories import Held, fallback, held, measured, when
from ropewalk.model import ControlResult, Status


class IncidentResponse:
    control = "incident_response"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        piece = str(param(context, "piece", "notification"))
        if piece == "contact":
            yield _contact(context)
            return
        have = held(context, "incidents")
        back = timedelta(days=float(param(context, "look_back_days", 365)))
        recent = [r for r in have.rows if timedelta() <= context.as_of - (when(r["detected_at"]) or context.as_of) <= back]
        if have.status == Status.UNKNOWN and not recent:
            yield fallback(context, COMPANY, have.status, have.reason, register="incidents")
        elif piece == "records":
            yield _records(context, have, recent)
        else:
            yield _notified(context, have, [r for r in recent if r["amazon_data"]])


def _notified(context: ControlContext, have: Held, recent: Sequence[Mapping[str, Any]]) -> ControlResult:
    import pandas as pd

    from ropewalk.gx import ExpectEventsToFollowWithin, counts

    hours = float(param(context, "hours", 24))
    times = [(when(r["detected_at"]), when(r["notified_at"])) for r in recent]
    frame = pd.DataFrame(times, columns=["detected_at", "notified_at"]).astype("datetime64[us, UTC]")
    expected = ExpectEventsToFollowWithin(begin="detected_at", end="notified_at", hours=hours, as_of=context.as_of.isoformat())
    found = counts(expected, FrameTable(frame))
    late = []
    for row, (begin, end) in zip(recent, times, strict=True):
        if begin is not None and (end or context.as_of) - begin > timedelta(hours=hours):
            taken = f"after {((end or context.as_of) - begin).total_seconds() / 3600:.0f} hours"
            late.append(f"{row['id']} was notified {taken}" if end else f"{row['id']} is not notified {taken}")
    assert len(late) == found["late"]
    waiting = f", {found['waiting']} still in time" if found["waiting"] else ""
    good = (
        f"{found['ended']} of {found['rows']} incidents notified in {hours:g} hours{waiting}" if recent else "no incident that concerns Amazon's data"
    )
    return measured(context, COMPANY, have, late, good, checked=found["rows"], details={n: found[n] for n in ("ended", "late", "waiting")})


def _records(context: ControlContext, have: Held, recent: Sequence[Mapping[str, Any]]) -> ControlResult:
    """Classified, measures named, custody unbroken; a post-mortem in `post_mortem_days` of the detection."""
    days = timedelta(days=float(param(context, "post_mortem_days", 30)))
    failures = []
    for row in recent:
        wrong = [w for w, there in (("classification", row["classification"]), ("custody of evidence", row["handovers"])) if not there]
        begin, mortem = when(row["detected_at"]), when(row["post_mortem_at"])
        if begin is not None and context.as_of - begin > days:
            wrong += [w for w, there in (("post-mortem", mortem and mortem <= context.as_of), ("measures", row["measures"])) if not there]
        words = [f"no {' and no '.join(wrong)}"] if wrong else []
        if words or row["breaks"]:
            failures.append(f"{row['id']}: {'; '.join([*words, *row['breaks'][:2]])}")
    good = f"{len(recent)} incidents are classified and documented, their custody is unbroken" if recent else "no incident to document"
    return measured(context, COMPANY, have, failures, good, checked=len(recent))


def _contact(context: ControlContext) -> ControlResult:
    """A point of contact that can be reached, confirmed within the period."""
    have = held(context, "contacts")
    days = float(param(context, "period_days", 183))
    if have.status == Status.UNKNOWN:
        return fallback(context, COMPANY, have.status, have.reason, register="contacts")
    first = [r for r in have.current if not r["deputy"]]
    if not first:
        return measured(context, COMPANY, have, ["no point of contact is on the list"], "")
    reached = [r for r in first if r["ways"]]
    if not reached:
        return measured(context, COMPANY, have, ["nobody on the list has an e-mail address or a phone number"], "", checked=len(first))
    young = [r for r in reached if (at := when(r["checked_at"] or "")) is not None and (context.as_of.date() - at.date()).days <= days]
    if not young and any(r["checked_at"] for r in reached):
        reason = f"no contact was confirmed within {days:g} days"
        return fallback(context, COMPANY, Status.STALE, reason, have.oldest, mend="confirm that the contact answers, and fill in checked_at")
    word = "confirmed" if young else "listed"
    return measured(
        context, COMPANY, have, [], f"{len(young or reached)} contacts {word}, {len(have.current) - len(first)} deputies", checked=len(first)
    )
