"""PostgreSQL and MariaDB count rows as pandas does: the same random tables, typed natively and as text, and JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from servers import mariadb, postgres
from test_row_twins import LATE, events
from test_row_twins import agree as agree_on_intervals
from test_rows import agree, quiet, tables

from ropewalk.contracts import SqlTable
from ropewalk.judging.sqlrows import SqlRows

EXAMPLES = int(os.environ.get("ROPEWALK_EXAMPLES", "1000")) // 4
JSON = {
    '{"BuyerInfo": {"BuyerEmail": "a@example.com"}}': 1,
    '{"BuyerInfo": {"BuyerEmail": ""}}': 0,
    '{"BuyerInfo": {"BuyerEmail": null}}': 0,
    '{"BuyerInfo": {}}': 0,
    "{}": 0,
    "not json": 0,
}

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def postgresql() -> Iterator[sa.Connection]:
    with postgres() as server:
        engine = sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(server.admin), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            yield connection
        engine.dispose()


@pytest.fixture(scope="module")
def maria() -> Iterator[sa.Connection]:
    with mariadb() as server:
        url = sa.URL.create("mysql+pymysql", "root", database="mysql", query={"unix_socket": server.socket, "charset": "utf8mb4"})
        first = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with first.connect() as connection:
            connection.execute(sa.text("CREATE DATABASE rows_of_orders CHARACTER SET utf8mb4"))
        first.dispose()
        engine = sa.create_engine(url.set(database="rows_of_orders"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            yield connection
        engine.dispose()


@settings(quiet, max_examples=EXAMPLES)
@given(table=tables())
def test_postgresql_and_pandas_agree(postgresql: sa.Connection, table: Any) -> None:
    agree(postgresql, table)


@settings(quiet, max_examples=EXAMPLES)
@given(table=tables())
def test_mariadb_and_pandas_agree(maria: sa.Connection, table: Any) -> None:
    agree(maria, table)


@settings(quiet, max_examples=max(EXAMPLES // 5, 10))
@given(table=events(("text", "date", "moment", "aware", "number")))
@example(table=LATE)
def test_intervals_in_postgresql_and_pandas_agree(postgresql: sa.Connection, table: Any) -> None:
    agree_on_intervals(postgresql, table)


@settings(quiet, max_examples=max(EXAMPLES // 5, 10))
@given(table=events(("text", "date", "moment", "number")))
@example(table=LATE)
def test_intervals_in_mariadb_and_pandas_agree(maria: sa.Connection, table: Any) -> None:
    agree_on_intervals(maria, table)


@pytest.mark.parametrize("server", ["postgresql", "maria"])
def test_through_great_expectations(request: pytest.FixtureRequest, server: str) -> None:
    from ropewalk.gx import ExpectPiiRetention, counts

    connection: sa.Connection = request.getfixturevalue(server)
    connection.execute(sa.text("DROP TABLE IF EXISTS shop"))
    connection.execute(sa.text("CREATE TABLE shop (name VARCHAR(50), sent TIMESTAMP NULL, delivered TEXT)"))
    connection.execute(sa.text("INSERT INTO shop VALUES ('A', '2026-08-01', NULL), ('', '2026-08-01', ''), ('B', NULL, '2026-11-19')"))
    expectation = ExpectPiiRetention(personal=["name"], delivered="delivered", shipped="sent", as_of="2026-11-20T12:00:00+00:00")
    found = counts(expectation, SqlTable(connection.engine, "shop"))
    assert found == {"rows": 3, "personal": 2, "overdue": 0, "overdue_by_shipment": 1, "by_shipment": 1, "undated": 0}


@pytest.mark.parametrize("server", ["postgresql", "maria"])
@pytest.mark.parametrize("kind", ["text", "json"])
def test_personal_data_inside_json(request: pytest.FixtureRequest, server: str, kind: str) -> None:
    connection: sa.Connection = request.getfixturevalue(server)
    kinds = {"text": "TEXT", "json": "JSONB" if server == "postgresql" else "JSON"}
    cast = kinds[kind] if server == "postgresql" else "CHAR"
    for details, held in JSON.items():
        if kind == "json" and details == "not json":
            continue
        connection.execute(sa.text("DROP TABLE IF EXISTS j"))
        connection.execute(sa.text(f"CREATE TABLE j (details {kinds[kind]}, d {kinds[kind]})"))
        stamp = '{"deliveredAt": "2026-08-01"}'
        connection.execute(sa.text(f"INSERT INTO j VALUES (CAST(:details AS {cast}), CAST(:d AS {cast}))"), {"details": details, "d": stamp})
        told = {str(c["name"]): c["type"] for c in sa.inspect(connection).get_columns("j")}
        rows = SqlRows(sa.table("j"), connection.dialect.name, told)
        assert connection.execute(rows.filled(["details.BuyerInfo.BuyerEmail"])).mappings().one()["filled"] == held, details
