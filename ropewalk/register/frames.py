"""The register's frames: pandas DataFrames with fixed columns and dtypes, also when empty (docs/reference/frames.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ropewalk.errors import RegisterError
from ropewalk.model import Strength
from ropewalk.register import inventories as inv
from ropewalk.register import schema as t
from ropewalk.register.history import CHECKS, TREND, History
from ropewalk.register.ledger import Ledger
from ropewalk.register.runner import is_alive

if TYPE_CHECKING:
    import pandas as pd

FIELDS = (*t.OBSERVED[:-1], "decision", "rules_version")
DATASETS = ("source", "dataset", "kind", "rows", "bytes", "comment", "fields", "personal_fields", "scan_id", "scanned_at", "read_at")
SCANS = (
    "scan_id", "started_at", "finished_at", "status", "as_of", "units", "units_done", "rows", "bytes", "config_hash", "rules_version", "narrowed",
)  # fmt: skip
UNITS = ("scan_id", "source", "dataset", "status", "started_at", "finished_at", "rows", "bytes", "error")
RESULTS = (
    "run_id", "at", "control", "clause", "requirement", "subject", "status", "reason", "checked", "failed", "coverage", "mend", "details",
    "policy", "policy_hash", "as_of", "meaning", "excused",
)  # fmt: skip
ATTESTATIONS = ("kind", "subject", "by", "at", "valid_until", "document_hash", "statement", "approver", "met", "stored")
EXCEPTIONS = ("id", "requirement", "subject", "reason", "by", "approver", "at", "valid_until", "ended_at", "ended_by", "end_reason")
DECISIONS = ("fingerprint", "decision", "by", "at", "reason", "until", "category")
RUNS = ("run_id", "job", "due_at", "started_at", "finished_at", "status", "exit_code", "detail", "runner")
ALARMS = ("at", "kind", "severity", "subject", "title", "clause", "requirement", "counts", "mend", "key", "state", "deliveries")
CANARIES = ("name", "home", "by", "at")
EVIDENCE = ("sequence", "kind", "at", "record", "previous", "hash")

TIME, COUNT, MAYBE, SHARE, YES = "datetime64[us, UTC]", "int64", "Int64", "float64", "bool"
DTYPES = {
    **dict.fromkeys(("first_seen", "last_seen", "closed_at"), TIME),
    **dict.fromkeys(
        ("observed_at", "at", "started_at", "finished_at", "scanned_at", "as_of", "valid_until", "until", "due_at", "ended_at", "read_at"), TIME
    ),
    **dict.fromkeys(TREND[3:], COUNT),
    **dict.fromkeys(("matched", "sampled", "units", "units_done", "fields", "personal_fields", "checked", "failed", "sequence"), COUNT),
    **dict.fromkeys(("rows", "bytes", "exit_code"), MAYBE),
    **dict.fromkeys(("confidence", "bound"), SHARE),
    **dict.fromkeys(("narrowed", "met", "stored"), YES),
}
"""Column -> dtype; the others are objects (text, list, dict)."""
Rows = Iterable[dict[str, Any]]
_LATER: dict[str, dict[str, Any]] = {"result": {"meaning": "", "excused": ""}, "attestation": {"met": True, "stored": False}}
"""What entries of an earlier version do not say."""


class Frames:
    """Reads frames. `as_of` in a call is the clock by which decisions expire; now: the wall clock, by which a runner lives."""

    def __init__(self, read: Callable[[], AbstractContextManager[sa.Connection]], ledger: Ledger, now: Callable[[], datetime], where: str) -> None:
        self._read, self._ledger, self._now, self._where = read, ledger, now, where
        self._history = History(read, ledger)

    def frame(self, name: str, as_of: datetime, scan_id: str | None = None, run_id: str | None = None) -> pd.DataFrame:
        """Raises RegisterError naming the known frames."""
        if scan_id is not None or run_id is not None:
            return self._of_then(name, as_of, scan_id, run_id)
        makers: dict[str, tuple[Sequence[str], Callable[[], Rows]]] = {
            "findings": (FIELDS, lambda: self._findings(as_of)),
            "fields": (FIELDS, lambda: self._decided(_sorted(t.current_field), as_of)),
            "observations": (FIELDS, lambda: self._decided(_sorted(t.observation), as_of)),
            "facts": (t.FACT, self._facts),
            "datasets": (DATASETS, self._datasets),
            "skipped": (t.SKIPPED, lambda: self._all(sa.select(t.current_skipped).order_by(t.current_skipped.c.id))),
            "scans": (SCANS, self._scans),
            "units": (UNITS, self._units),
            "last_units": (UNITS, self._last_units),
            "trend": (TREND, lambda: self._history.trend(as_of)),
            "checks": (CHECKS, self._history.checks),
            "results": (RESULTS, lambda: ({**_LATER["result"], **r} for _, r in self._ledger.last_results())),
            "results_history": (RESULTS, lambda: self._said("result")),
            "attestations": (ATTESTATIONS, lambda: self._said("attestation")),
            "exceptions": (EXCEPTIONS, self._ledger.exceptions),
            "decisions": (DECISIONS, lambda: (r for _, r in self._ledger.entries("decision"))),
            "evidence": (EVIDENCE, lambda: self._all(sa.select(t.evidence).order_by(t.evidence.c.sequence))),
            "runs": (RUNS, lambda: self._all(sa.select(t.run).order_by(t.run.c.seq))),
            "alarms": (ALARMS, self._alarms),
            "inventory": (inv.INVENTORY, self._inventory),
            "imports": (inv.IMPORT, lambda: self._all(sa.select(inv.inventory_import).order_by(inv.inventory_import.c.id))),
            "canaries": (CANARIES, lambda: self._all(sa.select(t.canary).order_by(t.canary.c.name))),
        }
        if name not in makers:
            raise RegisterError(f"there is no frame {name!r}", where=self._where, mend=f"use one of: {', '.join(makers)}")
        columns, rows = makers[name]
        return shaped(rows(), columns, CHECKS[2:] if name == "checks" else ())

    def _said(self, kind: str) -> Rows:
        return ({**_LATER[kind], **r} for _, r in self._ledger.entries(kind))

    def _all(self, query: sa.Select[Any]) -> Rows:
        with self._read() as connection:
            yield from (dict(r) for r in connection.execute(query).mappings())

    def _of_then(self, name: str, as_of: datetime, scan_id: str | None, run_id: str | None) -> pd.DataFrame:
        """A frame as it was after a scan (fields, units) or a check (results)."""
        if scan_id is not None and name == "fields":
            return shaped(self._decided(self._history.fields(scan_id), as_of), FIELDS)
        if scan_id is not None and name == "units":
            return shaped(self._units(t.unit.c.scan_id == scan_id), UNITS)
        if run_id is not None and name == "results":
            return shaped(({**_LATER["result"], **r} for _, r in self._ledger.results_of(run_id)), RESULTS)
        mend = "scan_id goes with fields and units, run_id with results"
        raise RegisterError(f"the frame {name!r} is not kept by scan or check", where=self._where, mend=mend)

    def _decided(self, query: sa.Select[Any], as_of: datetime) -> Rows:
        decisions = self._ledger.decisions(as_of)
        for row in self._all(query):
            said = decisions.get(row["fingerprint"])
            row["decision"] = None if said is None else said["decision"]
            if said is not None and said["decision"] == "reclassified":  # a person's word is sure, whatever the machine thought of the field
                row |= {"category": said["category"], "entity": str(said["category"]).upper(), "strength": Strength.DIRECT.value, "confidence": 1.0}
                row["evidence"] = [*(row["evidence"] or ()), "steward"]
            yield row

    def _findings(self, as_of: datetime) -> Rows:
        return (r for r in self._decided(_sorted(t.current_field), as_of) if r["category"] is not None and r["decision"] != "dismissed")

    def _facts(self) -> Rows:
        last: dict[tuple[str, str, str], dict[str, Any]] = {}
        for row in self._all(sa.select(t.current_fact).order_by(t.current_fact.c.id)):
            last[row["source"], row["subject"], row["name"]] = row
        return last.values()

    def _datasets(self) -> Rows:
        u, f, read = t.current_unit, t.current_field, t.unit.alias()
        fields = sa.func.count(f.c.id).label("fields")
        personal = sa.func.count(f.c.category).label("personal_fields")
        told = sa.select(f.c.source, f.c.dataset, fields, personal).group_by(f.c.source, f.c.dataset).subquery()
        query = sa.select(
            u.c.source, u.c.dataset, u.c.kind, u.c.total_rows.label("rows"), u.c.bytes, u.c.comment, u.c.scan_id, u.c.finished_at.label("scanned_at"),
            sa.func.coalesce(told.c.fields, 0).label("fields"), sa.func.coalesce(told.c.personal_fields, 0).label("personal_fields"),
            read.c.finished_at.label("read_at"),
        ).outerjoin(told, (told.c.source == u.c.source) & (told.c.dataset == u.c.dataset))  # fmt: skip
        query = query.outerjoin(t.scan, t.scan.c.scan_id == u.c.looked_in).outerjoin(
            read, (read.c.scan_seq == t.scan.c.seq) & (read.c.source == u.c.source) & (read.c.dataset == u.c.dataset)
        )
        return self._all(query.order_by(u.c.source, u.c.dataset))

    def _scans(self) -> Rows:
        u = t.unit
        ended = sa.func.sum(sa.case((u.c.status.in_(("done", "skipped", "failed")), 1), else_=0)).label("units_done")
        sums = sa.func.sum(u.c.rows).label("rows"), sa.func.sum(sa.case((u.c.looked_in == u.c.scan_id, u.c.bytes), else_=0)).label("bytes")
        counts = sa.select(u.c.scan_seq, sa.func.count().label("units"), ended, *sums).where(u.c.status != "gone").group_by(u.c.scan_seq).subquery()
        for row in self._all(sa.select(t.scan, counts).outerjoin(counts, counts.c.scan_seq == t.scan.c.seq).order_by(t.scan.c.seq)):
            status = "stopped" if self._is_stopped(row) else row["status"]
            yield {**row, "status": status, **{k: int(row[k] or 0) for k in ("units", "units_done", "rows", "bytes")}}

    def _is_stopped(self, scan: dict[str, Any]) -> bool:
        """Whether a scan has neither an end nor a process that still works on it; the next scan takes it up or ends it."""
        return scan["finished_at"] is None and not is_alive(scan["runner"], scan["heartbeat_at"], self._now())

    def _alarms(self) -> Rows:
        sent: dict[int, dict[str, str]] = {}
        for row in self._all(sa.select(t.delivery).order_by(t.delivery.c.alarm_seq, t.delivery.c.channel)):
            sent.setdefault(row["alarm_seq"], {})[row["channel"]] = row["status"] + (f": {row['error']}" if row["error"] else "")
        for row in self._all(sa.select(t.alarm).where(t.alarm.c.state != "").order_by(t.alarm.c.seq)):
            if row["record"]:
                yield {**dict.fromkeys(ALARMS), **row["record"], "at": row["at"], "deliveries": sent.get(row["seq"], {})}

    def _inventory(self) -> Rows:
        c = inv.current_inventory.c
        return self._all(sa.select(inv.current_inventory).order_by(c.kind, c.scanner, c.target, c.key))

    def _units(self, chosen: sa.ColumnElement[bool] | None = None) -> Rows:
        query = sa.select(t.unit).where(t.unit.c.status != "gone").order_by(t.unit.c.scan_seq, t.unit.c.source, t.unit.c.dataset)
        return self._with_stopped(query if chosen is None else query.where(chosen))

    def _last_units(self) -> Rows:
        u, s = t.unit.c, t.scan_source.c
        last = sa.select(s.source, sa.func.max(s.scan_seq).label("scan_seq")).group_by(s.source).subquery()
        query = sa.select(t.unit).join(last, (last.c.source == u.source) & (last.c.scan_seq == u.scan_seq))
        return self._with_stopped(query.where(u.status != "gone").order_by(u.scan_seq, u.source, u.dataset))

    def _with_stopped(self, query: sa.Select[Any]) -> Rows:
        """Units, where those that a dead scan left without an end are `stopped`."""
        dead = {s["seq"] for s in self._all(sa.select(t.scan).where(t.scan.c.finished_at.is_(None))) if self._is_stopped(s)}
        for row in self._all(query):
            yield {**row, "status": "stopped"} if row["scan_seq"] in dead and row["status"] in {"pending", "running"} else row


def _sorted(table: sa.Table) -> sa.Select[Any]:
    return sa.select(table).order_by(table.c.source, table.c.dataset, table.c.id)


def shaped(rows: Rows, columns: Sequence[str], counts: Sequence[str] = ()) -> pd.DataFrame:
    """Rows (dicts with at least these keys) as a frame with exactly these columns and their dtypes; counts: those that count here."""
    import pandas as pd

    found = list(rows)
    made = {}
    for name in columns:
        dtype, values = COUNT if name in counts else DTYPES.get(name, "object"), [r[name] for r in found]
        if dtype == TIME:
            made[name] = pd.to_datetime(pd.Series(values, dtype="object"), utc=True, format="ISO8601").astype("datetime64[us, UTC]")
        else:
            made[name] = pd.Series(values, dtype=dtype)
    return pd.DataFrame(made, columns=list(columns))
