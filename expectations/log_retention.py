"""Logs are kept for at least 12 months (policy clause 2.6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from ropewalk.contracts import ControlContext
from ropewalk.judging import attestation, fact, no_logs, param, unread, verdict
from ropewalk.model import ControlResult, Status


class LogRetention:
    control = "log_retention"
    attests = ("log_retention",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from no_logs(context)
        yield from unread(context, logs=True)
        logs = context.datasets[context.datasets["kind"] == "log"]
        for source in sorted(set(logs["source"])):
            if fact(context, "retention_days", source).value is not None:
                yield _judge(context, source, source)
            else:
                for dataset in sorted(logs[logs["source"] == source]["dataset"]):
                    yield _judge(context, f"{source}/{dataset}", source)


def _judge(context: ControlContext, subject: str, source: str) -> ControlResult:
    days = int(param(context, "days", 365))
    kept = fact(context, "retention_days", subject)
    if kept.value == "never":
        return verdict(context, subject, Status.PASS, f"its events never expire; {days} days are asked for ({kept.how})", checked=1)
    if kept.value is not None:
        good = float(kept.value) >= days
        reason = f"kept for {kept.value} days; {days} are asked for ({kept.how})"
        return verdict(context, subject, Status.PASS if good else Status.FAIL, reason, checked=1, failed=int(not good))
    oldest = fact(context, "oldest_event", subject)
    age = _age(oldest.value, context.as_of)
    if age is not None and age >= days:
        return verdict(context, subject, Status.PASS, f"the oldest event is {age} days old; {days} are asked for", checked=1)
    word = attestation(context, "log_retention", subject, source)
    if word.status != Status.UNKNOWN:
        return verdict(context, subject, word.status, word.reason, checked=1, coverage="attested")
    so_far = f"the oldest event is {age} days old" if age is not None else "neither a setting nor the age of an event is known"
    needs = kept.needs or oldest.needs
    more = {"mend": f"needed: {needs}; or name options.retention_days of the source in ropewalk.yaml"} if needs else {}
    return verdict(context, subject, Status.UNKNOWN, f"{so_far}; how long logs are kept is not told", checked=1, **more)


def _age(value: object, as_of: datetime) -> int | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (as_of - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))).days
