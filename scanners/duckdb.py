"""DuckDB files: opened read-only, without extensions from the network and without files beside the database."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path as File
from typing import Any, ClassVar

import sqlalchemy as sa

from ropewalk.contracts import Check
from ropewalk.errors import SourceError
from ropewalk.model import Fact, Skipped
from ropewalk.reading.cells import DOCUMENT
from ropewalk.reading.draws import MOST, Draw, chance
from ropewalk.reading.filefacts import file_facts
from ropewalk.reading.filemarks import file_mark
from ropewalk.reading.relational import Relational
from ropewalk.reading.sqlsession import named
from ropewalk.reading.tables import Column, Table

_MAGIC, _OFFSET, _FLAGS = b"DUCK", 8, 20
_TABLES = """
SELECT schema_name, table_name, 'table', estimated_size, comment, sql FROM duckdb_tables()
WHERE database_name = current_database() AND NOT internal AND NOT temporary
UNION ALL SELECT schema_name, view_name, 'view', NULL, comment, sql FROM duckdb_views()
WHERE database_name = current_database() AND NOT internal AND NOT temporary ORDER BY 1, 2
"""
_COLUMNS = """
SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns()
WHERE database_name = current_database() AND NOT internal ORDER BY schema_name, table_name, column_index
"""


class DuckDb(Relational):
    """`duckdb:///relative.duckdb`. Option `external_access: true` lets views read files beside the database."""

    schemes: ClassVar[tuple[str, ...]] = ("duckdb",)
    extra: ClassVar[str] = "duckdb"
    kind: ClassVar[str] = "DuckDB"

    _timer: threading.Timer | None = None

    def _file(self) -> File:
        name = self._url().database or ""
        if not name or name == ":memory:":
            raise SourceError("the uri names no file", where=self._source.name, mend="write duckdb:///path/to/file.duckdb")
        return File(name)

    def _dial(self, dialect: sa.Dialect) -> Any:
        file = self._file()
        if not file.is_file():
            raise SourceError("the file is not there", where=self._source.name, mend="correct the path in the source's uri")
        config = {
            "enable_external_access": "true" if self._source.options.get("external_access") else "false",
            "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        }  # fmt: skip
        return dialect.connect(database=str(file), read_only=True, config=config)

    def _engine(self) -> sa.Engine:
        if self._opened is None:
            engine = super()._engine()
            sa.event.listen(engine, "before_cursor_execute", lambda connection, *_: self._watch(connection.connection.dbapi_connection))
            sa.event.listen(engine, "checkin", lambda *_: self._unwatch())
        return super()._engine()

    def _watch(self, connection: Any) -> None:
        """DuckDB has no timeout of its own: a timer interrupts the statement."""
        self._unwatch()
        self._timer = threading.Timer(self._limits.statement_timeout, getattr(connection, "c", connection).interrupt)
        self._timer.daemon = True
        self._timer.start()

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        self._unwatch()
        super().close()

    def _catalogue(self) -> Iterator[Table | Skipped]:
        columns: dict[tuple[str, str], list[Column]] = defaultdict(list)
        for schema, table, name, declared, comment in self._rows(_COLUMNS):
            columns[schema, table].append(Column(name, str(declared).lower(), comment or "", _form(str(declared))))
        mark = self._mark()
        for schema, name, kind, rows, comment, sql in self._rows(_TABLES):
            bare = schema == "main"
            own = tuple(columns[schema, name])
            if not own:
                yield Skipped(
                    self._source.name,
                    Table(name, schema=schema, bare=bare, names=self._names).dataset,
                    "its columns cannot be listed",
                    "mend the view",
                )
                continue
            fingerprint = hashlib.sha256(f"{mark}:{rows}:{sql}".encode()).hexdigest()[:32] if kind == "table" and mark else ""
            yield Table(
                name, own, schema, kind, kind == "table", None if rows is None else int(rows), None, None, comment or "", "", fingerprint, bare=bare
            )  # fmt: skip

    def _mark(self) -> str:
        """Of the file and its write-ahead log, "" where one of them was changed just now."""
        marks = []
        for path in (self._file(), File(f"{self._file()}.wal")):
            stat = path.stat() if path.exists() else None
            marks.append(file_mark(stat) if stat else "-")
        return "|".join(marks) if all(marks) else ""

    def _schema(self, table: Table) -> str | None:
        """The dialect takes a dot for the end of a database's name, unless the schema comes quoted."""
        schema = table.schema or "main"
        return schema if schema.isidentifier() else '"' + schema.replace('"', '""') + '"'

    def _cell(self, column: Column) -> sa.ColumnElement[Any]:
        cell = named(column.name)
        if column.form == "bytes":
            return sa.cast(cell, sa.LargeBinary())
        return sa.func.left(sa.cast(sa.func.to_json(cell) if column.form == "nested" else cell, sa.Text()), DOCUMENT)

    def _random(self, turn: int) -> sa.ColumnElement[Any]:
        return sa.func.random()

    def _scattered(self, table: Table, columns: Sequence[Column], rows: int, turn: int) -> Iterator[Draw]:
        share = 100 * chance(rows, table.rows or self._count(table) or 1)
        sampled = sa.tablesample(
            self._place(table), sa.func.bernoulli(sa.literal_column(f"{share:.6f} PERCENT")), seed=sa.literal_column(str(turn + 1))
        )
        yield Draw("bernoulli", [self._select(table, columns, sampled).limit(MOST * rows)])

    def _checks(self) -> Iterator[Check]:
        yield Check("read-only", True, "opened with read_only; extensions and files beside it are off")
        yield Check("version", True, f"DuckDB {self._one('SELECT version()')[0]}")
        yield Check("encryption in transit", True, "a file on this machine: nothing travels")

    def _facts(self, as_of: datetime, tables: Mapping[str, Table]) -> Iterator[Fact]:
        yield from file_facts(self._source.name, self._file(), as_of, _MAGIC, _OFFSET)

    def facts(self, as_of: datetime) -> Iterator[Fact]:
        """An encrypted file keeps its mark, and says in its header's flags that the rest is AES-GCM with 256 bits."""
        try:
            with self._file().open("rb") as opened:
                start = opened.read(_FLAGS + 8)
        except (OSError, SourceError):
            start = b""
        if start[_OFFSET : _OFFSET + 4] == _MAGIC and int.from_bytes(start[_FLAGS:], "little") & 1:
            how = "flags in the header of the file"
            yield Fact(self._source.name, "transit", "local", as_of, "a file on this machine: nothing travels")
            yield Fact(self._source.name, "encrypted_at_rest", {"layer": "file", "algorithm": "aes-256"}, as_of, how)
        elif start and start[_OFFSET : _OFFSET + 4] != _MAGIC:
            yield from file_facts(self._source.name, self._file(), as_of, _MAGIC, _OFFSET)
        else:
            yield from super().facts(as_of)

    def least_privilege(self) -> str:
        return f"-- DuckDB has no users: read permission on the file is enough\n-- chmod g+r '{self._url().database}'\n"


def _form(declared: str) -> str:
    upper = declared.upper()
    if upper.endswith("]") or upper.startswith(("STRUCT", "MAP", "UNION", "LIST")):
        return "nested"
    return "json" if upper == "JSON" else "bytes" if upper == "BLOB" else "text"
