"""The incident plan is reviewed every six months and after each major change (policy clause 1.6): a person's word, and the list of changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, attestation, named, param, verdict, way_out
from ropewalk.judging.inventories import held, when
from ropewalk.model import ControlResult, Status


class PlanReview:
    control = "plan_review"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield _judge(context)


def _judge(context: ControlContext) -> ControlResult:
    kind = str(param(context, "kind", "incident_plan"))
    word = attestation(context, kind, COMPANY)
    way = way_out(context, kind)
    if word.status != Status.PASS or word.row is None:
        return verdict(context, COMPANY, word.status, word.reason, checked=1, coverage="attested", mend=way)
    have = held(context, "changes")
    reviewed, grace = word.row["at"], timedelta(days=float(param(context, "grace_days", 30)))
    since = [(at, r) for r in have.rows if r["major"] and (at := when(r["at"])) is not None and reviewed < at <= context.as_of]
    overdue = [f"{r['id']} of {at:%Y-%m-%d}" for at, r in sorted(since, key=lambda s: s[0]) if context.as_of - at > grace]
    if overdue:
        reason = f"major changes since the review of {reviewed:%Y-%m-%d}, and none after them: {named(overdue)}"
        return verdict(context, COMPANY, Status.FAIL, reason, checked=len(since), failed=len(overdue), mend=way)
    if have.status == Status.STALE and have.oldest is not None and reviewed < have.oldest:
        return verdict(
            context, COMPANY, Status.STALE, f"{word.reason}; of changes since: {have.reason}", mend="ropewalk inventory import changes FILE"
        )
    if have.status != Status.PASS:
        note = "that nothing major has changed since is this word too, for no list of changes that is young enough was imported"
        return verdict(context, COMPANY, Status.PASS, f"{word.reason}; {note}", checked=1, coverage="attested")
    due = min((at for at, _ in since), default=None)
    more = f"{len(since)} major changes since, to be followed by a review until {due + grace:%Y-%m-%d}" if due else "no major change since"
    return verdict(context, COMPANY, Status.PASS, f"{word.reason}; {more} ({have.reason})", checked=1 + len(since))
