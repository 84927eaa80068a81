"""PostgreSQL: read-only sessions, the catalogue in bulk, Bernoulli or single-row draws, and what the server says of its own safety."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa

from ropewalk.contracts import Check
from ropewalk.errors import ReadOnlyError
from ropewalk.model import Fact, Skipped
from ropewalk.reading.cells import DOCUMENT
from ropewalk.reading.draws import MARGIN, MOST, Draw, chance, seed
from ropewalk.reading.pgfacts import PgFacts
from ropewalk.reading.relational import Relational
from ropewalk.reading.sqlsession import named
from ropewalk.reading.tables import Column, Table

_BIG = 256 * 2**20
"""Bytes above which a Bernoulli draw, which reads the whole table, costs more than fetching single rows."""
_LINES = 291
"""The most rows that a page of 8 KiB can hold."""
_BATCH = 20_000

_RELATIONS = """
SELECT c.oid, n.nspname, c.relname, c.relkind::text, c.reltuples, c.relpages,
  CASE WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) END AS bytes,
  obj_description(c.oid, 'pg_class') AS comment, obj_description(n.oid, 'pg_namespace') AS schema_comment,
  has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT') AS readable,
  CASE WHEN c.relrowsecurity THEN row_security_active(c.oid) ELSE false END AS row_security,
  CASE WHEN NOT c.relhassubclass THEN concat_ws(':', c.relfilenode, s.n_tup_ins, s.n_tup_upd, s.n_tup_del) END AS changes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' ORDER BY n.nspname, c.relname
"""
_COLUMNS = """
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), coalesce(b.typname, t.typname), coalesce(b.typcategory, t.typcategory)::text,
  col_description(a.attrelid, a.attnum), has_column_privilege(a.attrelid, a.attnum, 'SELECT')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = nullif(t.typbasetype, 0)
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' ORDER BY a.attrelid, a.attnum
"""
_TREES = """
WITH RECURSIVE tree(root, oid) AS (
  SELECT oid, oid FROM pg_class WHERE relkind = 'p' AND NOT relispartition
  UNION ALL SELECT t.root, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid)
SELECT t.root, sum(greatest(c.reltuples, 0)), bool_or(c.reltuples < 0), sum(c.relpages), sum(pg_relation_size(c.oid)),
  CASE WHEN NOT bool_or(c.relkind = 'f') THEN
    md5(string_agg(concat_ws(':', c.oid, c.relfilenode, s.n_tup_ins, s.n_tup_upd, s.n_tup_del), ',' ORDER BY c.oid)) END
FROM tree t JOIN pg_class c ON c.oid = t.oid AND c.relkind IN ('r', 'f') LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid GROUP BY t.root
"""
_COUNTING = """
SELECT concat_ws(':', pg_postmaster_start_time(), (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()),
  (SELECT stats_reset FROM pg_stat_bgwriter))
WHERE current_setting('track_counts')::boolean AND NOT pg_is_in_recovery()
"""
"""Since when the server counts changed rows without a break; nothing where it counts none: a standby replays pages, not rows."""


class PostgreSql(Relational):
    """`postgresql://user:${PASSWORD}@host:5432/database?sslmode=verify-full&sslrootcert=ca.pem`."""

    schemes: ClassVar[tuple[str, ...]] = ("postgresql", "postgres")
    extra: ClassVar[str] = "postgres"
    kind: ClassVar[str] = "PostgreSQL"

    def _url(self) -> sa.URL:
        return super()._url().set(drivername="postgresql+psycopg")

    def _dial(self, dialect: sa.Dialect) -> Any:
        _, parameters = dialect.create_connect_args(self._url())
        import psycopg

        connection = psycopg.connect(**{"connect_timeout": 10, "application_name": "ropewalk", **parameters}, autocommit=True)
        _read_as_text(connection)
        milliseconds = int(self._limits.statement_timeout * 1000)
        for name, value in (
            ("default_transaction_read_only", "on"), ("statement_timeout", milliseconds), ("lock_timeout", min(5000, milliseconds)),
            ("idle_in_transaction_session_timeout", 600_000), ("search_path", "pg_catalog"), ("datestyle", "ISO"), ("timezone", "UTC"),
        ):  # fmt: skip
            connection.execute("SELECT set_config(%s, %s, false)", (name, str(value)))
        found = connection.execute("SELECT current_setting('default_transaction_read_only')").fetchone()
        if found is None or found[0] != "on":
            connection.close()
            raise ReadOnlyError(
                "the session could not be made read-only", where=self._source.name, mend="connect to the server, not through a pooler"
            )
        connection.autocommit = False
        return connection

    def _catalogue(self) -> Iterator[Table | Skipped]:
        columns: dict[int, list[Any]] = defaultdict(list)
        for oid, *rest in self._rows(_COLUMNS):
            columns[oid].append(rest)
        trees = {root: rest for root, *rest in self._rows(_TREES)}
        since = next((str(r[0]) for r in self._rows(_COUNTING)), "")
        name = self._source.name
        if large := self._one("SELECT count(*) FROM pg_largeobject_metadata")[0]:
            yield Skipped(
                name, "pg_largeobject", f"{large} large objects were not looked at", "keep them in a bytea column, or exclude pg_largeobject"
            )
        for oid, schema, relation, kind, tuples, pages, size, comment, above, readable, hidden, changes in self._rows(_RELATIONS):
            shown = Table(relation, schema=schema, names=self._names).dataset
            if not readable:
                grant = f"GRANT USAGE ON SCHEMA {self._shown(schema)} TO …; GRANT SELECT ON {self._shown(schema)}.{self._shown(relation)} TO …"
                yield Skipped(name, shown, "the role may not read it", grant)
                continue
            if hidden:
                yield Skipped(name, shown, "row-level security hides rows from this role: what was read is a part", "ALTER ROLE … BYPASSRLS")
            own: list[Column] = []
            shut: list[Column] = []
            for column, declared, base, category, note, allowed in columns[oid]:
                form = (
                    "nested"
                    if category in {"A", "C"} or base == "hstore"
                    else "json"
                    if base in {"json", "jsonb"}
                    else "bytes"
                    if base == "bytea"
                    else "text"
                )
                (own if allowed else shut).append(Column(column, declared.lower(), note or "", form))
            for c in shut:
                grant = f"GRANT SELECT ({self._shown(c.name)}) ON {self._shown(schema)}.{self._shown(relation)} TO …"
                yield Skipped(name, shown, "the role may not read this column", grant, (self._names.label(c.name),))
            if kind == "p":
                tuples, unknown, pages, size, changes = trees.get(oid, (0, False, 0, 0, None))
                tuples = -1 if unknown else tuples
            rows = None if kind in {"v", "f"} or tuples < 0 or (not tuples and size) else int(tuples)
            mark = f"{since}:{changes}" if since and changes and kind in {"r", "p", "m"} else ""
            tagged = comment or (above if above and "=" in above else "") or ""
            yield Table(
                relation, tuple(own), schema, "view" if kind in {"v", "m"} else "table", kind in {"r", "p", "m"}, rows,
                None if size is None else int(size), int(pages or 0), tagged, "", mark, int(oid),
            )  # fmt: skip

    def _shown(self, name: str) -> str:
        return _quoted(self._names.label(name))

    def _cell(self, column: Column) -> sa.ColumnElement[Any]:
        cell = named(column.name)
        if column.form == "bytes":
            return sa.func.substring(cell, 1, DOCUMENT)
        return sa.func.left(sa.cast(sa.func.to_jsonb(cell) if column.form == "nested" else cell, sa.Text()), DOCUMENT)

    def _random(self, turn: int) -> sa.ColumnElement[Any]:
        return sa.func.random()

    def _scattered(self, table: Table, columns: Sequence[Column], rows: int, turn: int) -> Iterator[Draw]:
        """Bernoulli for what is read in a moment; of a big table single rows by random page and line, each as likely as any other."""
        size, widest = self._one(
            "SELECT coalesce(sum(pg_relation_size(relid)), pg_relation_size(:oid)), coalesce(max(pg_relation_size(relid)), pg_relation_size(:oid)) "
            "FROM pg_partition_tree(:oid) WHERE isleaf",
            {"oid": table.id},
        )
        total = max(table.rows or self._planned(table), 1)
        lines = min(_LINES, int(3 * total / max(size // 8192, 1)) + 8)
        probes = int(MARGIN * rows * (widest // 8192) * lines / total) + 10
        one = table.bytes is not None and size > _BIG and probes < 50 * rows
        bernoulli = sa.tablesample(self._place(table), sa.func.bernoulli(min(100.0, 100 * chance(rows, total))), seed=sa.literal(turn))
        if one:
            yield Draw("keyed", self._by_place(table, columns, int(widest // 8192), lines, probes, turn))
        yield Draw("bernoulli", [self._select(table, columns, bernoulli).limit(MOST * rows)])

    def _by_place(self, table: Table, columns: Sequence[Column], pages: int, lines: int, probes: int, turn: int) -> list[sa.Select[Any]]:
        draw = seed(table, turn)
        places = {(draw.randrange(max(pages, 1)), draw.randrange(lines) + 1) for _ in range(probes)}
        texts = [f'"({page},{line})"' for page, line in places]
        condition = "ctid = ANY (CAST(:places AS tid[]))"
        parts = ["{" + ",".join(texts[i : i + _BATCH]) + "}" for i in range(0, len(texts), _BATCH)]
        return [self._select(table, columns).where(sa.text(condition).bindparams(places=p)) for p in parts]

    def _planned(self, table: Table) -> int:
        """The planner's estimate for a table that was never analysed: from the size of its file."""
        select = str(sa.select(sa.literal_column("1")).select_from(self._place(table)).compile(self._engine()))
        plan = self._one(sa.text(f"EXPLAIN (FORMAT JSON) {select}".replace(":", "\\:").replace("%%", "%")))[0]
        return int(plan[0]["Plan"]["Plan Rows"])

    def _checks(self) -> Iterator[Check]:
        version, read_only = self._one("SELECT current_setting('server_version'), current_setting('transaction_read_only')")
        yield Check("read-only", read_only == "on", f"transaction_read_only is {read_only}")
        yield Check("version", True, f"PostgreSQL {version}")
        yield from PgFacts(self._url(), self._source.name, self._rows).checks()

    def _facts(self, as_of: datetime, tables: Mapping[str, Table]) -> Iterator[Fact]:
        yield from PgFacts(self._url(), self._source.name, self._rows).facts(as_of, {t.id: n for n, t in tables.items()})

    def least_privilege(self) -> str:
        url = self._url()
        role = _quoted(url.username if url.username not in {None, "", "postgres"} else "ropewalk")
        globs = [str(g).partition(".")[0] for g in self._source.options.get("include") or ()]
        schemas = list(dict.fromkeys(g for g in globs if g and not set(g) & set("*?["))) or ["public"]
        each = "\n".join(
            f"GRANT USAGE ON SCHEMA {s} TO {role};\nGRANT SELECT ON ALL TABLES IN SCHEMA {s} TO {role};\n"
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {s} GRANT SELECT ON TABLES TO {role};"
            for s in map(_quoted, schemas)
        )
        return f"""\
CREATE ROLE {role} LOGIN PASSWORD '…' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 4;
ALTER ROLE {role} SET default_transaction_read_only = on;
GRANT CONNECT ON DATABASE {_quoted(url.database or "postgres")} TO {role};
-- for each schema that is to be scanned:
{each}
-- optional: settings that only this role group may read (loaded password checks)
GRANT pg_read_all_settings TO {role};
-- optional: which lines of pg_hba.conf let in without TLS or without a password
GRANT SELECT ON pg_hba_file_rules TO {role};
GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO {role};
"""


def _read_as_text(connection: Any) -> None:
    """A database without an encoding (SQL_ASCII) gives bytes: they are read as UTF-8, and what is none becomes a mark."""
    if connection.info.parameter_status("client_encoding") != "SQL_ASCII":
        return
    from psycopg.adapt import Loader

    class Lenient(Loader):
        def load(self, data: Any) -> str:
            return bytes(data).decode("utf-8", "replace")

    for kind in ("text", "varchar", "bpchar", "name"):
        connection.adapters.register_loader(kind, Lenient)


def _quoted(name: str | None) -> str:
    return '"' + (name or "").replace('"', '""') + '"'
