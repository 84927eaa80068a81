"""DuckDB files."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pytest
import sqlalchemy as sa
from contracts.connector import AS_OF, ConnectorContract

from ropewalk.contracts import SqlTable
from ropewalk.errors import MissingExtraError, SourceError
from ropewalk.model import Skipped, Source

FILL = """
CREATE TABLE orders AS SELECT i AS id, 'b' || i || '@example.com' AS buyer_email,
  '{"BuyerInfo": {"BuyerEmail": "ann@example.com"}}'::JSON AS details, {'city': 'Ulm', 'zip': i} AS place, ['a', 'b'] AS tags,
  CASE WHEN i = 7 THEN '\\x89PNG\\x00\\xFF'::BLOB ELSE 'plain text'::BLOB END AS label, TIMESTAMPTZ '2026-11-01 10:00:00+00' AS at
  FROM range(1, 3001) t(i);
COMMENT ON TABLE orders IS 'orders, origin=amazon-sp-api';
COMMENT ON COLUMN orders.buyer_email IS 'source:orders-api';
CREATE TABLE notes (body TEXT, raw TEXT);
INSERT INTO notes SELECT CASE WHEN i % 2 = 0 THEN 'n' || i END, '{"items": [{"gift": "for Ann"}]}' FROM range(40) t(i);
CREATE TABLE empty (a INT);
CREATE SCHEMA "odd ""schema"". %s :x";
CREATE TABLE "odd ""schema"". %s :x"."table%(x)s; DROP :y ü" ("col""umn %s :z" TEXT, "select" INT, "a.b[c]" TEXT);
INSERT INTO "odd ""schema"". %s :x"."table%(x)s; DROP :y ü" VALUES ('v', 1, 'w');
CREATE VIEW "Customer Export" AS SELECT buyer_email AS "e-mail, private" FROM orders;
"""
ODD = '"odd ""schema"". %s :x".table%(x)s; DROP :y ü'


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("duck") / "s h#o%p.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(FILL)
    return path


class TestDuckDb(ConnectorContract):
    scheme = "duckdb"
    rows: ClassVar[dict[str, int]] = {"orders": 3000, "notes": 40, "empty": 0}
    nested = (
        ("orders", ("details", "BuyerInfo", "BuyerEmail")), ("orders", ("place", "city")), ("orders", ("tags", "[]")),
        ("notes", ("raw", "items", "[]", "gift")),
    )  # fmt: skip
    hostile = ((ODD, ('col"umn %s :z',)), (ODD, ("select",)), (ODD, ("a.b[c]",)), ("Customer Export", ("e-mail, private",)))

    @pytest.fixture
    def source(self, file: Path) -> Source:
        return Source("duck", f"duckdb:///{str(file).replace('%', '%25').replace('?', '%3F').replace('#', '%23')}")

    @pytest.fixture
    def unreachable(self, tmp_path: Path) -> Source:
        return Source("duck", f"duckdb:///{tmp_path / 'none.duckdb'}")

    @pytest.fixture
    def state(self, file: Path) -> Callable[[], Any]:
        return lambda: (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns, sorted(p.name for p in file.parent.iterdir()))

    def test_draws_are_repeatable_and_turn_varies_them(self, source: Source) -> None:
        connector = self.connect(source)
        orders = self.listed(connector)["orders"]
        first, again, other = (self.read(connector, orders, 100, turn=t)["id",] for t in (0, 0, 1))
        assert first.method == "bernoulli"
        assert set(first.values) == set(again.values) != set(other.values)

    def test_fingerprints_change_with_rows_and_columns(self, tmp_path: Path) -> None:
        path = tmp_path / "x.duckdb"

        def changed(statement: str) -> str:
            with duckdb.connect(str(path)) as connection:
                connection.execute(statement)
            while True:
                connector = self.connect(Source("duck", f"duckdb:///{path}"))
                found = self.listed(connector)["orders"].fingerprint
                connector.close()
                if found:
                    return found
                time.sleep(0.02)

        marks = [changed(s) for s in (
            "CREATE TABLE orders AS SELECT 1 AS id, 'ann@example.com' AS mail", "UPDATE orders SET mail = 'bob@example.com'",
            "ALTER TABLE orders ADD COLUMN phone TEXT DEFAULT '555-0100'", "SELECT * FROM orders",
        )]  # fmt: skip
        assert len(set(marks[:3])) == 3
        assert marks[3] == marks[2]

    def test_bytes_are_text_or_opaque(self, source: Source) -> None:
        connector = self.connect(source)
        found = self.read(connector, self.listed(connector)["orders"], None, fields=[("label",)])
        assert dict(found["label",].values) == {"plain text": 2999, "iVBORwD/": 1}

    def test_files_beside_the_database_are_read_only_where_allowed(self, tmp_path: Path) -> None:
        (tmp_path / "beside.csv").write_text("a\n1\n")
        path = tmp_path / "x.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"CREATE VIEW outside AS SELECT * FROM read_csv('{tmp_path / 'beside.csv'}')")
            connection.execute('CREATE TABLE "in ""side" AS SELECT 1 AS a, [1] AS b')
        source = Source("duck", f"duckdb:///{path}")
        connector = self.connect(source)
        (skipped,) = connector.samples(self.listed(connector)["outside"], rows=5)
        assert isinstance(skipped, Skipped)
        assert "external_access" in skipped.mend
        assert set(self.read(connector, self.listed(connector)['"in ""side"'], 5)) == {("a",), ("b", "[]")}
        connector.close()
        connector = self.connect(Source(source.name, source.uri, options={"external_access": True}))
        assert self.read(connector, self.listed(connector)["outside"], 5)["a",].cells == 1
        connector.close()

    def test_a_write_is_refused(self, source: Source) -> None:
        connector = self.connect(source)
        table = connector.table(self.listed(connector)["empty"], [("a",)])
        assert isinstance(table, SqlTable)
        with table.engine.connect() as connection, pytest.raises(sa.exc.SQLAlchemyError, match="read-only"):
            connection.execute(sa.text("INSERT INTO empty VALUES (1)"))

    def test_a_slow_query_ends_in_time(self, source: Source) -> None:
        connector: Any = self.connect(source, statement_timeout=0.3)
        with pytest.raises(SourceError, match="statement_timeout"):
            connector._rows("SELECT sum(hash(a.i + b.i)) FROM range(1000000) a(i), range(1000000) b(i)")

    def test_facts(self, source: Source) -> None:
        facts = {(f.subject, f.name): f.value for f in self.connect(source).facts(AS_OF)}
        assert facts["duck", "encrypted_at_rest"] == {"layer": "file", "algorithm": "none"}
        assert facts["duck/orders", "origin_tag"] == "amazon-sp-api"
        assert facts["duck/orders#buyer_email", "origin_tag"] == "orders-api"

    def test_an_encrypted_file_says_so(self, tmp_path: Path) -> None:
        path = tmp_path / "sealed.duckdb"
        with duckdb.connect() as connection:
            connection.execute("SET force_mbedtls_unsafe = true")  # the wheel writes only so; what it writes is a sealed file all the same
            connection.execute(f"ATTACH '{path}' AS sealed (ENCRYPTION_KEY 'a long key of the test')")
            connection.execute("CREATE TABLE sealed.t AS SELECT 'ann@example.com' AS mail; DETACH sealed")
        connector = self.connect(Source("duck", f"duckdb:///{path}"))
        facts = {f.name: f.value for f in connector.facts(AS_OF)}
        assert facts["encrypted_at_rest"] == {"layer": "file", "algorithm": "aes-256"}
        with pytest.raises(SourceError, match="encrypted"):
            list(connector.datasets())

    def test_a_file_of_another_kind_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "x.duckdb").write_bytes(b"not a database" * 1000)
        connector = self.connect(Source("duck", f"duckdb:///{tmp_path / 'x.duckdb'}"))
        with pytest.raises(SourceError, match="no database of this kind"):
            list(connector.datasets())
        assert {f.name: f.value for f in connector.facts(AS_OF)}["encrypted_at_rest"] == {"layer": "file", "algorithm": "opaque"}

    def test_a_driver_that_has_no_name_here_is_named_with_its_extra(self, tmp_path: Path) -> None:
        with pytest.raises(MissingExtraError, match="DuckDB needs its driver") as caught:
            list(self.connect(Source("duck", f"duckdb+nosuch:///{tmp_path / 'x.duckdb'}")).datasets())
        assert caught.value.mend == "pip install 'ropewalk[duckdb]'"
