"""A company in a few frames: what the register would know, for controls to judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from ropewalk.contracts import ControlContext, FrameTable, Requirement, SqlTable
from ropewalk.model import Category, ControlResult, Environment, Path, Skipped, Source, path_text
from ropewalk.plugins import Plugins
from ropewalk.policy import Pack, read_pack

AS_OF = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PLUGINS = Plugins.of()
PACKS: dict[str, Pack] = {name: read_pack(path) for name, path in PLUGINS.policies().items()}
CONTROLS = PLUGINS.controls()
_FINDINGS = (
    "source", "dataset", "path", "field", "entity", "category", "strength", "confidence", "matched", "sampled", "rows", "bound", "method", "also",
    "recognisers",
)  # fmt: skip


ACTIVITY: dict[str, Any] = {
    "id": "ship", "name": "Ship orders", "purposes": ["ship"], "subjects": ["buyers"], "legal_basis": "contract", "collected": {"report": "orders"},
    "processed": "labels", "used": ["shipping"], "shared": [], "disposed": {"rule": "30 days", "clock": "delivered_at", "method": "delete"},
    "security": ["TLS"], "owner": "ops", "next_review": "2027-01-01",
}  # fmt: skip


def ropa(*fields: str, without: str = "", **more: Any) -> dict[str, Any]:
    """A record of processing with one activity over these fields; `without` leaves out one of its keys."""
    activity = {k: v for k, v in {**ACTIVITY, "fields": list(fields), **more}.items() if k != without}
    return {"controller": {"name": "Example Goods Ltd"}, "activities": [activity]}


def days(n: float) -> datetime:
    """n days before the clock of the tests."""
    return AS_OF - timedelta(days=n)


def iso(n: float) -> str:
    return days(n).isoformat()


@dataclass
class Company:
    """Add to it what a test needs, then `judge`."""

    sources: dict[str, Source] = field(default_factory=dict)
    datasets: list[dict[str, Any]] = field(default_factory=list)
    fields: list[dict[str, Any]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    attestations: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[tuple[str, str], SqlTable | FrameTable | Skipped] = field(default_factory=dict)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    declared: dict[str, Any] = field(default_factory=dict)
    scans: pd.DataFrame | None = None

    def source(self, name: str, uri: str = "postgresql://db/x", environment: Environment = Environment.PRODUCTION) -> Company:
        self.sources[name] = Source(name, uri, "team@example.com", environment)
        return self

    def dataset(self, source: str, name: str, kind: str = "table", rows: pd.DataFrame | SqlTable | Skipped | None = None) -> Company:
        if source not in self.sources:
            self.source(source)
        self.datasets.append(
            {"source": source, "dataset": name, "kind": kind, "rows": 10, "personal_fields": 0, "scan_id": "s", "fields": 1, "scanned_at": AS_OF}
        )
        if rows is not None:
            self.tables[source, name] = FrameTable(rows) if isinstance(rows, pd.DataFrame) else rows
        return self

    def field(self, source: str, dataset: str, path: str, category: str | None = None, **more: Any) -> Company:
        row = {
            "source": source, "dataset": dataset, "path": path, "field": f"{source}/{dataset}#{path}", "entity": category, "category": category,
            "strength": "direct", "confidence": 0.9 if category else 0.0, "matched": 8 if category else 0, "sampled": 10, "rows": 10,
            "bound": 0.01, "method": "full", "also": [], "recognisers": [],
        }  # fmt: skip
        self.fields.append({**row, **more})
        return self

    def fact(self, subject: str, name: str, value: Any, needs: str = "", how: str = "asked") -> Company:
        source = subject.split("/", 1)[0]
        self.facts.append({"subject": subject, "name": name, "value": value, "observed_at": AS_OF, "how": how, "needs": needs, "source": source})
        return self

    def attest(self, kind: str, subject: str, at: float = 1, until: float = -300, **more: Any) -> Company:
        row = {"kind": kind, "subject": subject, "by": "Lead", "at": days(at), "valid_until": days(until), "document_hash": "", "statement": ""}
        self.attestations.append({**row, "approver": "Officer", "met": True, **more})
        return self

    def context(self, need: Requirement) -> ControlContext:
        fields = pd.DataFrame(self.fields, columns=list(_FINDINGS))
        found = fields[fields["category"].notna()]
        datasets = pd.DataFrame(self.datasets, columns=["source", "dataset", "kind", "rows", "personal_fields", "scan_id", "fields", "scanned_at"])
        facts = pd.DataFrame(self.facts, columns=["subject", "name", "value", "observed_at", "how", "needs", "source"])
        facts["value"] = facts["value"].astype(object).where(facts["value"].notna(), None)
        words = pd.DataFrame(
            self.attestations, columns=["kind", "subject", "by", "at", "valid_until", "document_hash", "statement", "approver", "met"]
        )
        more = {"fields": fields, "skipped": pd.DataFrame(self.skipped, columns=["source", "dataset", "path", "reason", "mend"])}
        if self.scans is not None:
            more["scans"] = self.scans
        return ControlContext(need, AS_OF, found, facts, datasets, list(self.sources.values()), words, self.table, self.declared, more)

    def table(self, source: str, dataset: str, paths: Sequence[Path]) -> SqlTable | FrameTable | Skipped:
        found = self.tables.get((source, dataset), Skipped(source, dataset, "no right to read it", "grant SELECT"))
        if isinstance(found, FrameTable):
            wanted = [path_text(p) for p in paths]
            return FrameTable(found.frame[[c for c in wanted if c in found.frame]], found.coverage)
        return found

    def judge(self, requirement: str, pack: str = "amazon-dpp", **params: Any) -> list[ControlResult]:
        need = requirement_of(requirement, pack, params)
        return list(CONTROLS[need.control]().run(self.context(need)))

    def one(self, requirement: str, **params: Any) -> ControlResult:
        found = self.judge(requirement, **params)
        assert len(found) == 1, [(r.subject, r.status, r.reason) for r in found]
        return found[0]


def requirement_of(name: str, pack: str = "amazon-dpp", params: Mapping[str, Any] | None = None) -> Requirement:
    need = next(r for r in PACKS[pack].requirements if r.id == name)
    return Requirement(need.id, need.clause, need.text, need.control, need.severity, {**need.params, **(params or {})}, need.mend)


def shop(**clock: Any) -> Company:
    """A table of three orders: with an e-mail each, and the clock given as columns."""
    frame = pd.DataFrame({"buyer_email": ["a@example.com", "b@example.com", None], **{k: pd.Series(v, dtype=object) for k, v in clock.items()}})
    company = Company().dataset("db", "orders", rows=frame).field("db", "orders", "buyer_email", Category.EMAIL.value)
    for name in clock:
        company.field("db", "orders", name)
    return company
