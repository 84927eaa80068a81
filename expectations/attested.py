"""What no connection can show: a person's word, with a document, an end and, where asked, an approver."""

from __future__ import annotations

from collections.abc import Iterator

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, attestation, fact, log_sources, param, verdict, way_out
from ropewalk.model import ControlResult, Status


class Attested:
    control = "attested"

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        kind = str(param(context, "kind", context.requirement.id))
        for subject in _subjects(context, str(param(context, "scope", "company"))):
            yield _judge(context, kind, subject)


def _subjects(context: ControlContext, scope: str) -> list[str]:
    """company (the whole of it), sources (each store) or logs (each store with logs)."""
    if scope == "sources":
        return [s.name for s in context.sources]
    if scope == "logs":
        return log_sources(context) or [COMPANY]
    return [COMPANY]


def _judge(context: ControlContext, kind: str, subject: str) -> ControlResult:
    word = attestation(context, kind, subject, COMPANY)
    told = _told(context, str(param(context, "fact", "")), subject)
    reason = f"{word.reason}; {told}" if told else word.reason
    more = {} if word.status == Status.PASS else {"mend": way_out(context, kind, subject="" if subject == COMPANY else subject)}
    return verdict(context, subject, word.status, reason, checked=1, failed=int(word.status == Status.FAIL), coverage="attested", **more)


def _told(context: ControlContext, name: str, subject: str) -> str:
    """What the store says of its part of the requirement: object lock hinders change, and says nothing of who may read."""
    value = fact(context, name, subject).value if name else None
    if value is None:
        return ""
    parts = (f"{k} {v}" for k, v in value.items() if v) if isinstance(value, dict) else ([f"{value} days"] if value and value is not True else [])
    more = ", ".join(parts)
    return f"the store tells: {name.replace('_', ' ')} is {'off' if value is False or value == 0 else 'on'}{f' ({more})' if more else ''}"
