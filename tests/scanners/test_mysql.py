"""MariaDB over TLS, with an account that has no more rights than a scan needs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pymysql
import pytest
import sqlalchemy as sa
from contracts.connector import AS_OF, ConnectorContract
from servers import MariaDb, mariadb

from ropewalk.contracts import FrameTable, SqlTable
from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Sample, Skipped, Source

pytestmark = pytest.mark.server
PASSWORD = "s3cret-of-the-scanner"
DETAILS = json.dumps({"BuyerInfo": {"BuyerEmail": "ann@example.com"}, "items": [{"gift": "for Ann"}]})
FILL = f"""
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE DATABASE `odd ``db`;
CREATE USER scanner@'%' IDENTIFIED BY '{PASSWORD}' REQUIRE SSL;
CREATE USER reader@'%' IDENTIFIED BY '{PASSWORD}' REQUIRE SSL;
CREATE TABLE shop.orders (id bigint PRIMARY KEY AUTO_INCREMENT, buyer_email varchar(100) COMMENT 'source:orders-api', details json,
  label blob, at datetime, zero date, flags bit(3), spot point) COMMENT 'orders, origin=amazon-sp-api';
SET sql_mode = '';
INSERT INTO shop.orders SELECT seq, concat('b', seq, '@example.com'), '{DETAILS}', 'plain text of a label', '2026-11-01 10:00:00', '0000-00-00',
  b'101', point(1, 2) FROM (WITH RECURSIVE s(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 900) SELECT seq FROM s) x;
UPDATE shop.orders SET label = x'89504e470d0a1a0a00ff00fe' WHERE id = 7;
CREATE TABLE shop.notes (body text, raw longtext) ENCRYPTED = YES;
INSERT INTO shop.notes SELECT if(id % 2, concat('n', id), NULL), '{DETAILS}' FROM shop.orders LIMIT 300;
CREATE TABLE shop.empty (a int);
CREATE TABLE shop.events (at date, ip varchar(40)) PARTITION BY HASH (day(at)) PARTITIONS 4;
INSERT INTO shop.events SELECT '2026-11-01', '198.51.100.7' FROM shop.orders LIMIT 50;
CREATE VIEW shop.`Customer Export` AS SELECT buyer_email AS `e-mail, private`, id AS `select` FROM shop.orders;
CREATE VIEW shop.broken AS SELECT body FROM shop.notes;
CREATE TABLE shop.half (open text, shut text);
CREATE TABLE shop.`table%(x)s; "DROP" ``:y ü` (`col``umn %s :z` text, `select` int, `a.b[c]` text);
INSERT INTO shop.`table%(x)s; "DROP" ``:y ü` VALUES ('v', 1, 'w');
GRANT SELECT, SHOW VIEW ON shop.* TO scanner@'%';
GRANT SELECT (open) ON shop.half TO reader@'%';
GRANT SELECT ON shop.empty TO reader@'%';
GRANT SELECT ON mysql.* TO scanner@'%';
GRANT PROCESS ON *.* TO scanner@'%';
ANALYZE TABLE shop.orders, shop.notes, shop.events;
"""
ODD = '"table%(x)s; ""DROP"" `:y ü"'


@pytest.fixture(scope="session")
def server() -> Iterator[MariaDb]:
    with mariadb() as running:
        admin(running, *FILL.strip().split(";\n"))
        yield running


def admin(server: MariaDb, *statements: str) -> list[Any]:
    with pymysql.connect(unix_socket=server.socket, user="root", autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.rstrip().removesuffix(";"))
        return list(cursor.fetchall())


class TestMySql(ConnectorContract):
    scheme = "mysql"
    secrets = (PASSWORD,)
    rows: ClassVar[dict[str, int]] = {"orders": 900, "notes": 300, "empty": 0, "events": 50}
    nested = (("orders", ("details", "BuyerInfo", "BuyerEmail")), ("notes", ("raw", "items", "[]", "gift")))
    hostile = (
        (ODD, ("col`umn %s :z",)),
        (ODD, ("a.b[c]",)),
        ("Customer Export", ("e-mail, private",)),
        ("Customer Export", ("select",)),
    )  # fmt: skip

    @pytest.fixture
    def source(self, server: MariaDb) -> Source:
        return Source("my", server.uri("scanner", PASSWORD, "shop"))

    @pytest.fixture
    def unreachable(self, server: MariaDb) -> Source:
        return Source("my", server.uri("scanner", PASSWORD, "shop").replace(f":{server.port}/", ":1/"))

    @pytest.fixture
    def state(self, server: MariaDb) -> Callable[[], Any]:
        wanted = "COM_INSERT COM_UPDATE COM_DELETE COM_REPLACE COM_CREATE_TABLE COM_DROP_TABLE COM_ALTER_TABLE COM_LOAD INNODB_ROWS_INSERTED".split()
        counted = f"SELECT variable_name, variable_value FROM information_schema.global_status WHERE variable_name IN {tuple(wanted)}"
        sums = "CHECKSUM TABLE shop.orders, shop.notes, shop.events, shop.half, shop.empty"
        return lambda: (sorted(admin(server, counted)), admin(server, sums))

    def facts(self, source: Source) -> dict[tuple[str, str], Any]:
        return {(f.subject, f.name): f for f in self.connect(source).facts(AS_OF)}

    def test_single_rows_are_drawn_by_the_key(self, source: Source) -> None:
        connector = self.connect(source)
        orders = self.listed(connector)["orders"]
        first, again, other = (self.read(connector, orders, 50, turn=t)["id",] for t in (0, 0, 1))
        assert first.method == "keyed"
        assert set(first.values) == set(again.values) != set(other.values)
        assert max(map(int, first.values)) > 500
        assert self.read(connector, self.listed(connector)["notes"], 30)["body",].method == "bernoulli"

    def test_odd_types_are_text(self, source: Source) -> None:
        connector = self.connect(source)
        found = self.read(connector, self.listed(connector)["orders"], None)
        assert dict(found["label",].values) == {"plain text of a label": 899, "iVBORw0KGgoA/wD+": 1}
        assert dict(found["zero",].values) == {"0000-00-00": 900}
        assert dict(found["flags",].values) == {"5": 900}
        assert dict(found["spot",].values) == {"POINT(1 2)": 900}
        assert dict(found["at",].values) == {"2026-11-01T10:00:00": 900}

    def test_without_a_database_every_schema_is_listed(self, server: MariaDb) -> None:
        names = set(self.listed(self.connect(Source("my", server.uri("scanner", PASSWORD), options={"exclude": ["mysql.*"]}))))
        assert {"shop.orders", "shop.notes"} <= names
        assert not [n for n in names if n.startswith(("information_schema", "performance_schema", "sys"))]

    def test_what_the_account_may_not_read_is_named_with_the_grant(self, server: MariaDb) -> None:
        connector = self.connect(Source("my", server.uri("reader", PASSWORD, "shop")))
        found = list(connector.datasets())
        assert {d.name for d in found if isinstance(d, Dataset)} == {"half", "empty"}
        facts = {(f.subject, f.name): f for f in connector.facts(AS_OF)}
        assert "PROCESS" in facts["my", "encrypted_at_rest"].needs
        assert "sources grants" in facts["my/half", "grants"].needs

    def test_a_broken_view_is_skipped(self, source: Source, server: MariaDb) -> None:
        admin(server, "CREATE TABLE shop.gone (a int)", "CREATE OR REPLACE VIEW shop.broken AS SELECT a FROM shop.gone", "DROP TABLE shop.gone")
        connector = self.connect(source)
        given = list(connector.datasets())
        if "broken" in (listed := self.listed(connector)):
            given += list(connector.samples(listed["broken"], rows=5))
        assert any(isinstance(s, Skipped) and s.dataset == "broken" for s in given)

    def test_a_view_whose_account_is_gone_does_not_end_the_scan(self, source: Source, server: MariaDb) -> None:
        admin(server, "CREATE OR REPLACE DEFINER=nobody@localhost VIEW shop.orphan AS SELECT body FROM shop.notes")
        try:
            connector = self.connect(source)
            found = {n: list(connector.samples(d, rows=10)) for n, d in self.listed(connector).items() if n in {"orphan", "notes"}}
            assert [type(x) for x in found["orphan"]] == [Skipped]
            assert {type(x) for x in found["notes"]} == {Sample}
        finally:
            admin(server, "DROP VIEW shop.orphan")

    def test_few_documents_and_empty_ones_are_opened(self, source: Source, server: MariaDb) -> None:
        admin(server, "CREATE OR REPLACE TABLE shop.opened (j json, b blob)",
              """INSERT INTO shop.opened VALUES ('{}', NULL), ('{"mail": "ann@example.com"}', '{"mail": "bob@example.com"}')""")  # fmt: skip
        connector = self.connect(source)
        found = self.read(connector, self.listed(connector)["opened"], 10)
        assert [dict(found[c, "mail"].values) for c in ("j", "b")] == [{"ann@example.com": 1}, {"bob@example.com": 1}]
        admin(server, "DROP TABLE shop.opened")

    def test_rows_of_the_past_are_named(self, source: Source, server: MariaDb) -> None:
        admin(
            server, "CREATE OR REPLACE TABLE shop.kept (a text) WITH SYSTEM VERSIONING", "INSERT INTO shop.kept VALUES ('x')", "DELETE FROM shop.kept"
        )
        left = [s for s in self.connect(source).datasets() if isinstance(s, Skipped) and s.dataset == "kept"]
        assert "DELETE HISTORY" in left[0].mend
        admin(server, "DROP TABLE shop.kept")

    def test_a_write_is_refused_by_the_session(self, server: MariaDb) -> None:
        admin(server, "CREATE USER IF NOT EXISTS writer@'%' IDENTIFIED BY 'pw' REQUIRE SSL", "GRANT ALL ON shop.* TO writer@'%'")
        connector = self.connect(Source("my", server.uri("writer", "pw", "shop")))
        table = connector.table(self.listed(connector)["empty"], [("a",)])
        assert isinstance(table, SqlTable)
        with table.engine.connect() as connection, pytest.raises(sa.exc.SQLAlchemyError, match="1792"):
            connection.execute(sa.text("INSERT INTO shop.empty VALUES (1)"))

    def test_a_slow_query_ends_in_time(self, source: Source) -> None:
        connector: Any = self.connect(source, statement_timeout=0.3)
        with pytest.raises(SourceError, match="statement_timeout"):
            connector._rows("SELECT count(*) FROM shop.orders a, shop.orders b, shop.orders c")

    def test_fingerprints_change_with_rows_and_columns(self, source: Source, server: MariaDb) -> None:
        def mark(name: str) -> str:
            while not (found := self.listed(self.connect(source))[name].fingerprint):
                time.sleep(0.3)
            return found

        def now(name: str) -> str:
            return self.listed(self.connect(source))[name].fingerprint

        make = "INSERT INTO shop.{0} VALUES (1, 'ann@example.com'), (2, 'b')"
        admin(server, "CREATE TABLE shop.plain (a INT, mail VARCHAR(40))", make.format("plain"))
        admin(server, "CREATE TABLE shop.parted (a INT, mail VARCHAR(40)) PARTITION BY HASH (a) PARTITIONS 3", make.format("parted"))
        for name in ("plain", "parted"):
            first = mark(name)
            assert now(name) == first
            admin(server, f"UPDATE shop.{name} SET mail = 'bob@example.com' WHERE a = 2")
            assert now(name) == ""  # its time of change is told in whole seconds: there may be another within this one
            second = mark(name)
            assert second != first
            admin(server, f"ALTER TABLE shop.{name} ADD COLUMN phone TEXT DEFAULT '555-0100'")
            assert now(name) not in {first, second}
        admin(server, "DROP TABLE shop.plain, shop.parted")

    def test_nested_fields_come_as_a_frame(self, source: Source) -> None:
        connector = self.connect(source)
        table = connector.table(self.listed(connector)["orders"], [("at",), ("details", "BuyerInfo", "BuyerEmail")])
        assert isinstance(table, FrameTable)
        assert set(table.frame["details.BuyerInfo.BuyerEmail"]) == {"ann@example.com"}

    def test_facts(self, source: Source, server: MariaDb) -> None:
        facts = self.facts(source)
        assert facts["my", "tls_version"].value == "TLSv1.3"
        assert facts["my", "tls_enforced"].value is True
        assert facts["my", "tls_cert_expires"].value == server.certificates.expires.isoformat()
        sealed = facts["my/notes", "encrypted_at_rest"].value
        assert sealed == {"layer": "tablespace", "algorithm": "aes", "clear": ["the redo log (innodb_encrypt_log)"]}
        assert facts["my/orders", "encrypted_at_rest"].value == {"layer": "tablespace", "algorithm": "none"}
        assert facts["my/orders", "origin_tag"].value == "amazon-sp-api"
        assert facts["my/orders#buyer_email", "origin_tag"].value == "orders-api"
        assert "'root'@'localhost'" in facts["my", "superusers"].value
        assert "root" in facts["my", "shared_accounts"].value
        assert {"grantee": "'scanner'@'%'", "privilege": "SELECT"} in facts["my/orders", "grants"].value
        assert facts["my", "listen_addresses"].value == ["127.0.0.1"]

    def test_a_wrong_password_is_said_without_it(self, server: MariaDb) -> None:
        with pytest.raises(SourceError, match="sign-in") as caught:
            list(self.connect(Source("my", server.uri("scanner", "wr0ng-one", "shop"))).datasets())
        assert "wr0ng-one" not in str(caught.value) + repr(caught.value)

    def test_the_least_privileges_are_enough(self, server: MariaDb) -> None:
        script = self.connect(Source("my", server.uri("night-scan", "pw", "shop"))).least_privilege()  # type: ignore[attr-defined]
        admin(server, *(s for s in script.replace("'…'", "'pw'").split(";\n") if s.strip()))
        connector = self.connect(Source("my", server.uri("night-scan", "pw", "shop")))
        assert "Customer Export" in self.listed(connector)
        assert all(c.ok is not False for c in connector.test())
