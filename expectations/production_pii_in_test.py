"""Test stores hold no personal data of buyers (policy clause 2.5: test and production are separate)."""

from __future__ import annotations

from collections.abc import Iterator

from ropewalk.contracts import ControlContext
from ropewalk.judging import attestation, by_dataset, named, personal, unread, verdict
from ropewalk.model import ControlResult, Environment, Status


class ProductionPiiInTest:
    control = "production_pii_in_test"
    attests = ("synthetic_data",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        tests = [s.name for s in context.sources if s.environment == Environment.TEST]
        if not tests:
            mend = "list your test stores in ropewalk.yaml with `environment: test`"
            yield verdict(context, "company", Status.UNKNOWN, "no test store is configured, so none was looked at", mend=mend)
        scanned = set(context.datasets["source"])
        left_out = [*unread(context, datasets=True), *unread(context, logs=True, datasets=True)]
        yield from (r for r in left_out if r.subject.split("/", 1)[0] in tests and r.subject.split("/", 1)[0] in scanned)
        found = by_dataset([r for r in personal(context, logs=None) if r["source"] in tests])
        for source in tests:
            own = {dataset: rows for (s, dataset), rows in found.items() if s == source}
            if source not in scanned:
                yield verdict(context, source, Status.UNKNOWN, "nothing of it was scanned", mend=f"ropewalk scan --source {source}")
            elif not own:
                reason = "no personal data seen in what was looked at of its datasets"
                yield verdict(context, source, Status.PASS, reason, checked=1, coverage="sample of its datasets")
            for dataset, rows in own.items():
                yield _judge(context, source, dataset, [str(r["path"]) for r in rows])


def _judge(context: ControlContext, source: str, dataset: str, paths: list[str]) -> ControlResult:
    subject = f"{source}/{dataset}"
    word = attestation(context, "synthetic_data", subject, source)
    counted = {"checked": len(paths), "failed": len(paths)}
    if word.status == Status.PASS:
        return verdict(context, subject, Status.PASS, f"looks personal, and is invented: {word.reason}", **counted, coverage="attested")
    status = Status.STALE if word.status == Status.STALE else Status.FAIL
    why = f"; {word.reason}" if status == Status.STALE else ""
    return verdict(context, subject, status, f"personal data in a test store: {named(paths)}{why}", **counted)
