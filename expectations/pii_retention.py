"""Personal data of buyers is gone 30 days after delivery (policy clause 2.1), counted row by row in the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ropewalk.contracts import ControlContext, FrameTable, SqlTable
from ropewalk.errors import SourceError
from ropewalk.judging import attestation, by_dataset, fact, field_paths, nothing_in, param, personal, unread, verdict
from ropewalk.judging.clocks import Clocks, clocks_of
from ropewalk.model import ControlResult, Skipped, Status, path_of
from ropewalk.naming import in_names

_END_THEM = "delete the older versions, and add a lifecycle rule NoncurrentVersionExpiration of a few days for the whole bucket"


class PiiRetention:
    control = "pii_retention"
    attests = ("legal_hold",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from unread(context, datasets=True)
        found = by_dataset(personal(context, sealed=True))
        for (source, dataset), rows in found.items():
            yield _held(context, source, _kept(context, source, _judge(context, source, dataset, [r["path"] for r in rows])))
        for source in sorted({source for source, _ in found}):
            yield from _deleted(context, source)


def _kept(context: ControlContext, source: str, result: ControlResult) -> ControlResult:
    """What is good of the rows of today says nothing of older versions of the same objects, which nobody read."""
    if result.status not in {Status.PASS, Status.NOT_APPLICABLE}:
        return result
    counted = {"checked": result.checked, "coverage": result.coverage, "details": result.details}
    if needs := fact(context, "noncurrent_versions", source).needs:
        why = f"{result.reason}, but whether older versions are kept may not be asked"
        return verdict(context, result.subject, Status.UNKNOWN, why, **counted, mend=f"needed: {needs}")
    if words := _old(context, fact(context, "noncurrent_versions", result.subject).value):
        return verdict(context, result.subject, Status.UNKNOWN, f"{result.reason}, but {words}", **counted, mend=_END_THEM)
    return result


def _deleted(context: ControlContext, source: str) -> Iterator[ControlResult]:
    """Of objects that were deleted, versions may lie on; they belong to no dataset any more."""
    value = fact(context, "noncurrent_versions", source).value
    gone = value.get("of_deleted_objects", 0) if isinstance(value, dict) else 0
    if gone and (words := _old(context, value)):
        yield verdict(
            context, source, Status.UNKNOWN, f"objects were deleted, but {words}; {gone} of them of deleted objects", checked=1, mend=_END_THEM
        )


def _old(context: ControlContext, value: Any) -> str:
    """Of older versions that are past the period, or may be; empty where there are none."""
    if not isinstance(value, dict) or not value.get("count"):
        return ""
    days, oldest = float(param(context, "days", 30)), value.get("oldest")
    if oldest and value.get("all_counted", True) and datetime.fromisoformat(str(oldest)) >= context.as_of - timedelta(days=days):
        return ""
    since = f", the oldest of {str(oldest)[:10]}" if oldest else ""
    more = "" if value.get("all_counted", True) else " or more"
    return f"{value['count']}{more} older versions of objects are kept that were not read{since}"


def _judge(context: ControlContext, source: str, dataset: str, paths: list[str]) -> ControlResult:
    subject = f"{source}/{dataset}"
    clocks = clocks_of(dataset, field_paths(context, source, dataset), context.declared.get("clocks", {}).get(source, {}))
    name_it = f"name its clock in ropewalk.yaml, below source {source}: clocks: {{{dataset}: {{delivered: <field>}}}}"
    if not (clocks.delivered or clocks.shipped):
        return verdict(context, subject, Status.UNKNOWN, "no field tells when an order was delivered or shipped", mend=name_it)
    paths = [p for p in paths if not in_names(path_of(p))]
    if not paths:
        why = "personal data stands in the names of its columns or files, which no date ends"
        return verdict(context, subject, Status.UNKNOWN, why, mend="rename them, or attest when they go (legal_hold)")
    wanted = [path_of(p) for p in (*paths, clocks.delivered, clocks.shipped) if p]
    table = context.table(source, dataset, wanted)
    if isinstance(table, Skipped):
        return verdict(context, subject, Status.UNKNOWN, f"its rows could not be read: {table.reason}", mend=table.mend or name_it)
    try:
        return _verdict(context, subject, clocks, _count(context, paths, clocks, table), table, name_it)
    except SourceError as error:
        return verdict(context, subject, Status.UNKNOWN, f"{error.what} ({clocks.words})", mend=error.mend)


def _count(context: ControlContext, paths: list[str], clocks: Clocks, table: SqlTable | FrameTable) -> dict[str, int]:
    from ropewalk.gx import ExpectPiiRetention, counts

    days = float(param(context, "days", 30))
    as_of = context.as_of.isoformat()
    return counts(ExpectPiiRetention(personal=paths, as_of=as_of, delivered=clocks.delivered, shipped=clocks.shipped, days=days), table)


def _verdict(context: ControlContext, subject: str, clocks: Clocks, n: dict[str, int], table: SqlTable | FrameTable, name_it: str) -> ControlResult:
    days, late = f"{param(context, 'days', 30):g}", n["overdue"] + n["overdue_by_shipment"]
    counted = {
        "checked": n["personal"],
        "failed": late,
        "coverage": table.coverage if isinstance(table, FrameTable) else "full",
        "details": {**n, "clock": clocks.words},
    }
    if not n["rows"]:
        return nothing_in(context, subject, str(counted["coverage"]))
    undated = f"{n['undated']} of {n['personal']} rows with personal data have no usable date" if n["undated"] else ""
    if late:
        by_shipment = f", {n['overdue_by_shipment']} of them by the shipment clock" if n["overdue_by_shipment"] else ""
        reason = f"{late} of {n['personal']} rows hold personal data more than {days} days after delivery{by_shipment}"
        return verdict(context, subject, Status.FAIL, reason + (f"; {undated}" if undated else ""), **counted)
    if undated:
        return verdict(context, subject, Status.UNKNOWN, f"{undated} ({clocks.words})", **counted, mend=f"fill the date, or {name_it}")
    if not n["personal"]:
        return verdict(context, subject, Status.PASS, f"none of {n['rows']} rows holds personal data any more", **counted)
    by = n["by_shipment"]
    which = f"{', all' if by == n['personal'] else f', {by} of them'} by the shipment clock" if by else ""
    return verdict(context, subject, Status.PASS, f"all {n['personal']} rows with personal data are within {days} days{which}", **counted)


def _held(context: ControlContext, source: str, result: ControlResult) -> ControlResult:
    """A law that asks for longer storage (who says so, which statute, until when) turns overdue into held."""
    if result.status != Status.FAIL:
        return result
    word = attestation(context, "legal_hold", result.subject, source)
    if word.row is None:
        return result
    statute = str(word.row["statement"] or "").strip()
    kept = {"checked": result.checked, "failed": result.failed, "coverage": result.coverage, "details": result.details}
    if word.status == Status.PASS and statute and word.until:
        reason = f"held under {statute} until {word.until:%Y-%m-%d}: {result.reason}"
        return verdict(context, result.subject, Status.PASS, reason, **kept)
    why = word.reason if word.status != Status.PASS else "the legal hold names no statute"
    return verdict(context, result.subject, Status.FAIL, f"{result.reason}; {why}", **kept)
