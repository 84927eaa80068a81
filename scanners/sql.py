"""SQLite, read-only and aware of its write-ahead log; and any other SQLAlchemy dialect by its URL."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path as File
from typing import Any, ClassVar
from urllib.parse import quote

import sqlalchemy as sa

from ropewalk.contracts import Check
from ropewalk.errors import ReadOnlyError, RopewalkError, SourceError
from ropewalk.model import Fact, Skipped
from ropewalk.reading.cells import DOCUMENT
from ropewalk.reading.filefacts import file_facts
from ropewalk.reading.filemarks import file_mark
from ropewalk.reading.reflection import reflect
from ropewalk.reading.relational import Relational
from ropewalk.reading.sqlsession import LostError, named
from ropewalk.reading.tables import Column, Table

_HEADER = b"SQLite format 3\x00"
_COUNTED = 100_000
_STEPS = 20_000
_AT_ONCE = 100
_SQL_COMMENT = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\[[^\]]*\]|`[^`]*`|--([^\n]*)|/\*(.*?)\*/""", re.S)


class Sqlite(Relational):
    """`sqlite:///relative.db`, `sqlite:////absolute.db`. The file is opened with mode=ro, and every statement has a deadline."""

    schemes: ClassVar[tuple[str, ...]] = ("sqlite",)
    kind: ClassVar[str] = "SQLite"

    _deadline = 0.0

    def _file(self) -> File:
        name = self._url().database or ""
        if not name or name == ":memory:" or name.startswith("file:"):
            raise SourceError("the uri names no file", where=self._source.name, mend="write sqlite:///path/to/file.db")
        return File(name)

    def _dial(self, dialect: sa.Dialect) -> Any:
        path = self._file()
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=5, check_same_thread=False)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        self._reset()
        connection.set_progress_handler(lambda: int(time.monotonic() > self._deadline), _STEPS)
        for pragma in ("query_only = ON", "trusted_schema = OFF", "temp_store = MEMORY", "cell_size_check = ON"):
            connection.execute(f"PRAGMA {pragma}")
        if connection.execute("PRAGMA query_only").fetchone()[0] != 1:
            connection.close()
            raise ReadOnlyError("SQLite did not accept query_only", where=self._source.name, mend="install a current SQLite")
        return connection

    def _reset(self) -> None:
        self._deadline = time.monotonic() + self._limits.statement_timeout

    def _engine_options(self) -> dict[str, Any]:
        return {"poolclass": sa.pool.QueuePool}

    def _pause(self) -> None:
        super()._pause()
        self._reset()

    def _engine(self) -> sa.Engine:
        if self._opened is None:
            engine = super()._engine()
            sa.event.listen(engine, "before_cursor_execute", lambda *_: self._reset())
        return super()._engine()

    def _stream(self, select: sa.Select[Any], where: str, *, all_rows: bool = False) -> Iterator[list[Any]]:
        for chunk in super()._stream(select, where, all_rows=all_rows):
            yield chunk
            if all_rows:
                self._reset()  # the deadline is for each chunk: a whole table may take its time

    def _catalogue(self) -> Iterator[Table | Skipped]:
        mark = self._mark()
        estimates = self._estimates()
        sql = {str(n): str(s or "") for n, s in self._rows("SELECT name, sql FROM main.sqlite_schema WHERE type IN ('table', 'view')")}
        listed = self._rows("SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name")
        columns = self._columns()
        counts = self._counts([name for name, kind, _ in listed if kind == "table"])
        for name, kind, wr in listed:
            if kind == "shadow":
                continue  # the inside of a virtual table, which is read through it
            try:
                own = columns[name] if columns is not None else self._columns(name)[name]  # type: ignore[index]
                yield self._described(str(name), str(kind), bool(wr), own, sql.get(name, ""), counts.get(name), estimates, mark)
            except (SourceError, KeyError) as error:
                what = error.what if isinstance(error, SourceError) else "its columns cannot be listed"
                yield Skipped(self._source.name, self._names.label(name), what, "mend the definition of the view, or leave it out with `exclude`")

    def _columns(self, only: str | None = None) -> dict[str, list[tuple[Any, ...]]] | None:
        """name -> (column, type, part of the key); all at once, None where one broken view spoils that."""
        statement = (
            "SELECT l.name, x.name, x.type, x.pk FROM pragma_table_list l JOIN pragma_table_xinfo(l.name) x "
            "WHERE l.schema = 'main' AND l.type <> 'shadow' AND x.hidden <> 1 AND (:only IS NULL OR l.name = :only) ORDER BY l.name, x.cid"
        )
        try:
            found: dict[str, list[tuple[Any, ...]]] = {}
            for name, *rest in self._rows(statement, {"only": only}):
                found.setdefault(name, []).append(tuple(rest))
            return found
        except SourceError:
            if only is not None:
                raise
            return None

    def _described(
        self,
        name: str,
        kind: str,
        without_rowid: bool,
        own: list[tuple[Any, ...]],
        sql: str,
        rows: int | None,
        estimates: Mapping[str, int],
        mark: str,
    ) -> Table:
        columns = tuple(Column(str(c), str(t).lower()) for c, t, _ in own)
        taken = {c.name.lower() for c in columns}
        key = next((k for k in ("rowid", "_rowid_", "oid") if k not in taken), "") if kind == "table" and not without_rowid else ""
        comment = " ".join(" ".join(m[1] or m[2] for m in _SQL_COMMENT.finditer(sql) if m[1] or m[2]).split())[:500]
        fingerprint = hashlib.sha256(f"{mark}:{sql}".encode("utf-8", "replace")).hexdigest()[:32] if mark else ""
        table = Table(name, columns, None, "view" if kind == "view" else "table", kind == "table", None, None, None, comment, key, fingerprint)
        if kind != "table":
            return table
        if rows is not None and rows > _COUNTED:
            rows = estimates.get(name) or self._span(table) or rows
        return Table(name, columns, None, "table", True, rows, None, None, comment, key, fingerprint)

    def _counts(self, names: list[str]) -> dict[str, int]:
        """The rows of many tables at once, each counted up to a bound."""
        found: dict[str, int] = {}
        for start in range(0, len(names), _AT_ONCE):
            batch = names[start : start + _AT_ONCE]
            quoted = ['"' + n.replace('"', '""').replace(":", "\\:") + '"' for n in batch]
            parts = [f"SELECT {i}, count(*) FROM (SELECT 1 FROM main.{q} LIMIT {_COUNTED + 1})" for i, q in enumerate(quoted)]  # noqa: S608
            try:
                found |= {batch[i]: int(n) for i, n in self._rows(" UNION ALL ".join(parts))}
            except LostError:
                raise
            except SourceError:
                continue  # unknown: a draw will tell
        return found

    def _span(self, table: Table) -> int | None:
        """The distance of the first and the last rowid: the number of rows, unless many were deleted."""
        if not table.key:
            return None
        low, high = self._one(sa.select(sa.func.min(_rowid(table)), sa.func.max(_rowid(table))).select_from(self._place(table)))
        return None if low is None else int(high) - int(low) + 1

    def _estimates(self) -> dict[str, int]:
        """What ANALYZE left."""
        if not self._rows("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1'"):
            return {}
        found: dict[str, int] = {}
        for name, stat in self._rows("SELECT tbl, stat FROM main.sqlite_stat1"):
            first = str(stat or "").split(" ")[0]
            found[str(name)] = max(found.get(name, 0), int(first) if first.isdigit() else 0)
        return found

    def _mark(self) -> str:
        """Of the file and its write-ahead log, "" where one of them was changed just now."""
        marks = []
        for path in (self._file(), File(f"{self._file()}-wal")):
            stat = path.stat() if path.exists() else None
            marks.append(file_mark(stat) if stat and stat.st_size else "-")
        return "|".join(marks) if all(marks) else ""

    def _cell(self, column: Column) -> sa.ColumnElement[Any]:
        cell = named(column.name)
        return sa.case((sa.func.length(cell) > DOCUMENT, sa.func.substr(cell, 1, DOCUMENT)), else_=cell)

    def _random(self, turn: int) -> sa.ColumnElement[Any]:
        return sa.func.abs(sa.func.random() % 1_000_000) / sa.literal(1_000_000.0)

    def _checks(self) -> Iterator[Check]:
        yield Check("read-only", True, "opened with mode=ro and query_only")
        yield Check("version", True, f"SQLite {self._one('SELECT sqlite_version()')[0]}, journal {self._one('PRAGMA journal_mode')[0]}")
        yield Check("encryption in transit", True, "a file on this machine: nothing travels")

    def _facts(self, as_of: datetime, tables: Mapping[str, Table]) -> Iterator[Fact]:
        yield from file_facts(self._source.name, self._file(), as_of, _HEADER, 0)

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        """Of a file that cannot be opened as SQLite, what its bytes and its place tell."""
        try:
            with self._file().open("rb") as opened:
                shut = opened.read(len(_HEADER)) not in (_HEADER, b"")
        except (OSError, SourceError):
            shut = False
        if shut:
            yield from file_facts(self._source.name, self._file(), as_of, _HEADER, 0)
        else:
            yield from super().facts(as_of)

    def least_privilege(self) -> str:
        path = self._url().database
        return (
            f"-- SQLite has no users: read permission on the file, and on its folder while the store uses a write-ahead log\n-- chmod g+r '{path}'\n"
        )


def _rowid(table: Table) -> sa.ColumnClause[Any]:
    return sa.literal_column(table.key)


_DRIVERS = {
    "mssql": "pyodbc", "oracle": "oracledb", "snowflake": "snowflake-sqlalchemy", "bigquery": "sqlalchemy-bigquery", "db2": "ibm_db_sa",
    "redshift": "sqlalchemy-redshift", "cockroachdb": "sqlalchemy-cockroachdb", "trino": "trino[sqlalchemy]", "clickhouse": "clickhouse-sqlalchemy",
    "databricks": "databricks-sqlalchemy", "hana": "sqlalchemy-hana", "teradatasql": "teradatasqlalchemy", "firebird": "sqlalchemy-firebird",
    "athena": "PyAthena[SQLAlchemy]", "awsathena": "PyAthena[SQLAlchemy]", "vertica": "vertica-sqlalchemy-dialect",
}  # fmt: skip


class AnySql(Relational):
    """Any SQLAlchemy URL, `mssql+pyodbc://…`, or `sql+dialect://…` for one that is not in the list of schemes.

    A session that cannot write is not to be had in every dialect: so `options.read_only_role: true` must say that the
    account has no right to write, or the store is not opened.
    """

    schemes: ClassVar[tuple[str, ...]] = ("sql", *_DRIVERS)
    kind: ClassVar[str] = "the database"

    def _url(self) -> sa.URL:
        return self._parsed(self._source.uri.removeprefix("sql+"))

    def _dial(self, dialect: sa.Dialect) -> Any:
        if self._source.options.get("read_only_role") is not True:
            mend = "give the account read rights only (`ropewalk sources grants`), and say so with options.read_only_role: true"
            raise ReadOnlyError("it cannot be made sure that the session is read-only", where=self._source.name, mend=mend)
        arguments, parameters = dialect.create_connect_args(self._url())
        return dialect.connect(*arguments, **parameters)

    def _catalogue(self) -> Iterator[Table | Skipped]:
        with self._guard(self._source.name):
            found = list(reflect(sa.inspect(self._engine()), self._source.name, self._names))
        yield from found

    def _missing(self, needed: str) -> RopewalkError:
        name = self._source.uri.removeprefix("sql+").split("://", 1)[0].split("+")[0]
        if name not in _DRIVERS:
            what = f"SQLAlchemy knows no dialect {name}, or its driver is missing"
            return SourceError(what, where=self._source.name, mend="pip install the package that brings the dialect, and check its name")
        return SourceError(f"{name} needs the package {_DRIVERS[name]}", where=self._source.name, mend=f"pip install '{_DRIVERS[name]}'")

    def _checks(self) -> Iterator[Check]:
        yield Check("read-only", True, "as options.read_only_role says: the account may only read; only SELECT is sent")
        yield Check("encryption in transit", None, "this dialect does not tell", "attest it (kind encryption_in_transit)")

    def _facts(self, as_of: datetime, tables: Mapping[str, Table]) -> Iterator[Fact]:
        for name in ("tls_version", "encrypted_at_rest", "grants"):
            yield Fact(self._source.name, name, None, as_of, "this dialect has no connector of its own", f"an attestation (kind {_KINDS[name]})")

    def least_privilege(self) -> str:
        return "-- an account with SELECT on the tables to be scanned and no other right:\nGRANT SELECT ON … TO ropewalk;\n"


_KINDS = {"tls_version": "encryption_in_transit", "encrypted_at_rest": "encryption_at_rest", "grants": "role_reasons"}
