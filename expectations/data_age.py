"""Data that is not personal goes within 18 months (policy clause 1.7), by the oldest row that a store tells of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, attestation, fact, param, subjects_of, verdict, way_out
from ropewalk.model import ControlResult, Status

_FACTS = ("oldest_row", "oldest_object")


class DataAge:
    control = "data_age"
    attests = ("data_age", "legal_hold")

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        told = subjects_of(context, *_FACTS)
        for source in context.sources:
            known = [s for s in told if _within(s, source.name)]
            judged = [result for subject in known if (result := _judge(context, subject)) is not None]
            yield from judged
            if len(judged) < len(known) or not known:
                yield _untold(context, source.name, len(known) - len(judged))


def _judge(context: ControlContext, subject: str) -> ControlResult | None:
    """None where the age of rows is not told: files that changed lately may still hold old rows."""
    days = int(param(context, "days", 548))
    row, file = (_age(context, name, subject) for name in _FACTS)
    age = max((a for a in (row, file) if a is not None), default=None)
    if age is None or (row is None and age <= days):
        return None
    reason = f"its oldest {'row' if row is not None else 'file'} is {age} days old; {days} are allowed"
    word = attestation(context, "legal_hold", subject, subject.split("/", 1)[0])
    if age > days and word.status == Status.PASS and word.row and str(word.row["statement"] or "").strip():
        return verdict(context, subject, Status.PASS, f"held under {word.row['statement']}: {reason}", checked=1, failed=1)
    return verdict(context, subject, Status.PASS if age <= days else Status.FAIL, reason, checked=1, failed=int(age > days))


def _untold(context: ControlContext, source: str, files: int) -> ControlResult:
    word = attestation(context, "data_age", source, COMPANY)
    if word.row is not None:
        return verdict(context, source, word.status, word.reason, checked=1, coverage="attested")
    needs = fact(context, "oldest_row", source).needs
    why = f"{files} datasets changed lately, which does not tell how old their rows are" if files else "nothing tells how old its oldest row is"
    return verdict(context, source, Status.UNKNOWN, why, mend=way_out(context, "data_age", needs, source))


def _age(context: ControlContext, name: str, subject: str) -> int | None:
    """In days; None where it is not told, or where the clock that told it is ahead by more than a day."""
    try:
        moment = datetime.fromisoformat(str(fact(context, name, subject).value))
    except ValueError:
        return None
    age = (context.as_of - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))).days
    return age if age >= -1 else None


def _within(subject: str, source: str) -> bool:
    return subject == source or subject.startswith(f"{source}/")
