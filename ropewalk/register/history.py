"""What was known after a scan, and how findings and verdicts went over time: counted in the database, for a history outgrows memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ropewalk.model import Status
from ropewalk.register import schema as t
from ropewalk.register.ledger import Ledger

TREND = ("scan_id", "at", "status", "findings", "direct", "weak", "sources")
CHECKS = ("run_id", "at", *(s.value for s in Status))
_AT_ONCE = 500

Key = tuple[str, str, str]
"""Scan, source, dataset."""


class History:
    """Reads of the past. Decisions of stewards count as they stand at `as_of`."""

    def __init__(self, read: Callable[[], AbstractContextManager[sa.Connection]], ledger: Ledger) -> None:
        self._read, self._ledger = read, ledger

    def fields(self, scan_id: str) -> sa.Select[Any]:
        """What was known of every field after a scan, as `current_field` is after the last one: a scan leaves out what is unchanged."""
        u, o = t.unit.c, t.observation.c
        upto = sa.select(t.scan.c.seq).where(t.scan.c.scan_id == scan_id).scalar_subquery()
        ended = u.status.in_(("done", "gone")) & (u.scan_seq <= upto)
        last = sa.select(u.source, u.dataset, sa.func.max(u.scan_seq).label("scan_seq")).where(ended).group_by(u.source, u.dataset).subquery()
        same = (last.c.source == u.source) & (last.c.dataset == u.dataset) & (last.c.scan_seq == u.scan_seq)
        looked = (o.scan_id == u.looked_in) & (o.source == u.source) & (o.dataset == u.dataset)
        known = t.observation.join(t.unit, looked).join(last, same)
        return sa.select(t.observation).select_from(known).where(u.status == "done").order_by(o.source, o.dataset, o.id)

    def trend(self, as_of: datetime) -> Iterator[dict[str, Any]]:
        """A row a finished scan, oldest first: how many fields held personal data after it, and in how many sources."""
        said = self._ledger.decisions(as_of)
        found = self._personal(None)
        dismissed = [f for f, r in said.items() if r["decision"] == "dismissed"]
        for start in range(0, len(dismissed), _AT_ONCE):
            for key, less in self._personal(dismissed[start : start + _AT_ONCE]).items():
                found[key] = tuple(a - b for a, b in zip(found[key], less, strict=True))
        u, s = t.unit.c, t.scan.c
        looks = sa.select(u.scan_seq, u.source, u.dataset, u.status, u.looked_in).where(u.status.in_(("done", "gone"))).order_by(u.scan_seq)
        now: dict[tuple[str, str], tuple[int, ...]] = {}
        totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        with self._read() as connection:
            rows = iter(connection.execute(looks))
            row = next(rows, None)
            for scan in connection.execute(sa.select(s.seq, s.scan_id, s.finished_at, s.status).order_by(s.seq)).all():
                while row is not None and row.scan_seq <= scan.seq:
                    new = found.get((row.looked_in, row.source, row.dataset), (0, 0, 0)) if row.status == "done" else (0, 0, 0)
                    old = now.get((row.source, row.dataset), (0, 0, 0))
                    now[row.source, row.dataset] = new
                    totals[row.source] = [a + b - c for a, b, c in zip(totals[row.source], new, old, strict=True)]
                    row = next(rows, None)
                if scan.finished_at is not None:
                    counts = [sum(c) for c in zip(*totals.values(), strict=True)] or [0, 0, 0]
                    sources = sum(own[0] > 0 for own in totals.values())
                    yield dict(zip(TREND, (scan.scan_id, scan.finished_at, scan.status, *counts, sources), strict=True))

    def checks(self) -> Iterator[dict[str, Any]]:
        """A row a check, oldest first: how many verdicts had each status."""
        with self._read() as connection:
            e = t.evidence.c
            run, status = (_word(connection, e.record, name) for name in ("run_id", "status"))
            query = (
                sa.select(run, status, sa.func.count(), sa.func.max(e.at), sa.func.min(e.sequence)).where(e.kind == "result").group_by(run, status)
            )
            counted = connection.execute(query).all()
        runs: dict[str, dict[str, Any]] = {}
        for name, word, count, at, _ in sorted(counted, key=lambda r: r[4]):
            own = runs.setdefault(name, {**dict.fromkeys(CHECKS, 0), "run_id": name, "at": at})
            own["at"] = max(own["at"], at)
            own[word] = count
        yield from runs.values()

    def _personal(self, fingerprints: Sequence[str] | None) -> dict[Key, tuple[int, ...]]:
        """How many fields of each dataset held personal data when a scan looked at it: all, direct, weak."""
        o = t.observation.c
        strong = (sa.func.sum(sa.case((o.strength == word, 1), else_=0)) for word in ("direct", "weak"))
        query = sa.select(o.scan_id, o.source, o.dataset, sa.func.count(), *strong).where(o.category.is_not(None))
        if fingerprints is not None:
            query = query.where(o.fingerprint.in_(fingerprints))
        with self._read() as connection:
            rows = connection.execute(query.group_by(o.scan_id, o.source, o.dataset))
            return {(r[0], r[1], r[2]): (int(r[3]), int(r[4]), int(r[5])) for r in rows}


def _word(connection: sa.Connection, record: sa.Column[str], name: str) -> Any:
    if connection.dialect.name == "postgresql":
        return sa.cast(record, postgresql.JSON)[name].astext
    return sa.func.json_extract(record, f"$.{name}")
