"""How old the oldest row is, asked of real stores, and judged by clause 1.7."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pymysql
import pytest
import sqlalchemy as sa
from servers import mariadb, postgres
from shop import AS_OF, Company

from ropewalk.config import Limits, SourceConfig
from ropewalk.errors import SourceError
from ropewalk.model import Fact, Source, Status
from ropewalk.plugins import Plugins
from ropewalk.reading.rowage import RowAges, _rank
from ropewalk.reading.sqlsession import led
from ropewalk.reading.tables import Column, Table

OPTIONS = {"clocks": {"*told": {"created": "booked", "delivered": None, "shipped": None}, "*lost": {"created": "gone"}}}
PASSWORD = "s3cret-of-the-scanner"
DATED = """
CREATE TABLE {s}orders (id int, created_at {moment}, updated_at {moment});
INSERT INTO {s}orders VALUES (1, '2026-03-01 10:00:00', '2001-01-01'), (2, '2026-04-01', '2001-01-01');
CREATE TABLE {s}sales (order_date {day}, expires_at {moment});
INSERT INTO {s}sales VALUES ('2024-02-29', '2003-01-01'), ('2026-04-01', NULL);
CREATE TABLE {s}holes (placed_at {moment});
INSERT INTO {s}holes VALUES ('2026-02-03'), (NULL), ('1970-01-01'), ('2199-01-01');
CREATE TABLE {s}words (purchase_date {text});
INSERT INTO {s}words VALUES ('2024-01-02T03:04:05Z'), ('2026-01-01');
CREATE TABLE {s}odd_words (purchase_date {text});
INSERT INTO {s}odd_words VALUES ('01/02/2009'), (''), ('2023-02-30'), ('n/a'), ('2026-01-01');
CREATE TABLE {s}epochs (created bigint);
INSERT INTO {s}epochs VALUES (1704163200), (0), (1780000000000);
CREATE TABLE {s}empty (created_at {moment});
CREATE TABLE {s}dateless (id int, updated_at {moment}, birth_date {day});
INSERT INTO {s}dateless VALUES (1, '2020-01-01', '1980-01-01');
CREATE TABLE {s}nulls (created_at {moment});
INSERT INTO {s}nulls VALUES (NULL);
CREATE TABLE {s}told (booked {day}, created_at {moment});
INSERT INTO {s}told VALUES ('2026-05-06', '2003-01-01');
CREATE TABLE {s}lost (created_at {moment});
INSERT INTO {s}lost VALUES ('2026-05-06');
CREATE VIEW {s}seen AS SELECT * FROM {s}orders;
"""


def statements(prefix: str, moment: str) -> list[str]:
    return [s for s in DATED.format(s=prefix, moment=moment, day="date", text="varchar(40)").split(";") if s.strip()]


def sqlite(path: Path) -> Source:
    with sqlite3.connect(path) as connection:
        for statement in statements("", "timestamp"):
            connection.execute(statement)
    return Source("db", f"sqlite:///{path}", options=OPTIONS)


def duck(path: Path) -> Source:
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")  # else the times that are written are those of this machine's zone
        for statement in statements("", "timestamptz"):
            connection.execute(statement)
    return Source("db", f"duckdb:///{path}", options=OPTIONS)


@pytest.fixture(
    scope="module",
    params=["sqlite", "duckdb", pytest.param("postgresql", marks=pytest.mark.server), pytest.param("mariadb", marks=pytest.mark.server)],
)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    folder = tmp_path_factory.mktemp("ages")
    if request.param == "sqlite":
        yield sqlite(folder / "a.db")
    elif request.param == "duckdb":
        yield duck(folder / "a.duckdb")
    elif request.param == "postgresql":
        with postgres() as server:
            with psycopg.connect(server.admin, autocommit=True) as connection:
                connection.execute(f"CREATE ROLE scanner LOGIN PASSWORD '{PASSWORD}'")
                for statement in statements("public.", "timestamptz"):
                    connection.execute(statement)
                connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO scanner")
            yield Source("db", server.uri("scanner", PASSWORD), options=OPTIONS)
    else:
        with mariadb() as server:
            with pymysql.connect(unix_socket=server.socket, user="root", autocommit=True) as connection, connection.cursor() as cursor:
                for statement in [
                    "SET sql_mode = ''", "SET time_zone = '+00:00'", "CREATE DATABASE shop", f"CREATE USER scanner@'%' IDENTIFIED BY '{PASSWORD}'",
                    *statements("shop.", "datetime"), "INSERT INTO shop.holes VALUES ('0000-00-00')",
                    "CREATE TABLE shop.stamps (created_at timestamp)", "INSERT INTO shop.stamps VALUES ('2025-05-06 07:08:09')",
                    "GRANT SELECT, SHOW VIEW ON shop.* TO scanner@'%'",
                ]:  # fmt: skip
                    cursor.execute(statement)
            yield Source("db", server.uri("scanner", PASSWORD, "shop"), options=OPTIONS)


def facts_of(source: Source, **limits: float) -> list[Fact]:
    connector = Plugins.of().connector(source.uri.split(":", 1)[0], "test")(source, Limits(**limits))  # type: ignore[arg-type]
    try:
        return [f for f in connector.facts(AS_OF) if f.name in {"oldest_row", "undated_rows"}]
    finally:
        connector.close()


def test_the_oldest_row_of_every_table(source: Source) -> None:
    facts = facts_of(source)
    oldest = {f.subject.split("/")[1].removeprefix("public."): f for f in facts if f.name == "oldest_row"}
    undated = {f.subject.split("/")[1].removeprefix("public."): f.value for f in facts if f.name == "undated_rows"}
    assert {n: f.value for n, f in oldest.items() if n != "stamps"} == {
        "orders": "2026-03-01T10:00:00+00:00" if "sqlite" not in source.uri else "2026-03-01T00:00:00+00:00",
        "sales": "2024-02-29T00:00:00+00:00", "holes": "2026-02-03T00:00:00+00:00", "words": "2024-01-02T00:00:00+00:00",
        "odd_words": "2023-02-28T00:00:00+00:00", "epochs": "2024-01-02T02:40:00+00:00", "told": "2026-05-06T00:00:00+00:00",
        "dateless": None, "nulls": None, "lost": None,
    }  # fmt: skip
    holes = 4 if "mysql" in source.uri or "mariadb" in source.uri else 3
    assert undated == {"orders": 0, "sales": 0, "holes": holes, "words": 0, "odd_words": 3, "epochs": 1, "told": 0} | dict.fromkeys(
        {"stamps"} & set(oldest), 0
    )
    assert oldest["orders"].how == "minimum of created_at"
    assert "created" in oldest["dateless"].needs
    assert "gone" in oldest["lost"].how
    if "stamps" in oldest:
        assert oldest["stamps"].value == "2025-05-06T07:08:09+00:00"


def test_it_is_judged(source: Source) -> None:
    company = Company().source("db")
    for f in facts_of(source):
        company.fact(f.subject, f.name, f.value, f.needs, f.how)
    results = {r.subject.split("/")[-1].removeprefix("public."): r for r in company.judge("1.7.a")}
    found = {name: r.status for name, r in results.items()}
    assert found["orders"] == found["told"] == Status.PASS
    assert found["sales"] == found["odd_words"] == found["words"] == found["epochs"] == Status.FAIL
    assert found["holes"] == found["db"] == Status.UNKNOWN
    assert "of its rows have no date" in results["holes"].reason
    assert "3 of its tables" in results["db"].reason
    assert "created: <column>" in results["db"].mend


def test_a_table_that_takes_too_long_is_unknown_with_the_reason(tmp_path: Path) -> None:
    source = sqlite(tmp_path / "a.db")
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE big (created_at text)")
        connection.execute(
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 200000) INSERT INTO big SELECT '2026-01-01' FROM s"
        )
    (big,) = (f for f in facts_of(source, statement_timeout=0.0001) if f.subject == "db/big")
    assert big.value is None
    assert "statement_timeout" in big.needs


def test_a_declared_clock_reaches_the_connector() -> None:
    config = SourceConfig.model_validate(
        {"name": "db", "uri": "sqlite:///a.db", "owner": "o", "purpose": "p", "clocks": {"t": {"created": "booked"}}}
    )
    assert config.source().options["clocks"]["t"]["created"] == "booked"


@pytest.mark.parametrize(
    "name", "created_at createdAt DateCreated order_date PurchaseDate purchase-date placed_at orderdate timestamp posted-date bestellt_am".split()
)
def test_names_of_the_time_when_a_row_was_made(name: str) -> None:
    assert _rank(name) is not None


@pytest.mark.parametrize(
    "name", "updated_at expires_at birth_date birthdate valid_until due_date created_by order_id last_order_date order is_created dob".split()
)
def test_names_of_other_times(name: str) -> None:
    assert _rank(name) is None


def test_a_table_too_big_to_count_tells_its_minimum_by_an_index() -> None:
    """The store answers for real; only the statement that counts is cut off, as a timeout would."""
    engine = sa.create_engine("duckdb:///:memory:")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE TABLE t (created_at timestamp)"))
        connection.execute(sa.text("INSERT INTO t VALUES ('2026-11-01 09:00:00'), (NULL), ('1970-01-01')"))

        def rows(select: sa.Select[Any]) -> list[Any]:
            if "count(" in str(select):
                raise SourceError("the query took longer than limits.statement_timeout", where="db", mend="raise limits.statement_timeout")
            return list(connection.execute(select))

        table = Table("t", (Column("created_at", "timestamp"),))
        facts = {f.name: f for f in RowAges("db", rows, lambda _: set(), "duckdb", {}, 60).facts([(table, sa.table("t"))], AS_OF)}
    assert facts["oldest_row"].value == "2026-11-01T09:00:00+00:00"
    assert (facts["undated_rows"].value, bool(facts["undated_rows"].needs)) == (None, True)
    company = Company().source("db")
    for f in facts.values():
        company.fact(f.subject, f.name, f.value, f.needs, f.how)
    result = company.one("1.7.a")
    assert (result.status, "were not counted" in result.reason) == (Status.UNKNOWN, True)


def test_a_large_table_is_asked_only_what_an_index_answers() -> None:
    engine = sa.create_engine("duckdb:///:memory:")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE TABLE t (created_at timestamp)"))
        connection.execute(sa.text("INSERT INTO t VALUES ('2026-11-01 09:00:00')"))
        table, asked = Table("t", (Column("created_at", "timestamp"),), rows=10_000_000), []

        def rows(select: sa.Select[Any]) -> list[Any]:
            asked.append(str(select))
            return list(connection.execute(select))

        for columns, oldest in (({"created_at"}, "2026-11-01T09:00:00+00:00"), (set(), None)):
            facts = {f.name: f for f in RowAges("db", rows, lambda _, c=columns: c, "duckdb", {}, 60).facts([(table, sa.table("t"))], AS_OF)}
            assert facts["oldest_row"].value == oldest
    assert len(asked) == 1
    assert "count(" not in asked[0]
    assert ("10,000,000 rows" in facts["oldest_row"].how, "index that begins with created_at" in facts["oldest_row"].needs) == (True, True)


def test_what_an_index_begins_with() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT)"))
        connection.execute(sa.text("CREATE INDEX both ON t (a, b)"))
        connection.execute(sa.text("CREATE INDEX made ON t (lower(c))"))
    assert led(engine, "t", None) == {"id", "a"}
    assert led(engine, "none", None) == frozenset()


def test_a_spent_budget_leaves_the_rest_unknown() -> None:
    table = Table("t", (Column("created_at", "timestamp"),))
    (fact,) = RowAges("db", lambda _: [], lambda _: set(), "duckdb", {}, -1).facts([(table, sa.table("t"))], AS_OF)
    assert (fact.value, "took all the time" in fact.how) == (None, True)
