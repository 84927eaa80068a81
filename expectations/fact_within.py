"""A setting that stores tell of themselves, against the limit of the policy; where none tells, a person's word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, attestation, fact, long_ago, param, subjects_of, verdict, way_out
from ropewalk.model import ControlResult, Status


class FactWithin:
    control = "fact_within"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        name, kind = str(param(context, "fact", "")), str(param(context, "kind", ""))
        yield from long_ago(context, name)
        known = subjects_of(context, name)
        for subject in known:
            yield _judge(context, name, kind, subject)
        if not known:
            yield _attested(context, kind, COMPANY, f"no store tells of {name.replace('_', ' ')}", "")
        elif param(context, "word_too", False):  # stores tell of themselves; the requirement is about more than stores
            yield _attested(context, kind, COMPANY, f"stores tell of {name.replace('_', ' ')}; nobody attested the rest", "")


def _judge(context: ControlContext, name: str, kind: str, subject: str) -> ControlResult:
    found = fact(context, name, subject)
    if found.value is None:
        return _attested(context, kind, subject, f"{name} is not known", found.needs)
    good, asked = _within(context, found.value)
    if good is None:
        return _attested(context, kind, subject, f"{name} cannot be compared", found.needs)
    reason = f"{name.replace('_', ' ')} is {_words(found.value)}; {asked} is asked for" + (f" ({found.how})" if found.how else "")
    return verdict(context, subject, Status.PASS if good else Status.FAIL, reason, checked=1, failed=int(not good))


def _within(context: ControlContext, value: Any) -> tuple[bool | None, str]:
    """Compares with the parameters `at_least`, `at_most`, `equals` of the requirement."""
    least, most, equals = (context.requirement.params.get(k) for k in ("at_least", "at_most", "equals"))
    if equals is not None:
        return value == equals, _words(equals)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None, ""
    good = (least is None or value >= least) and (most is None or value <= most)
    return good, " and ".join(w for w in (f"at least {least}" if least is not None else "", f"at most {most}" if most is not None else "") if w)


def _attested(context: ControlContext, kind: str, subject: str, why: str, needs: str) -> ControlResult:
    word = attestation(context, kind, subject, subject.split("/", 1)[0], COMPANY)
    if word.status != Status.UNKNOWN or word.row is not None:
        return verdict(context, subject, word.status, word.reason, checked=1, coverage="attested")
    mend = way_out(context, kind, needs, "" if subject == COMPANY else subject)
    return verdict(context, subject, Status.UNKNOWN, why, checked=1, mend=mend)


def _words(value: Any) -> str:
    return {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)
