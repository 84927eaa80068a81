"""Logs tell what an investigation needs: when, who, from where or to what, and whether it succeeded (policy clause 2.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ropewalk.contracts import ControlContext
from ropewalk.judging import attestation, fact, no_logs, param, unread, verdict
from ropewalk.model import ControlResult, Status

_KINDS = {
    "time": r"time|date|timestamp|\bts\b|\bat\b",
    "outcome": r"status|outcome|result|success|error|level|severity|response|code",
    "actor": r"user|actor|identity|account|principal|client|remote|ip|host|program|ident|service|logger|caller",
    "action": r"event|action|method|request|path|url|operation|message|msg|verb|query",
}


class LogContent:
    control = "log_content"
    attests = ("log_content",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from no_logs(context)
        yield from unread(context, logs=True)
        logs = context.datasets[context.datasets["kind"] == "log"]
        for source, dataset in sorted(zip(logs["source"], logs["dataset"], strict=True)):
            yield _judge(context, source, dataset)


def _judge(context: ControlContext, source: str, dataset: str) -> ControlResult:
    subject, asked = f"{source}/{dataset}", [str(k) for k in param(context, "kinds", list(_KINDS))]
    known = fact(context, "event_fields", subject)
    if known.value is None:
        word = attestation(context, "log_content", subject, source)
        return verdict(
            context,
            subject,
            word.status,
            word.reason if word.row else "the fields of its events are not known",
            checked=len(asked),
            coverage="attested",
        )
    names = " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])|[_.\-\[\]]", " ", str(n)).lower() for n in known.value)
    missing = [k for k in asked if not re.search(_KINDS[k], names)]
    counted = {"checked": len(asked), "failed": len(missing)}
    if missing:
        word = attestation(context, "log_content", subject, source)
        if word.status == Status.PASS:
            return verdict(context, subject, Status.PASS, word.reason, **counted, coverage="attested")
        sure = "time" in missing or len(missing) > 1  # one kind may hide behind a name of the house
        why = f"no field of its events is named for: {', '.join(missing)}"
        return verdict(context, subject, Status.FAIL if sure else Status.UNKNOWN, why, **counted)
    return verdict(context, subject, Status.PASS, f"its events tell {', '.join(asked)}", **counted)
