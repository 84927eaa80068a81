"""The part of a register for imported registers: accounts, leavers, assets, vulnerabilities, incidents, …; rows are only ever added.

A series is what shares kind, scanner and target. Of a row (its `key` in a series) the newest import that names it is current; it was first
seen in the oldest, and is closed by the next import of the series that does not name it. "Newest" goes by `observed_at`, when the list or
scan was made, so that reports may be imported in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ropewalk.register.ledger import Ledger
from ropewalk.register.schema import BIG, Moment, Text, metadata, views

IMPORT = ("id", "kind", "format", "scanner", "target", "release", "file", "sha256", "at", "observed_at", "rows")
INVENTORY = ("kind", "scanner", "target", "key", "record", "first_seen", "last_seen", "closed_at")


def _import() -> list[sa.Column[Any]]:
    kinds: dict[str, Any] = {"at": Moment, "observed_at": Moment, "rows": BIG}
    return [sa.Column(name, kinds.get(name, Text), nullable=False) for name in IMPORT[1:]]


inventory_import = sa.Table(
    "inventory_import", metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    *_import(),
    sa.Index("inventory_import_by_series", "kind", "scanner", "target"),
)  # fmt: skip

inventory_row = sa.Table(
    "inventory_row", metadata,
    sa.Column("id", BIG, primary_key=True, autoincrement=True),
    sa.Column("import_id", BIG, nullable=False),
    sa.Column("key", Text, nullable=False),
    sa.Column("record", sa.JSON, nullable=False),
    sa.Index("inventory_row_by_import", "import_id"),
)  # fmt: skip

current_inventory_import = sa.Table("current_inventory_import", views, sa.Column("id", BIG), *_import())
current_inventory = sa.Table(
    "current_inventory", views,
    sa.Column("id", BIG), sa.Column("import_id", BIG), sa.Column("kind", Text), sa.Column("scanner", Text), sa.Column("target", Text),
    sa.Column("key", Text), sa.Column("record", sa.JSON), sa.Column("first_seen", Moment), sa.Column("last_seen", Moment),
    sa.Column("closed_at", Moment),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Import:
    """One import: of what kind, from which file, when the list or scan was made (`observed_at`); rows: key -> record (JSON data)."""

    kind: str
    format: str
    scanner: str
    target: str
    release: str
    file: str
    sha256: str
    observed_at: datetime
    rows: Mapping[str, Mapping[str, Any]]


class Inventories:
    """`write` and `read` give connections; each import is an entry of the evidence chain."""

    def __init__(
        self,
        write: Callable[[], AbstractContextManager[sa.Connection]],
        read: Callable[[], AbstractContextManager[sa.Connection]],
        ledger: Ledger,
    ) -> None:
        self._write, self._read, self._ledger = write, read, ledger

    def record(self, imports: Sequence[Import], at: datetime) -> list[bool]:
        """All or nothing; False for one that is known already (same series, file and time)."""
        t = inventory_import
        new = []
        with self._write() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("LOCK TABLE inventory_import IN SHARE ROW EXCLUSIVE MODE")
            for one in imports:
                head = {name: getattr(one, name) for name in ("kind", "format", "scanner", "target", "release", "file", "sha256", "observed_at")}
                same = [t.c[name] == head[name] for name in ("kind", "scanner", "target", "release", "sha256", "observed_at")]
                known = connection.execute(sa.select(t.c.id).where(*same).limit(1)).first() is not None
                new.append(not known)
                if known:
                    continue
                made = connection.execute(sa.insert(t).values(**head, at=at, rows=len(one.rows))).inserted_primary_key
                rows = [{"import_id": made[0], "key": k, "record": dict(r)} for k, r in one.rows.items()] if made else []
                if rows:
                    connection.execute(sa.insert(inventory_row), rows)
                self._ledger.append_within(connection, [("inventory_import", at, {**head, "rows": len(one.rows)})])
        return new

    def newest(self, kind: str, scanner: str, target: str) -> tuple[datetime, set[str]] | None:
        """(observed_at, keys of its rows) of the current import of a series; None where there is none."""
        c = current_inventory_import.c
        with self._read() as connection:
            here = (c.kind == kind) & (c.scanner == scanner) & (c.target == target)
            row = connection.execute(sa.select(c.id, c.observed_at).where(here)).first()
            if row is None:
                return None
            keys = connection.execute(sa.select(inventory_row.c.key).where(inventory_row.c.import_id == row.id)).scalars()
            return row.observed_at, set(keys)

    def series(self, kind: str) -> list[tuple[str, str, datetime]]:
        """(scanner, target, observed_at) of the current import of each series of a kind."""
        c = current_inventory_import.c
        with self._read() as connection:
            rows = connection.execute(sa.select(c.scanner, c.target, c.observed_at).where(c.kind == kind).order_by(c.scanner, c.target))
            return [(r.scanner, r.target, r.observed_at) for r in rows]
