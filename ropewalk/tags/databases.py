"""Comments of tables and columns: PostgreSQL, MariaDB and MySQL, DuckDB. SQL is built of quoted names and literals only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, ClassVar

from ropewalk.model import Skipped
from ropewalk.naming import Names
from ropewalk.reading.dberrors import trouble
from ropewalk.reading.tables import Table
from ropewalk.tags import definitions
from ropewalk.tags.forms import InComment
from ropewalk.tags.nouns import Form, Spot, TagError

Row = tuple[Any, ...]
_RIGHTS = frozenset({"42501", "1044", "1142", "1143", "1227", "1370"})
_REBUILD = frozenset({"1845", "1846"})
"""MariaDB copies a table to change the comment of a JSON column."""


class Comments:
    """A database over one connection of its driver. `connect` makes it; a dialect gives the rest."""

    kind: ClassVar[str] = "database"
    grant: ClassVar[str] = ""
    longest: ClassVar[int | None] = None
    catalogue: ClassVar[str] = ""
    """(schema, table, kind, column or NULL, comment or NULL), tables before their columns."""

    def __init__(
        self,
        source: str,
        place: str,
        connect: Callable[[], Any],
        database: str = "",
        after: Callable[[], None] | None = None,
        names: Names | None = None,
    ) -> None:
        """after: called when it is closed; names: mask as the scan did."""
        self.form: Form = InComment(self.longest)
        self.place, self._source, self._connect, self._database, self._after = place, source, connect, database, after
        self._connection: Any = None
        self._names = names or Names()

    def spots(self, datasets: set[str]) -> Iterator[Spot | Skipped]:
        kinds: dict[str, str] = {}
        for schema, table, kind, column, comment in self._rows(self.catalogue):
            if not self._within(schema):
                continue
            dataset = Table(table, schema=schema, bare=self._bare(schema), names=self._names).dataset
            if dataset not in datasets:
                continue
            kinds[dataset] = kind
            if why := self._shut(kind, column):
                if column is None:
                    yield Skipped(self._source, dataset, *why)
                continue
            yield Spot(
                dataset,
                "" if column is None else self._names.label(column),
                (schema, table, kind, *([column] if column is not None else [])),
                comment,
            )
        for gone in sorted(datasets - kinds.keys()):
            yield Skipped(self._source, gone, "this account does not see it, or it is no longer there", self.grant)

    def write(self, spot: Spot, new: str | None) -> None:
        if self._now(spot) != spot.now:
            raise TagError("somebody changed the comment meanwhile; it was left alone", mend="run the command again")
        self._write(spot, new)
        if self._now(spot) != new:
            raise TagError("the store took the comment, and does not show it as it was written", mend="look at it there")

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.close()
            finally:
                self._connection = None
        if self._after is not None:
            self._after()

    # What a dialect completes

    def _within(self, schema: str) -> bool:
        return True

    def _bare(self, schema: str) -> bool:
        return False

    def _shut(self, kind: str, column: str | None) -> tuple[str, str] | None:
        """Why nothing of this kind can be tagged here, and what would help."""
        return None

    def _now(self, spot: Spot) -> str | None:
        schema, table, column = spot.names[0], spot.names[1], (spot.names[3:] or (None,))[0]
        rows = self._rows(self.catalogue)
        found = [r[4] for r in rows if (r[0], r[1], r[3]) == (schema, table, column)]
        if not found:
            raise TagError("it is no longer there", mend="scan again")
        return None if found[0] is None else str(found[0])

    def _write(self, spot: Spot, new: str | None) -> None:
        raise NotImplementedError

    # The connection

    def _rows(self, sql: str) -> list[Row]:
        try:
            if self._connection is None:
                self._connection = self._connect()
            with closing(self._connection.cursor()) as cursor:
                cursor.execute(sql)
                return [tuple(r) for r in cursor.fetchall()] if cursor.description else []
        except Exception as error:
            raise self._told(error) from None

    def _run(self, sql: str) -> None:
        self._rows(sql)

    def _told(self, error: Exception) -> TagError:
        if isinstance(error, TagError):
            return error
        inner: Any = getattr(error, "orig", None) or error
        codes = {str(getattr(inner, "sqlstate", "")), str(inner.args[0]) if inner.args and isinstance(inner.args[0], int) else ""}
        if codes & _REBUILD:
            mend = "add it by hand at a quiet time; the table's own comment names the origin all the same"
            return TagError("the server would rebuild the whole table for this comment, so it was left alone", mend=mend)
        if codes & _RIGHTS:
            return TagError("the account of tag.uri may not change this comment", mend=self.grant)
        found = trouble(error)
        return TagError(found.what, mend=found.mend.replace("the source's uri", "tag.uri"), lost=found.lost)


def _name(*parts: str) -> str:
    return ".".join('"' + p.replace('"', '""') + '"' for p in parts)


def _text(text: str | None) -> str:
    """A literal for servers in which a backslash is a backslash."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


class PostgreSqlComments(Comments):
    kind = "PostgreSQL"
    grant = "only the owner of a table may comment on it: GRANT owner_of_the_table TO the_account_of_tag_uri"
    catalogue = r"""
SELECT n.nspname, c.relname, c.relkind::text, a.attname, d.description FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT NULL::name AS attname, 0 AS attnum UNION ALL SELECT attname, attnum FROM pg_catalog.pg_attribute
  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a
LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_catalog.pg_class'::regclass AND d.objsubid = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
ORDER BY n.nspname, c.relname, a.attnum"""
    _OBJECTS: ClassVar[dict[str, str]] = {"v": "VIEW", "m": "MATERIALIZED VIEW", "f": "FOREIGN TABLE"}

    def _now(self, spot: Spot) -> str | None:
        """One row, not the whole catalogue."""
        schema, table, _, *column = spot.names
        number = "SELECT attnum FROM pg_catalog.pg_attribute WHERE attrelid = c.oid AND attname = "
        part = f"({number}{_text(column[0])})" if column else "0"
        rows = self._rows(
            f"SELECT pg_catalog.col_description(c.oid, {part}), pg_catalog.obj_description(c.oid, 'pg_class') FROM pg_catalog.pg_class c "  # noqa: S608
            f"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {_text(schema)} AND c.relname = {_text(table)}"
        )
        if not rows:
            raise TagError("it is no longer there", mend="scan again")
        found = rows[0][0 if column else 1]
        return None if found is None else str(found)

    def _write(self, spot: Spot, new: str | None) -> None:
        schema, table, kind, *column = spot.names
        what = "COLUMN" if column else self._OBJECTS.get(kind, "TABLE")
        self._run(f"COMMENT ON {what} {_name(schema, table, *column)} IS {_text(new)}")


class DuckDbComments(Comments):
    kind = "DuckDB"
    grant = "let this account write the file"
    catalogue = """
SELECT schema_name, table_name, 'TABLE', NULL, comment FROM duckdb_tables()
WHERE database_name = current_database() AND NOT internal AND NOT temporary
UNION ALL SELECT schema_name, view_name, 'VIEW', NULL, comment FROM duckdb_views()
WHERE database_name = current_database() AND NOT internal AND NOT temporary
UNION ALL SELECT c.schema_name, c.table_name, CASE WHEN v.view_name IS NULL THEN 'TABLE' ELSE 'VIEW' END, c.column_name, c.comment
FROM duckdb_columns() c LEFT JOIN duckdb_views() v ON v.database_name = c.database_name AND v.schema_name = c.schema_name
AND v.view_name = c.table_name
WHERE c.database_name = current_database() AND NOT c.internal"""

    def _bare(self, schema: str) -> bool:
        return schema == "main"

    def _write(self, spot: Spot, new: str | None) -> None:
        schema, table, kind, *column = spot.names
        self._run(f"COMMENT ON {'COLUMN' if column else kind} {_name(schema, table, *column)} IS {_text(new)}")


class MySqlComments(Comments):
    """A comment of a column is changed with the whole definition, as the server itself writes it; the server may not rebuild the table."""

    kind = "MariaDB or MySQL"
    grant = "GRANT ALTER, CREATE, INSERT, SELECT ON the table TO the account of tag.uri"
    longest = 1024
    catalogue = """
SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, NULL, nullif(TABLE_COMMENT, '') FROM information_schema.TABLES
WHERE TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
UNION ALL SELECT c.TABLE_SCHEMA, c.TABLE_NAME, t.TABLE_TYPE, c.COLUMN_NAME, nullif(c.COLUMN_COMMENT, '') FROM information_schema.COLUMNS c
JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
WHERE c.TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')"""

    def _within(self, schema: str) -> bool:
        return not self._database or schema == self._database

    def _bare(self, schema: str) -> bool:
        return bool(self._database)

    def _shut(self, kind: str, column: str | None) -> tuple[str, str] | None:
        if kind == "VIEW":
            return "views of this server have no comments", "tag the tables below it"
        return None

    def _now(self, spot: Spot) -> str | None:
        schema, table, _, *column = spot.names
        where = f"TABLE_SCHEMA = {definitions.literal(schema)} AND TABLE_NAME = {definitions.literal(table)}"
        if column:
            where += f" AND COLUMN_NAME = {definitions.literal(column[0])}"
        part = ("COLUMN_COMMENT", "COLUMNS") if column else ("TABLE_COMMENT", "TABLES")
        rows = self._rows(f"SELECT nullif({part[0]}, '') FROM information_schema.{part[1]} WHERE {where}")  # noqa: S608
        if not rows:
            raise TagError("it is no longer there", mend="scan again")
        return None if rows[0][0] is None else str(rows[0][0])

    def _write(self, spot: Spot, new: str | None) -> None:
        schema, table, _, *column = spot.names
        place = f"{definitions.quoted(schema)}.{definitions.quoted(table)}"
        if not column:
            self._alter(place, f"COMMENT = {definitions.literal(new or '')}")
            return
        before = definitions.columns(self._create(place))
        definition = before.get(column[0])
        if definition is None:
            raise TagError("its definition cannot be read", mend=self.grant)
        self._alter(place, f"MODIFY COLUMN {definitions.quoted(column[0])} {definitions.commented(definition, new)}")
        after = definitions.columns(self._create(place))
        if {n: definitions.commented(d, None) for n, d in after.items()} != {n: definitions.commented(d, None) for n, d in before.items()}:
            raise TagError("the definition of the table is not what it was: somebody changes it at the same time", mend="look at it at once")

    def _alter(self, place: str, change: str) -> None:
        """Without a rebuild; older servers know no INSTANT."""
        try:
            self._run(f"ALTER TABLE {place} {change}, ALGORITHM=INSTANT")
        except TagError as error:
            if error.lost or error.mend == self.grant:
                raise
            self._run(f"ALTER TABLE {place} {change}, ALGORITHM=INPLACE, LOCK=NONE")

    def _create(self, place: str) -> str:
        return str(self._rows(f"SHOW CREATE TABLE {place}")[0][1])
