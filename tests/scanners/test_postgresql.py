"""PostgreSQL over TLS, with a role that has no more rights than a scan needs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import psycopg
import pytest
import sqlalchemy as sa
from contracts.connector import AS_OF, ConnectorContract
from servers import Postgres, postgres

from ropewalk.contracts import FrameTable, SqlTable
from ropewalk.errors import SourceError
from ropewalk.model import Dataset, Sample, Skipped, Source

pytestmark = pytest.mark.server
PASSWORD = "s3cret-of-the-scanner"
DETAILS = {"BuyerInfo": {"BuyerEmail": "ann@example.com"}, "items": [{"gift": "for Ann"}, {"gift": "for Bob"}]}
FILL = """
CREATE ROLE scanner LOGIN PASSWORD 's3cret-of-the-scanner';
CREATE ROLE admin LOGIN;
CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'origin=amazon-sp-api';
CREATE TYPE shop.place AS (city text, zip text);
CREATE DOMAIN shop.mail AS text;
CREATE TABLE shop.orders (id bigint PRIMARY KEY, buyer_email shop.mail, details jsonb, label bytea, tags text[], at timestamptz, place shop.place,
  gone date DEFAULT 'infinity');
COMMENT ON COLUMN shop.orders.buyer_email IS 'of the buyer; source:orders-api';
INSERT INTO shop.orders SELECT i, 'b' || i || '@example.com', '{details}', 'plain text of a label', ARRAY['a', 'b'], now(),
  ROW('Ulm', '8907' || i % 10)::shop.place
  FROM generate_series(1, 3000) i;
UPDATE shop.orders SET label = '\\x89504e470d0a1a0a00ff00fe'::bytea WHERE id = 7;
CREATE TABLE public.notes (id int, body text, raw text);
INSERT INTO public.notes SELECT i, CASE WHEN i % 2 = 0 THEN 'n' || i END, '{details}' FROM generate_series(1, 40) i;
CREATE TABLE public.empty (a int);
CREATE TABLE public.events (at date, ip inet) PARTITION BY RANGE (at);
CREATE TABLE public.events_1 PARTITION OF public.events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE public.events_2 PARTITION OF public.events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO public.events SELECT date '2026-01-01' + i % 50, '198.51.100.7' FROM generate_series(1, 500) i;
CREATE VIEW public."Customer Export" AS SELECT buyer_email AS "e-mail, private", id AS "select" FROM shop.orders;
CREATE MATERIALIZED VIEW shop.cities AS SELECT DISTINCT (place).zip AS zip FROM shop.orders;
CREATE SCHEMA "odd ""schema"". %s :x";
CREATE TABLE "odd ""schema"". %s :x"."table%(x)s; DROP :y ü" ("col""umn %s :z" text, "select" int, "a.b[c]" text);
INSERT INTO "odd ""schema"". %s :x"."table%(x)s; DROP :y ü" VALUES ('v', 1, 'w');
CREATE TABLE public."ann@example.com" ("bob@example.com" text);
CREATE TABLE public.secret (a int);
CREATE TABLE public.half (open text, shut text);
CREATE TABLE public.tenants (owner text);
INSERT INTO public.tenants VALUES ('x');
ALTER TABLE public.tenants ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION public.slow() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(20)';
CREATE VIEW public.slow AS SELECT public.slow() AS a;
GRANT USAGE ON SCHEMA shop, "odd ""schema"". %s :x" TO scanner;
GRANT SELECT ON ALL TABLES IN SCHEMA shop, public, "odd ""schema"". %s :x" TO scanner;
GRANT SELECT ON shop.cities TO PUBLIC;
REVOKE ALL ON public.secret, public.half FROM scanner;
GRANT SELECT (open) ON public.half TO scanner;
ANALYZE;
"""
ODD = r'"odd ""schema"". %s :x"' + ".table%(x)s; DROP :y ü"


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        with psycopg.connect(running.admin, autocommit=True) as admin:
            admin.execute(FILL.replace("{details}", json.dumps(DETAILS)))
        yield running


def counters(server: Postgres) -> list[Any]:
    time.sleep(0.1)
    with psycopg.connect(server.admin, autocommit=True) as admin:
        admin.execute("SELECT pg_stat_clear_snapshot()")
        return [
            *admin.execute("SELECT tup_inserted, tup_updated, tup_deleted, temp_files FROM pg_stat_database WHERE datname = 'postgres'"),
            *admin.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"),
            *admin.execute("SELECT md5(string_agg(relname || relfilenode, ',' ORDER BY oid)) FROM pg_class"),
        ]


class TestPostgreSql(ConnectorContract):
    scheme = "postgresql"
    secrets = (PASSWORD,)
    rows: ClassVar[dict[str, int]] = {"shop.orders": 3000, "public.notes": 40, "public.empty": 0, "public.events": 500, "shop.cities": 10}
    nested = (
        ("shop.orders", ("details", "BuyerInfo", "BuyerEmail")),
        ("shop.orders", ("details", "items", "[]", "gift")),
        ("shop.orders", ("tags", "[]")),
        ("shop.orders", ("place", "city")),
        ("public.notes", ("raw", "BuyerInfo", "BuyerEmail")),
    )
    hostile = (
        (ODD, ('col"umn %s :z',)),
        (ODD, ("select",)),
        (ODD, ("a.b[c]",)),
        ("public.Customer Export", ("e-mail, private",)),
    )

    @pytest.fixture
    def source(self, server: Postgres) -> Source:
        return Source("pg", server.uri("scanner", PASSWORD), options={"exclude": ["public.slow"]})

    @pytest.fixture
    def unreachable(self, server: Postgres) -> Source:
        return Source("pg", server.uri("scanner", PASSWORD).replace(f":{server.port}/", ":1/"))

    @pytest.fixture
    def state(self, server: Postgres) -> Callable[[], Any]:
        return lambda: counters(server)

    def facts(self, source: Source) -> dict[tuple[str, str], Any]:
        return {(f.subject, f.name): f for f in self.connect(source).facts(AS_OF)}

    def test_a_partitioned_table_is_one_dataset(self, source: Source) -> None:
        names = set(self.listed(self.connect(source)))
        assert "public.events" in names
        assert not {"public.events_1", "public.events_2"} & names

    def test_names_that_are_data_are_masked(self, source: Source) -> None:
        connector = self.connect(source)
        (name,) = [n for n in self.listed(connector) if n.startswith("public.*")]
        found = self.read(connector, self.listed(connector)[name], 10)
        assert "@" not in f"{name} {list(found)}"
        assert any("@" in value for value in found["{label}",].values), "what was masked is judged"

    def test_what_the_role_may_not_read_is_named_with_the_grant(self, source: Source) -> None:
        left = [s for s in self.connect(source).datasets() if isinstance(s, Skipped)]
        found = {(s.dataset, s.path): s.mend for s in left}
        assert 'GRANT SELECT ON "public"."secret"' in found["public.secret", ()]
        assert 'GRANT SELECT ("shut")' in found["public.half", ("shut",)]
        assert "BYPASSRLS" in found["public.tenants", ()]

    def test_draws_are_repeatable_and_turn_varies_them(self, source: Source) -> None:
        connector = self.connect(source)
        orders = self.listed(connector)["shop.orders"]
        first, again, other = (set(self.read(connector, orders, 50, turn=t)["id",].values) for t in (0, 0, 1))
        assert first == again != other
        assert self.read(connector, orders, 50)["id",].method == "bernoulli"

    def test_single_rows_of_a_big_table_are_drawn_evenly(self, source: Source) -> None:
        """As a table over 256 MB would be: rows by page and line, from the whole table and from each partition."""
        connector: Any = self.connect(source)
        for name, column in (("shop.orders", "id"), ("public.events", "at")):
            table = self.listed(connector)[name].handle
            (size,) = connector._one("SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(:oid) WHERE isleaf", {"oid": table.id})
            selects = connector._by_place(table, table.columns[:1], int((size or connector._one(
                "SELECT pg_relation_size(:oid)", {"oid": table.id})[0]) // 8192), 200, 4000, 0)  # fmt: skip
            found = [row[0] for select in selects for row in connector._rows(select)]
            assert len(found) > 100
            assert len(set(found)) > 20, column

    def test_bytes_and_odd_dates_are_text(self, source: Source) -> None:
        connector = self.connect(source)
        found = self.read(connector, self.listed(connector)["shop.orders"], None)
        assert dict(found["label",].values) == {"plain text of a label": 2999, "iVBORw0KGgoA/wD+": 1}
        assert dict(found["gone",].values) == {"infinity": 3000}
        assert found["details", "items", "[]", "gift"].cells == 6000

    def test_a_write_is_refused_by_the_session(self, source: Source) -> None:
        connector = self.connect(source)
        table = connector.table(self.listed(connector)["shop.orders"], [("id",)])
        assert isinstance(table, SqlTable)
        with table.engine.connect() as connection, pytest.raises(sa.exc.SQLAlchemyError, match="read-only"):
            connection.execute(sa.text("CREATE TABLE public.x (a int)"))

    def test_nested_fields_come_as_a_frame(self, source: Source) -> None:
        connector = self.connect(source, frame_rows=100)
        table = connector.table(self.listed(connector)["shop.orders"], [("id",), ("details", "BuyerInfo", "BuyerEmail")])
        assert isinstance(table, FrameTable)
        assert list(table.frame.columns) == ["id", "details.BuyerInfo.BuyerEmail"]
        assert set(table.frame["details.BuyerInfo.BuyerEmail"]) == {"ann@example.com"}
        assert table.coverage.startswith("sample of ")

    def test_a_slow_view_is_skipped_in_time(self, server: Postgres) -> None:
        connector = self.connect(Source("pg", server.uri("scanner", PASSWORD), options={"include": ["public.slow"]}), statement_timeout=0.3)
        (dataset,) = (d for d in connector.datasets() if isinstance(d, Dataset))
        (skipped,) = connector.samples(dataset, rows=10)
        assert isinstance(skipped, Skipped)
        assert "statement_timeout" in skipped.reason

    def test_facts_of_transit(self, source: Source, server: Postgres) -> None:
        facts = self.facts(source)
        assert facts["pg", "tls_version"].value == "TLSv1.3"
        assert facts["pg", "tls_enforced"].value is None
        assert "pg_hba_file_rules" in facts["pg", "tls_enforced"].needs
        assert (facts["pg", "tls_min_version"].value, facts["pg", "tls_cert_trusted"].value) == ("TLSv1.2", True)
        assert facts["pg", "tls_cert_expires"].value == server.certificates.expires.isoformat()
        assert facts["pg", "encrypted_at_rest"].value is None
        assert "attestation" in facts["pg", "encrypted_at_rest"].needs

    def test_facts_of_access(self, source: Source) -> None:
        facts = self.facts(source)
        assert facts["pg", "superusers"].value == ["postgres"]
        assert facts["pg", "shared_accounts"].value == ["admin", "postgres"]
        assert {"grantee": "scanner", "privilege": "SELECT"} in facts["pg/shop.orders", "grants"].value
        assert {"grantee": "scanner", "privilege": "SELECT", "column": "open"} in facts["pg/public.half", "grants"].value
        assert facts["pg/shop.cities", "public_access"].value == [{"grantee": "PUBLIC", "privilege": "SELECT"}]
        assert facts["pg/shop.orders", "public_access"].value == []
        assert facts["pg", "listen_addresses"].value == ["127.0.0.1"]
        assert facts["pg", "password_policy"].value is None
        assert "pg_read_all_settings" in facts["pg", "password_policy"].needs

    def test_facts_of_origin(self, source: Source) -> None:
        facts = self.facts(source)
        assert facts["pg/shop.orders", "origin_tag"].value == "amazon-sp-api"
        assert facts["pg/shop.orders#buyer_email", "origin_tag"].value == "orders-api"
        assert ("pg/public.notes", "origin_tag") not in facts

    def test_fingerprints_change_with_the_rows(self, source: Source, server: Postgres) -> None:
        def marks() -> dict[str, str]:
            return {n: d.fingerprint for n, d in self.listed(self.connect(source)).items()}

        before = marks()
        assert before == marks()
        with psycopg.connect(server.admin, autocommit=True) as admin:
            admin.execute("CREATE TABLE IF NOT EXISTS public.changing (a int); GRANT SELECT ON public.changing TO scanner")
        first = marks()["public.changing"]
        with psycopg.connect(server.admin, autocommit=True) as admin:
            admin.execute("INSERT INTO public.changing VALUES (1)")
        second = marks()["public.changing"]
        assert second != first
        assert marks()["shop.orders"] == before["shop.orders"]
        with psycopg.connect(server.admin, autocommit=True) as admin:
            admin.execute("UPDATE public.changing SET a = 2")
        third = marks()["public.changing"]
        assert third != second
        with psycopg.connect(server.admin, autocommit=True) as admin:
            admin.execute("ALTER TABLE public.changing ADD COLUMN mail text DEFAULT 'ann@example.com'")  # touches no row
        assert marks()["public.changing"] != third

    def test_where_changes_are_not_counted_nothing_is_called_unchanged(self, source: Source, server: Postgres) -> None:
        statements = (
            "CREATE TABLE public.parent (a int)", "CREATE TABLE public.child (b int) INHERITS (public.parent)",
            "GRANT SELECT ON public.parent, public.child TO scanner",
        )  # fmt: skip
        with psycopg.connect(server.admin, autocommit=True) as admin:
            for statement in statements:
                admin.execute(statement)
            listed = self.listed(self.connect(source))
            assert (listed["public.parent"].fingerprint, bool(listed["public.child"].fingerprint)) == ("", True)
            before = listed["public.events"].fingerprint
            admin.execute("SELECT pg_stat_reset()")  # the counters begin anew, and could come to the same numbers
            assert self.listed(self.connect(source))["public.events"].fingerprint not in {"", before}
            admin.execute("ALTER SYSTEM SET track_counts = off")
            admin.execute("SELECT pg_reload_conf()")
            try:
                while admin.execute("SHOW track_counts").fetchone() != ("off",):
                    time.sleep(0.02)
                assert {d.fingerprint for d in self.listed(self.connect(source)).values()} == {""}
            finally:
                admin.execute("ALTER SYSTEM RESET track_counts")
                admin.execute("SELECT pg_reload_conf()")
                admin.execute("DROP TABLE public.child, public.parent")

    def test_a_wrong_password_is_said_without_it(self, server: Postgres) -> None:
        with pytest.raises(SourceError, match="sign-in") as caught:
            list(self.connect(Source("pg", server.uri("scanner", "wr0ng-one"))).datasets())
        assert "wr0ng-one" not in str(caught.value) + repr(caught.value)

    def test_plain_connections_and_foreign_authorities_are_refused(self, server: Postgres) -> None:
        plain = server.uri("scanner", PASSWORD).replace("verify-full", "disable")
        with pytest.raises(SourceError, match="sign-in"):
            list(self.connect(Source("pg", plain)).datasets())
        other = server.uri("scanner", PASSWORD).replace(str(server.certificates.ca), str(server.certificates.key.parent / "log"))
        with pytest.raises(SourceError, match=r"certificate|TLS"):
            list(self.connect(Source("pg", other)).datasets())

    @pytest.mark.parametrize(
        ("code", "said"),
        [("58P01", "could not open file: No such file or directory"), ("08001", 'could not connect to server "other": connection refused'),
         ("28P01", "password authentication failed")],
    )  # fmt: skip
    def test_what_one_table_stands_on_is_no_lost_store(self, server: Postgres, code: str, said: str) -> None:
        """As a foreign table answers whose file or server is away."""
        with psycopg.connect(server.admin, autocommit=True) as admin:
            body = f"BEGIN RAISE EXCEPTION '{said}' USING ERRCODE = '{code}'; END"
            admin.execute(f"CREATE OR REPLACE FUNCTION public.away() RETURNS int LANGUAGE plpgsql AS $$ {body} $$")  # type: ignore[call-overload]
            admin.execute("CREATE OR REPLACE VIEW public.away AS SELECT public.away() AS a; GRANT SELECT ON public.away TO scanner")
            admin.execute("CREATE MATERIALIZED VIEW IF NOT EXISTS public.unfilled AS SELECT 1 AS a WITH NO DATA")
            admin.execute("GRANT SELECT ON public.unfilled TO scanner")
        try:
            connector = self.connect(
                Source("pg", server.uri("scanner", PASSWORD), options={"include": ["public.away", "public.unfilled", "public.notes"]})
            )
            said_of = {n: [x for x in connector.samples(d, rows=100) if isinstance(x, Skipped)] for n, d in self.listed(connector).items()}
            assert "out of reach" in said_of["public.away"][0].reason
            assert "REFRESH" in said_of["public.unfilled"][0].mend
            assert said_of["public.notes"] == []
        finally:
            with psycopg.connect(server.admin, autocommit=True) as admin:
                admin.execute("DROP VIEW public.away; DROP MATERIALIZED VIEW public.unfilled")

    def test_large_objects_are_named(self, server: Postgres) -> None:
        with psycopg.connect(server.admin, autocommit=True) as admin:
            admin.execute("CREATE DATABASE filed")
        with psycopg.connect(server.admin, dbname="filed", autocommit=True) as admin:
            admin.execute("SELECT lo_from_bytea(0, 'of Ann Lee')")
        (left,) = (s for s in self.connect(Source("pg", server.uri("scanner", PASSWORD, "filed"))).datasets() if isinstance(s, Skipped))
        assert left.reason == "1 large objects were not looked at"

    def test_keys_of_hstore_are_fields(self, server: Postgres) -> None:
        with psycopg.connect(server.admin, autocommit=True) as admin:
            if not admin.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'hstore'").fetchone():
                pytest.skip("this PostgreSQL came without hstore")
            admin.execute("CREATE DATABASE stored")
        with psycopg.connect(server.admin, dbname="stored", autocommit=True) as admin:
            admin.execute("CREATE EXTENSION hstore; CREATE TABLE a (h hstore); GRANT SELECT ON a TO scanner")
            admin.execute("INSERT INTO a SELECT 'email=>\"ann@example.com\"'::hstore FROM generate_series(1, 9)")
        connector = self.connect(Source("pg", server.uri("scanner", PASSWORD, "stored")))
        found = self.read(connector, self.listed(connector)["public.a"], 100)
        assert dict(found["h", "email"].values) == {"ann@example.com": 9}

    def test_long_values_are_looked_at_in_pieces_and_the_rest_is_named(self, server: Postgres) -> None:
        with psycopg.connect(server.admin, autocommit=True) as admin:
            admin.execute("CREATE DATABASE long")
        with psycopg.connect(server.admin, dbname="long", autocommit=True) as admin:
            admin.execute("CREATE TABLE a (near text, far text); GRANT SELECT ON a TO scanner")
            admin.execute("INSERT INTO a VALUES (repeat('x ', 15000) || 'ann@example.com', repeat('x ', 500000) || 'ann@example.com')")
        connector = self.connect(Source("pg", server.uri("scanner", PASSWORD, "long")))
        found = list(connector.samples(self.listed(connector)["public.a"], rows=100))
        assert any("ann@example.com" in v for s in found if isinstance(s, Sample) and s.field.path == ("near",) for v in s.values)
        assert [s.path for s in found if isinstance(s, Skipped)] == [("far",)]

    def test_a_database_without_an_encoding_is_read(self, server: Postgres) -> None:
        with psycopg.connect(server.admin, autocommit=True) as admin:
            admin.execute("CREATE DATABASE plain ENCODING SQL_ASCII TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        with psycopg.connect(server.admin, dbname="plain", autocommit=True) as admin:
            admin.execute("CREATE TABLE buyers (name text, note varchar(20)); GRANT SELECT ON buyers TO scanner")
            admin.execute(r"INSERT INTO buyers SELECT E'J\303\266rg', E'Gr\374n' FROM generate_series(1, 5)")
        connector = self.connect(Source("pg", server.uri("scanner", PASSWORD, "plain")))
        found = self.read(connector, self.listed(connector)["public.buyers"], 10)
        assert [dict(found[c,].values) for c in ("name", "note")] == [{"Jörg": 5}, {"Gr\ufffdn": 5}]
        assert {c.name for c in connector.test() if c.ok} >= {"reachable", "read-only"}
        assert list(connector.facts(AS_OF))

    def test_the_least_privileges_are_enough(self, server: Postgres) -> None:
        source = Source("pg", server.uri("night-scan", "pw-for-scan"), options={"include": ["public.notes"]})
        script = self.connect(source).least_privilege().replace("'…'", "'pw-for-scan'")  # type: ignore[attr-defined]
        with psycopg.connect(server.admin, autocommit=True) as admin:
            admin.execute(script)
        connector = self.connect(source)
        assert [s.cells for s in connector.samples(self.listed(connector)["public.notes"], rows=100, fields=[("id",)]) if isinstance(s, Sample)] == [
            40
        ]
        facts = {f.name: f.value for f in connector.facts(AS_OF) if f.subject == "pg"}
        assert facts["password_policy"]["encryption"] == "scram-sha-256"
        assert facts["tls_min_version"] == "TLSv1.2"

    @pytest.mark.parametrize(("user", "globs", "role", "schemas"), [
        ("scan", ["sales.*", "crm.contact", "sales.lines"], "scan", ["sales", "crm"]),
        ("postgres", ["s*.orders"], "ropewalk", ["public"]),
    ])  # fmt: skip
    def test_the_script_names_the_role_and_schemas_of_the_source(self, user: str, globs: list[str], role: str, schemas: list[str]) -> None:
        source = Source("pg", f"postgresql://{user}@db.example.com/shop", options={"include": globs})
        script = self.connect(source).least_privilege()  # type: ignore[attr-defined]
        assert [line for line in script.splitlines() if line.startswith("GRANT USAGE")] == [
            f'GRANT USAGE ON SCHEMA "{s}" TO "{role}";' for s in schemas
        ]
        assert f'CREATE ROLE "{role}" LOGIN' in script
