"""Each dataset with personal data names its origin, or lies in a store of its own (policy clause 1.8)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ropewalk.contracts import ControlContext, FrameTable
from ropewalk.errors import SourceError
from ropewalk.judging import attestation, by_dataset, fact, field_paths, nothing_in, param, personal, unread, verdict
from ropewalk.model import ControlResult, Skipped, Status, path_of

_ORIGIN = re.compile(
    r"^(?:data_?)?(?:origin|provenance)(?:_?(?:tag|system|name|source))?$|^(?:source_?system|data_?source|origin_?tag|source_?of_?data)$", re.I
)


class DataAttribution:
    control = "data_attribution"
    attests = ("separate_store",)

    def run(self, context: ControlContext) -> Iterator[ControlResult]:
        yield from unread(context, datasets=True)
        for source, dataset in by_dataset(personal(context)):
            yield _judge(context, source, dataset)


def _judge(context: ControlContext, source: str, dataset: str) -> ControlResult:
    subject = f"{source}/{dataset}"
    if tag := fact(context, "origin_tag", subject, source).value:
        return verdict(context, subject, Status.PASS, f"tagged with its origin ({tag if isinstance(tag, str) else 'a tag of the store'})", checked=1)
    if source in context.declared.get("separate_stores", ()):
        return verdict(
            context, subject, Status.PASS, "a separate store, as ropewalk.yaml declares (separate_store: true)", checked=1, coverage="attested"
        )
    word = attestation(context, "separate_store", subject, source)
    if word.status == Status.PASS:
        return verdict(context, subject, Status.PASS, word.reason, checked=1, coverage="attested")
    columns = [p for p in field_paths(context, source, dataset) if "[]" not in p and "*" not in p and _names_an_origin(path_of(p))]
    if columns:
        return _counted(context, source, dataset, columns)
    mend = "write its origin into the comment or tag of the table or object, or add an origin column, or keep it in a store of its own"
    status, why = (Status.STALE, f"; {word.reason}") if word.status == Status.STALE else (Status.FAIL, "")
    return verdict(context, subject, status, f"no origin tag, no origin column, no separate store{why}", checked=1, failed=1, mend=mend)


def _names_an_origin(path: tuple[str, ...]) -> bool:
    return bool(path) and bool(_ORIGIN.match(path[-1].replace("-", "_")))


def _counted(context: ControlContext, source: str, dataset: str, columns: list[str]) -> ControlResult:
    from ropewalk.gx import ExpectRowsToNameTheirOrigin, counts

    subject, share = f"{source}/{dataset}", float(param(context, "share", 0.999))
    table = context.table(source, dataset, [path_of(c) for c in columns])
    if isinstance(table, Skipped):
        return verdict(context, subject, Status.UNKNOWN, f"its rows could not be read: {table.reason}", mend=table.mend)
    try:
        n = counts(ExpectRowsToNameTheirOrigin(origin=columns, mostly=share), table)
    except SourceError as error:
        return verdict(context, subject, Status.UNKNOWN, error.what, mend=error.mend)
    empty = n["rows"] - n["filled"]
    coverage = table.coverage if isinstance(table, FrameTable) else "full"
    if not n["rows"]:
        return nothing_in(context, subject, coverage)
    status = Status.PASS if n["filled"] >= share * n["rows"] else Status.FAIL
    reason = f"{n['filled']} of {n['rows']} rows name their origin in {', '.join(columns)}; {share:.1%} is asked for"
    return verdict(context, subject, status, reason, checked=n["rows"], failed=empty, coverage=coverage, details=n)
