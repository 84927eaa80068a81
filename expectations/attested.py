"""What no connection can show: a person's word, with a document, an end and, where asked, an approver."""

from __future__ import annotations

from collections.abc import Iterator

from ropewalk.contracts import ControlContext
from ropewalk.judging import COMPANY, attestation, log_sources, param, verdict, way_out
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
    more = {} if word.status == Status.PASS else {"mend": way_out(context, kind, subject="" if subject == COMPANY else subject)}
    return verdict(context, subject, word.status, word.reason, checked=1, failed=int(word.status == Status.FAIL), coverage="attested", **more)
