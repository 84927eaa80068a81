"""Data that is not personal goes within 18 months (policy clause 1.7), by the oldest row that a store tells of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, attestation, fact, param, subjects_of, verdict, way_out
from ropewalk.model import ControlResult, Status

_FACTS = ("oldest_row", "oldest_object")
_NAMED = 4
_NAME_IT = "name another column that tells when a row was made: clocks: {{{}: {{created: <column>}}}}"
_NOTHING = "nothing tells how old the oldest row is"


class DataAge:
    control = "data_age"
    attests = ("data_age", "legal_hold")

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        told = subjects_of(context, *_FACTS)
        for source in context.sources:
            known = [s for s in told if _within(s, source.name)]
            found = {subject: _judge(context, subject) for subject in known}
            yield from (result for result in found.values() if result is not None)
            if None in found.values() or not known:
                yield _untold(context, source.name, [subject for subject, result in found.items() if result is None])


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
    if age <= days and (undated := fact(context, "undated_rows", subject).value) != 0 and subject in subjects_of(context, "undated_rows"):
        reason = f"{reason}, but {'rows without a date were not counted' if undated is None else f'{undated} of its rows have no date'}"
        needs = fact(context, "undated_rows", subject).needs or f"fill the date, or {_NAME_IT.format(subject.split('/', 1)[-1])}"
        return verdict(context, subject, Status.UNKNOWN, reason, checked=1, mend=way_out(context, "data_age", needs, subject))
    return verdict(context, subject, Status.PASS if age <= days else Status.FAIL, reason, checked=1, failed=int(age > days))


def _untold(context: ControlContext, source: str, subjects: list[str]) -> ControlResult:
    word = attestation(context, "data_age", source, COMPANY)
    if word.row is not None:
        return verdict(context, source, word.status, word.reason, checked=1, coverage="attested")
    tables = [s for s in subjects if s in subjects_of(context, "oldest_row")]
    needs = fact(context, "oldest_row", source, *tables).needs
    why = f"{len(subjects)} datasets changed lately, which does not tell how old their rows are" if subjects else _NOTHING
    if tables:
        named = ", ".join(t.split("/", 1)[-1] for t in tables[:_NAMED]) + (", …" if len(tables) > _NAMED else "")
        why = f"{_NOTHING} in {len(tables)} of its tables: {named}"
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
