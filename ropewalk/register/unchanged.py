"""Which earlier looks still hold, so that unchanged datasets need not be read again, and how a scan takes them over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ropewalk.model import Dataset
from ropewalk.register import recording
from ropewalk.register.schema import clean, current_unit, scan, skipped, unit

FUTURE = timedelta(days=1)
"""A look that claims to come from so far ahead was made with a wrong clock, and does not hold."""


def holding(
    connection: sa.Connection, source: str, datasets: Sequence[Dataset], rules_version: str, depth: str, as_of: datetime, days: float
) -> list[Dataset]:
    """Those of which the last look still holds: same fingerprint, rules and depth, not older than `days`, and nothing was left out of it."""
    u = current_unit.c
    joined = sa.select(current_unit, scan.c.as_of).join(scan, scan.c.scan_id == u.looked_in)
    last = {r.dataset: r for r in connection.execute(joined.where(u.source == source))}
    looks = sa.select(scan.c.seq).where(scan.c.scan_id.in_(sa.select(u.looked_in).where(u.source == source)))
    left = sa.select(skipped.c.dataset, skipped.c.scan_id).where(skipped.c.source == source, skipped.c.scan_seq.in_(looks))
    partial = {(r.dataset, r.scan_id) for r in connection.execute(left)}

    def holds(dataset: Dataset) -> bool:
        row = last.get(clean(dataset.name))
        if row is None or not dataset.fingerprint or (row.dataset, row.looked_in) in partial:
            return False
        if not as_of - timedelta(days=days) < row.as_of < as_of + FUTURE:
            return False
        return (row.fingerprint, row.rules_version) == (clean(dataset.fingerprint), rules_version) and row.depth in {depth, "exhaustive"}

    return [d for d in datasets if holds(d)]


def carry(connection: sa.Connection, scan_seq: int, dataset: Dataset, now: datetime) -> bool:
    """Ends the unit of an unchanged dataset: what was found in the earlier scan stays current. False where nothing is known of it."""
    known = (unit.c.source == dataset.source) & (unit.c.dataset == dataset.name)
    last = _last_look(connection, known)
    if last is None:
        return False
    end = {
        "status": "done", "started_at": now, "finished_at": now, "looked_in": last.looked_in, "rows": 0, "bytes": dataset.bytes,
        **recording.listed(dataset), "fingerprint": last.fingerprint, "depth": last.depth,
    }  # fmt: skip
    here = known & (unit.c.scan_seq == scan_seq) & unit.c.status.in_(("pending", "running"))
    connection.execute(sa.update(unit).where(here).values(end))
    return True


def _last_look(connection: sa.Connection, known: sa.ColumnElement[bool]) -> sa.Row[Any] | None:
    """The row of `current_unit`, by the index: the view would group all units for each dataset."""
    row = connection.execute(sa.select(unit).where(known & unit.c.status.in_(("done", "gone"))).order_by(unit.c.scan_seq.desc()).limit(1)).first()
    return None if row is None or row.status == "gone" else row
