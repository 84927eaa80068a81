"""Access of people who leave ends within 24 hours (policy clause 1.2): the list of leavers against the accounts that stores tell of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ropewalk.contracts import ControlContext, FrameTable
from ropewalk.judging import COMPANY, long_ago, param, verdict
from ropewalk.judging.accounts import People, bare, seen
from ropewalk.judging.inventories import Held, fallback, held, measured, when
from ropewalk.model import ControlResult, Status


class Leavers:
    control = "leavers"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        have = held(context, "leavers")
        left = [r for r in have.rows if when(r["left_at"]) <= context.as_of]  # type: ignore[operator]
        if have.status == Status.UNKNOWN and not left:
            yield fallback(context, COMPANY, have.status, have.reason, register="leavers")
            return
        yield from long_ago(context, "accounts")
        yield _times(context, have, left)
        for source in context.sources:
            yield _accounts(context, have, left, source.name)


def _times(context: ControlContext, have: Held, left: Sequence[Mapping[str, Any]]) -> ControlResult:
    """From leaving to the end of access, as the lists tell: of those who left in the last `look_back_days`."""
    import pandas as pd

    from ropewalk.gx import ExpectEventsToFollowWithin, counts

    hours, back = float(param(context, "hours", 24)), timedelta(days=float(param(context, "look_back_days", 365)))
    known = People(held(context, "approved", 0).rows)
    recent = [(r, when(r["left_at"]), _end(r, known)) for r in left if when(r["left_at"]) >= context.as_of - back]  # type: ignore[operator]
    frame = pd.DataFrame([(b, e) for _, b, e in recent], columns=["begin", "end"]).astype("datetime64[us, UTC]")
    expected = ExpectEventsToFollowWithin(begin="begin", end="end", hours=hours, as_of=context.as_of.isoformat())
    found = counts(expected, FrameTable(frame))
    limit = timedelta(hours=hours)
    late = [f"{r['account']} kept access for {(e - b).total_seconds() / 3600:.0f} hours" for r, b, e in recent if b and e and e - b > limit]
    silent = [r["account"] for r, b, e in recent if b and e is None and context.as_of - b > limit]
    counted: dict[str, Any] = {"checked": found["rows"], "details": {"late": len(late), "without_an_end": len(silent), "waiting": found["waiting"]}}
    if not late and silent:
        reason = f"nobody tells when the access of {len(silent)} of {len(recent)} leavers ended"
        return fallback(context, COMPANY, Status.UNKNOWN, reason, have.oldest, mend="fill in disabled_at for each leaver, and import the list again")
    good = f"{len(recent)} have left, and the access of each ended in {hours:g} hours" if recent else "nobody has left"
    assert len(late) + len(silent) == found["late"]
    return measured(context, COMPANY, have, late, good, **counted)


def _end(row: Mapping[str, Any], known: People) -> datetime | None:
    """When access ended: as the list of leavers says, else the approved list (an export of the identity system tells it)."""
    if row.get("disabled_at"):
        return when(row["disabled_at"])
    account = next((a for n in (row["account"], *row["aliases"]) if (a := known.of(n)) is not None), None)
    return when(account.get("disabled_at")) if account is not None and not account["active"] else None


def _accounts(context: ControlContext, have: Held, left: Sequence[Mapping[str, Any]], source: str) -> ControlResult:
    """Whoever left longer ago than that has no account in the store any more."""
    told, hours = seen(context, source, grants=True), timedelta(hours=float(param(context, "hours", 24)))
    gone = People(r for r in left if told.at is not None and told.at > when(r["left_at"]) + hours)  # type: ignore[operator]
    failures = [f"{bare(n)} has left and is still there" for n in told.names if gone.of(n) is not None]
    if failures or told.complete:
        good = f"none of {len(told.names)} accounts belongs to somebody who left"
        return measured(context, source, have, failures, good, mend="disable these accounts, and revoke their grants", checked=len(told.names))
    if told.local:
        return verdict(context, source, Status.NOT_APPLICABLE, "a file: it has no accounts of its own")
    needs = f"needed: {told.needs}" if told.needs else "give the scan the right to list accounts"
    return fallback(context, source, Status.UNKNOWN, "the store does not tell all of its accounts", mend=needs)
