"""MariaDB and MySQL: read-only sessions with a time limit, the catalogue in bulk, single-row draws by the primary key."""

from __future__ import annotations

import hashlib
import ssl
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa

from ropewalk.contracts import Check
from ropewalk.errors import ReadOnlyError
from ropewalk.model import Fact, Skipped
from ropewalk.reading.cells import DOCUMENT
from ropewalk.reading.myaccounts import script
from ropewalk.reading.myfacts import MyFacts
from ropewalk.reading.relational import STREAMED, Relational
from ropewalk.reading.sqlsession import named
from ropewalk.reading.tables import Column, Table

_SYSTEM = "('mysql', 'information_schema', 'performance_schema', 'sys')"
_TABLES = f"""
SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_ROWS, DATA_LENGTH, TABLE_COMMENT, UPDATE_TIME, CREATE_TIME, now()
FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN {_SYSTEM} AND (:only IS NULL OR TABLE_SCHEMA = :only)
AND TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') ORDER BY TABLE_SCHEMA, TABLE_NAME
"""  # noqa: S608
_COLUMNS = f"""
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, COLUMN_COMMENT, PRIVILEGES, COLUMN_KEY
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA NOT IN {_SYSTEM} AND (:only IS NULL OR TABLE_SCHEMA = :only)
ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION
"""  # noqa: S608
_GEOMETRY = frozenset("geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection".split())
_TEXT = frozenset("char varchar tinytext text mediumtext longtext json enum set".split())
_BYTES = frozenset("binary varbinary tinyblob blob mediumblob longblob".split())
_INTEGER = frozenset("tinyint smallint mediumint int bigint".split())


class MySql(Relational):
    """`mysql://user:${PASSWORD}@host:3306/database?ssl_ca=ca.pem`; without a database, all that the account may see."""

    schemes: ClassVar[tuple[str, ...]] = ("mysql", "mariadb")
    extra: ClassVar[str] = "mysql"
    kind: ClassVar[str] = "MariaDB or MySQL"

    def _url(self) -> sa.URL:
        return super()._url().set(drivername="mysql+pymysql")

    def _dial(self, dialect: sa.Dialect) -> Any:
        _, parameters = dialect.create_connect_args(self._url())
        import pymysql

        given = {"connect_timeout": 10, "read_timeout": int(self._limits.statement_timeout) + 30, "charset": "utf8mb4", **parameters}
        if not any(k.startswith("ssl") for k in given) and not given.get("unix_socket"):
            given["ssl"] = _unverified()  # encrypted where the server can: what is not verified is said by the facts
        connection = pymysql.connect(**given)
        maria = "mariadb" in str(connection.get_server_info()).lower()
        seconds = self._limits.statement_timeout
        limit = f"max_statement_time = {seconds}" if maria else f"max_execution_time = {int(seconds * 1000)}"
        with connection.cursor() as cursor:
            for setting in ("TRANSACTION READ ONLY", limit, "lock_wait_timeout = 5", "time_zone = '+00:00'", "net_write_timeout = 600"):
                cursor.execute(f"SET SESSION {setting}")
            with suppress(pymysql.MySQLError):  # MySQL 8 alone keeps times of change for a day, and would call changed tables unchanged
                cursor.execute("SET SESSION information_schema_stats_expiry = 0")
            cursor.execute("SELECT @@session.tx_read_only" if maria else "SELECT @@session.transaction_read_only")
            found = cursor.fetchone()
        if not found or found[0] != 1:
            connection.close()
            raise ReadOnlyError("the session could not be made read-only", where=self._source.name, mend="connect to the server, not through a proxy")
        return connection

    def _catalogue(self) -> Iterator[Table | Skipped]:
        only = {"only": self._url().database or None}
        columns: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for schema, table, *rest in self._rows(_COLUMNS, only):
            columns[schema, table].append(rest)
        for schema, name, kind, rows, size, comment, updated, created, now in self._rows(_TABLES, only):
            bare = only["only"] is not None
            dataset = Table(name, schema=schema, bare=bare, names=self._names).dataset
            own: list[Column] = []
            keys: list[tuple[str, str]] = []
            for column, base, declared, note, rights, key in columns[schema, name]:
                shaped = Column(column, _text(declared).lower(), note or "", _form(base))
                if "select" not in str(rights).lower():
                    grant = f"GRANT SELECT ({self._shown(column)}) ON {self._shown(schema)}.{self._shown(name)} TO …"
                    yield Skipped(self._source.name, dataset, "the account may not read this column", grant, (self._names.label(column),))
                    continue
                own.append(shaped)
                if key == "PRI":
                    keys.append((column, base))
            view = kind == "VIEW"
            if not own:
                reason = "its definition is broken, or the account may not read it"
                grant = f"mend the view, or GRANT SELECT ON {self._shown(schema)}.{self._shown(name)} TO …"
                yield Skipped(self._source.name, dataset, reason, grant)
                continue
            if kind == "SYSTEM VERSIONED":
                reason = "rows of the past are kept by system versioning: only those of today were read"
                yield Skipped(self._source.name, dataset, reason, f"DELETE HISTORY FROM {_quoted(schema)}.{_quoted(name)}, or attest what it holds")
            key = keys[0][0] if len(keys) == 1 and keys[0][1] in _INTEGER and not view else ""
            settled = updated is not None and now - updated > timedelta(seconds=2)
            mark = hashlib.sha256(f"{updated}:{created}:{size}".encode()).hexdigest()[:32] if settled else ""
            estimate = None if view or rows is None else int(rows)
            yield Table(
                name, tuple(own), schema, "view" if view else "table", not view, estimate, None if size is None else int(size), None,
                "" if view else _text(comment), key, mark, bare=bare,
            )  # fmt: skip

    def _shown(self, name: str) -> str:
        return _quoted(self._names.label(name))

    def _cell(self, column: Column) -> sa.ColumnElement[Any]:
        cell = named(column.name)
        if column.form == "geometry":
            return sa.func.left(sa.func.st_astext(cell), DOCUMENT)
        if column.form == "bit":
            return cell + 0
        return sa.func.left(cell, DOCUMENT) if column.form in {"text", "json", "bytes"} else cell

    def _random(self, turn: int) -> sa.ColumnElement[Any]:
        return sa.func.rand(turn + 1)

    def _every(self, table: Table, columns: Sequence[Column]) -> Iterator[sa.Select[Any]]:
        """A big table by ranges of its key, so that each statement stays within its time."""
        if not table.key or (table.rows or 0) < 2 * STREAMED:
            yield from super()._every(table, columns)
            return
        key = named(table.key)
        low, high = self._one(sa.select(sa.func.min(key), sa.func.max(key)).select_from(self._place(table)))
        step = max(1, STREAMED * (int(high) - int(low) + 1) // max(table.rows or 1, 1))
        for start in range(int(low), int(high) + 1, step):
            yield self._select(table, columns).where(key >= start, key < start + step)

    def _checks(self) -> Iterator[Check]:
        yield Check("read-only", True, "session transactions are READ ONLY")
        yield Check("version", True, str(self._one("SELECT version()")[0]))
        yield from MyFacts(self._url(), self._source.name, self._rows).checks()

    def _facts(self, as_of: datetime, tables: Mapping[str, Table]) -> Iterator[Fact]:
        known = {(t.schema or "", t.name): n for n, t in tables.items()}
        stored = {(t.schema or "", t.name): n for n, t in tables.items() if t.stored}
        yield from MyFacts(self._url(), self._source.name, self._rows).facts(as_of, known, stored)

    def least_privilege(self) -> str:
        url = self._url()
        database, user = _quoted(url.database or "shop"), _quoted(url.username if url.username and url.username != "root" else "ropewalk")
        return f"""\
CREATE USER {user}@'%' IDENTIFIED BY '…' REQUIRE SSL WITH MAX_USER_CONNECTIONS 4;
GRANT SELECT, SHOW VIEW ON {database}.* TO {user}@'%';
-- optional: which tablespaces are encrypted
GRANT PROCESS ON *.* TO {user}@'%';
-- optional: accounts, roles and their rights; none of these columns holds a password or its hash
-- (MySQL instead of MariaDB: account_locked for is_role, role_edges for roles_mapping)
{script(True, f"{user}@'%'")}
"""


def _form(base: str) -> str:
    base = base.lower()
    if base in _GEOMETRY or base == "bit":
        return "bit" if base == "bit" else "geometry"
    return "json" if base == "json" else "bytes" if base in _BYTES else "text" if base in _TEXT else ""


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
