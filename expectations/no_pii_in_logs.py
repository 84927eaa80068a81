"""Logs hold no personal data and no credentials (policy clause 2.6). IP addresses and user agents are personal data to the policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ropewalk.contracts import ControlContext, FrameTable
from ropewalk.judging import IN_POLICY, attestation, named, no_logs, unread, verdict
from ropewalk.model import Category, ControlResult, Status, path_of, path_text

_CATEGORIES = [*IN_POLICY, Category.CREDENTIAL.value]


class NoPiiInLogs:
    control = "no_pii_in_logs"
    attests = ("legal_hold",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from no_logs(context)
        yield from unread(context, logs=True, datasets=True)
        logs = context.datasets[context.datasets["kind"] == "log"]
        for source, dataset in sorted(zip(logs["source"], logs["dataset"], strict=True)):
            yield _judge(context, source, dataset)


def _judge(context: ControlContext, source: str, dataset: str) -> ControlResult:
    from ropewalk.gx import ExpectFieldsToHoldNoPersonalData, counts

    subject, threshold = f"{source}/{dataset}", float(context.declared.get("threshold", 0.5))
    fields, findings = (_own(f, source, dataset) for f in (context.frames.get("fields", context.findings), context.findings))
    if not len(fields):
        return verdict(context, subject, Status.UNKNOWN, "no line of it was looked at", mend=f"ropewalk scan --source {source}")
    found = counts(ExpectFieldsToHoldNoPersonalData(categories=_CATEGORIES, threshold=threshold), FrameTable(findings))["found"]
    lines, bound = int(fields["rows"].max()), float(fields["bound"].max())
    coverage = "full" if set(fields["method"]) == {"full"} else f"sample of {lines} lines (up to {bound:.1%} could still hold some)"
    counted: dict[str, Any] = {"checked": len(fields), "failed": found, "coverage": coverage}
    if not found:
        return verdict(context, subject, Status.PASS, f"nothing personal seen in {lines} lines, {len(fields)} fields", **counted)
    hit = findings[findings["category"].isin(_CATEGORIES) & (findings["strength"] == "direct") & (findings["confidence"] >= threshold)]
    hit = hit.sort_values("matched", ascending=False)
    what = [
        f"{path_text(path_of(p))} ({c.replace('_', ' ')}, {f'{n} times' if n else 'by a word of a steward'})"
        for p, c, n in zip(hit["path"], hit["category"], hit["matched"], strict=True)
    ]
    kinds = Counter(hit["category"])
    reason, details = f"personal data in {named(what)}", {**kinds, "lines": lines}
    word = attestation(context, "legal_hold", subject, source)
    if word.status == Status.PASS and word.row and str(word.row["statement"] or "").strip():
        return verdict(context, subject, Status.PASS, f"held under {word.row['statement']}: {reason}", **counted, details=details)
    return verdict(context, subject, Status.FAIL, reason, **counted, details=details)


def _own(frame: Any, source: str, dataset: str) -> Any:
    return frame[(frame["source"] == source) & (frame["dataset"] == dataset)]
