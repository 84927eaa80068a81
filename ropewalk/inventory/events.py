"""Change events, and Amazon's requests to delete data. Of who tested and who approved, only whether they are two persons is kept."""

from __future__ import annotations

from typing import Any

from ropewalk.errors import ConfigError
from ropewalk.inventory.cells import count, flag, last_moment, moment, names, text
from ropewalk.inventory.grid import Column, Record, check_columns, fill, records
from ropewalk.inventory.rows import Batch, Change, Deletion
from ropewalk.testimony import same_person

SEPARATE = "separate"
_TESTED = Column("tested_by", text, ("tester", "verified by"))
_APPROVED = Column("approved_by", text, ("approver", "change approver"))
CHANGES = (
    Column("id", text, ("change", "change id", "number", "key"), required=True),
    Column("at", moment, ("date", "changed at", "done at", "deployed at", "live at"), required=True),
    Column("kind", text, ("type", "category")),
    Column("major", flag, ("is major", "triggers review", "review needed")),
    Column("release", text, ("version", "tag")),
    _TESTED,
    _APPROVED,
)
DELETIONS = (
    Column("id", text, ("request", "request id", "number", "key", "case"), required=True),
    Column("requested_at", moment, ("requested", "notified at", "notice", "received at"), required=True),
    Column("deleted_at", last_moment, ("deleted", "done at")),
    Column("copies_deleted_at", last_moment, ("copies deleted", "live copies deleted at", "backups deleted at")),
    Column("emptied", names, ("stores", "scope", "datasets")),
    Column("rows_left", count, ("rows after", "left", "count after")),
    Column("method", text, ("sanitisation", "sanitization")),
    Column("certificate_asked", flag, ("certificate requested",)),
    Column("certified_at", last_moment, ("certified", "certificate")),
    Column("held_under", text, ("legal hold", "statute")),
)


def changes(data: str, where: str) -> Batch:
    """Change events. Raises ConfigError."""
    found, columns = records(data, where)
    unused = check_columns(columns, CHANGES, where) if columns else ()
    rows = []
    for record in found:
        told = fill(record, CHANGES)
        tester, approver = told.pop("tested_by", ""), told.pop("approved_by", "")
        rows.append(Change(**told, approval=_approval(record, tester, approver)))
    return Batch("list", rows, unused=unused)


def _approval(record: Record, tester: str, approver: str) -> str:
    if not any(name in record.cells for column in (_TESTED, _APPROVED) for name in column.names):
        return ""
    if not (tester and approver):
        return " and ".join(w for w, there in (("no tester", tester), ("no approver", approver)) if not there)
    return "tested and approved by the same person" if same_person(tester, approver) else SEPARATE


def deletions(data: str, where: str) -> Batch:
    """Amazon's requests to delete data, and what came of them. Raises ConfigError."""
    found, columns = records(data, where)
    unused = check_columns(columns, DELETIONS, where) if columns else ()
    rows = []
    for record in found:
        told: dict[str, Any] = fill(record, DELETIONS)
        for name in ("deleted_at", "copies_deleted_at", "certified_at"):
            if name in told and told[name] < told["requested_at"]:
                raise ConfigError(f"{name} is before the request", where=record.where, mend="correct the times there")
        told["certificate_asked"] = bool(told.get("certificate_asked")) or "certified_at" in told
        rows.append(Deletion(**told))
    return Batch("list", rows, unused=unused)
