"""Tags in real stores, by the commands a user types: untagged fails, plan, apply, the next scan passes, revert, and all is as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pymysql
import pytest
from servers import MariaDb, Postgres, mariadb, postgres

from ropewalk.cli import main
from ropewalk.config import load
from ropewalk.evidence import verify
from ropewalk.register import open_register
from tests.object_servers import S3Server, seaweed

pytestmark = [pytest.mark.server, pytest.mark.slow]
OWN = 'of the buyer; it\'s \\ 100% "theirs"  '
ODD = 'ta"ble; DROP %s `:y'
PG = f"""
CREATE ROLE scanner LOGIN PASSWORD 'scans'; CREATE ROLE tagger LOGIN PASSWORD 'tags';
CREATE TABLE orders (id bigint PRIMARY KEY, buyer_email text, "Buyer's ""mail"" %s" text, status text);
INSERT INTO orders SELECT i, 'b' || i || '@example.com', 'c' || i || '@example.net', 'new' FROM generate_series(1, 60) i;
CREATE TABLE "{ODD.replace('"', '""')}" (email text);
INSERT INTO "{ODD.replace('"', '""')}" SELECT 'd' || i || '@example.com' FROM generate_series(1, 60) i;
CREATE VIEW mails AS SELECT buyer_email FROM orders;
CREATE TABLE foreigners (email text); INSERT INTO foreigners SELECT 'e' || i || '@example.com' FROM generate_series(1, 60) i;
CREATE TABLE owned (email text); COMMENT ON TABLE owned IS 'origin=crm'; INSERT INTO owned SELECT email FROM foreigners;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO scanner;
ALTER TABLE orders OWNER TO tagger; ALTER TABLE "{ODD.replace('"', '""')}" OWNER TO tagger; ALTER VIEW mails OWNER TO tagger;
ALTER TABLE owned OWNER TO tagger
"""
MY = """
CREATE DATABASE shop CHARACTER SET utf8mb4
USE shop
CREATE TABLE shop.orders (id bigint PRIMARY KEY AUTO_INCREMENT, buyer_email varchar(100) CHARACTER SET latin1 NOT NULL DEFAULT 'a''b' COMMENT %s,
  `e``mail %%s` varchar(80) AS (concat(buyer_email, '')) VIRTUAL, phone varchar(40) DEFAULT NULL CHECK (phone <> 'COMMENT'),
  doc json, at timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(), zero date NOT NULL DEFAULT '0000-00-00') COMMENT 'orders'
INSERT INTO shop.orders (buyer_email, phone, doc) SELECT concat('b', seq, '@example.com'), NULL,
  concat('{"buyerEmail": "b', seq, '@example.com"}') FROM seq_1_to_60
INSERT INTO shop.orders (id) VALUES (100)
DELETE FROM shop.orders WHERE id = 100
CREATE VIEW shop.mails AS SELECT buyer_email FROM shop.orders
CREATE USER scanner@'%%' IDENTIFIED BY 'scans'
CREATE USER tagger@'%%' IDENTIFIED BY 'tags'
GRANT SELECT, SHOW VIEW ON shop.* TO scanner@'%%'
GRANT SELECT, ALTER, CREATE, INSERT ON shop.* TO tagger@'%%'
"""
CSV = "order,buyer_email\n" + "".join(f"{n},a{n}@example.com\n" for n in range(60))


class Company:
    """Four stores, one configuration; commands as a user types them."""

    def __init__(self, folder: Path, pg: Postgres, my: MariaDb, s3: S3Server) -> None:
        self.folder, self.pg, self.my, self.s3 = folder, pg, my, s3
        with psycopg.connect(pg.admin, autocommit=True) as connection:
            connection.execute(PG)
            for what, text in (("TABLE orders", "orders"), ("COLUMN orders.buyer_email", OWN)):
                connection.execute(psycopg.sql.SQL("COMMENT ON {} IS {}").format(psycopg.sql.SQL(what), psycopg.sql.Literal(text)))
        self.maria("SET sql_mode = ''", *MY.replace("%s", self.quoted(OWN), 1).replace("%%", "%").strip().replace(",\n  ", ", ").split("\n"))
        with duckdb.connect(str(folder / "d.duckdb")) as duck:
            duck.execute("CREATE TABLE people AS SELECT 'f' || i || '@example.com' AS email, i AS n FROM range(60) t(i)")
            duck.execute("COMMENT ON COLUMN people.email IS ''")
        client = s3.client()
        client.create_bucket(Bucket="shop")
        for key in ("in/one.csv", "in/part-1.csv", "in/part-2.csv", "in/part-3.csv"):
            client.put_object(Bucket="shop", Key=key, Body=CSV)
        client.put_object_tagging(Bucket="shop", Key="in/one.csv", Tagging={"TagSet": [{"Key": "team", "Value": "data"}]})
        (folder / "lite.db").touch()
        storage = json.dumps(s3.storage)
        writes = json.dumps({**s3.storage, "key": "tagger", "secret": "tagger-secret"})
        about = "owner: me, purpose: tests"
        (folder / "ropewalk.yaml").write_text(
            f"""
detection: {{ner: false}}
sources:
  - {{name: pg, uri: "{pg.uri("scanner", "scans")}", {about}, tag: {{uri: "{pg.uri("tagger", "tags")}", origin: amazon-sp-api}}}}
  - {{name: my, uri: "{my.uri("scanner", "scans", "shop")}", {about}, tag: {{uri: "{my.uri("tagger", "tags", "shop")}", origin: amazon-sp-api}}}}
  - {{name: duck, uri: "duckdb:///d.duckdb", {about}, tag: {{uri: "duckdb:///d.duckdb", origin: {{"people": amazon-sp-api}}}}}}
  - {{name: lake, uri: "s3://shop/in", {about}, options: {{storage: {storage}}}, tag: {{storage: {writes}, origin: amazon-sp-api}}}}
  - {{name: lite, uri: "sqlite:///lite.db", {about}, enabled: true}}
"""
        )

    @staticmethod
    def quoted(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"

    def maria(self, *statements: str) -> Any:
        with pymysql.connect(unix_socket=self.my.socket, user="root", autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    def state(self) -> dict[str, Any]:
        """All that tags could change."""
        with psycopg.connect(self.pg.admin) as connection:
            pg = connection.execute(
                "SELECT c.relname, a.attname, d.description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid "
                "LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1, 2"
            ).fetchall()
        with duckdb.connect(str(self.folder / "d.duckdb"), read_only=True) as duck:
            lake = duck.execute("SELECT table_name, NULL, comment FROM duckdb_tables() UNION ALL SELECT table_name, column_name, comment "
                                "FROM duckdb_columns() WHERE NOT internal ORDER BY 1, 2").fetchall()  # fmt: skip
        s3 = self.s3.client()
        keys = [o["Key"] for o in s3.list_objects_v2(Bucket="shop")["Contents"]]
        return {
            "pg": pg, "my": self.maria("SHOW CREATE TABLE shop.orders"), "duck": lake,
            "lake": {k: sorted((t["Key"], t["Value"]) for t in s3.get_object_tagging(Bucket="shop", Key=k)["TagSet"]) for k in keys},
        }  # fmt: skip


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with ExitStack() as servers:
        enter = servers.enter_context
        yield Company(tmp_path_factory.mktemp("tags"), enter(postgres()), enter(mariadb()), enter(seaweed()))


def run(company: Company, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--config", str(company.folder)])
    told = capsys.readouterr()
    assert "theirs" not in told.out + told.err, "an owner's comment was shown"
    assert not any(secret in told.out + told.err for secret in (":scans", ":tags", "tagger-secret"))
    return int(end.value.code or 0), told.out, told.err


def verdicts(company: Company, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    run(company, capsys, "scan")
    run(company, capsys, "check")
    with open_register(load(company.folder)) as register:
        results = register.frame("results")
        own = results[results["control"] == "data_attribution"]
        return {r["subject"]: r["status"] for r in own.to_dict("records") if "/" in r["subject"]}


def test_from_untagged_to_tagged_and_back(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    before = company.state()
    untagged = verdicts(company, capsys)
    assert {"pg/public.orders", "my/orders", "duck/people", "lake/one.csv", "lake/part-*.csv"} <= untagged.keys()
    assert untagged.pop("pg/public.owned") == "pass"
    assert set(untagged.values()) == {"fail"}

    _, out, _ = run(company, capsys, "tag", "plan", "--format", "json")
    rows = json.loads(out)["rows"]
    assert {r["dataset"]: r["objects"] for r in rows if r["source"] == "lake"} == {"one.csv": 1, "part-*.csv": 3}
    assert all(r["tag"].startswith("[ropewalk origin=amazon-sp-api class=email") for r in rows if r["column"] == "buyer_email")
    assert ("cannot", "SQLite keeps no comments") in {(r["action"], r["reason"]) for r in rows}
    assert next(r["tag"] for r in rows if r["dataset"] == "public.owned").startswith("[ropewalk class=email")
    assert run(company, capsys, "tag", "apply", "pg")[0] == 2, "nothing is written without a word"
    assert company.state() == before

    told = {name: run(company, capsys, "tag", "apply", name, "--yes", "--by", "Bo") for name in ("pg", "my", "duck", "lake")}
    assert {n: t[0] for n, t in told.items()} == {"pg": 3, "my": 3, "duck": 0, "lake": 0}
    assert "pg/public.foreigners" in told["pg"][2]
    assert told["pg"][2].count("GRANT owner_of_the_table") == 1, "what fails alike is told once"
    assert "my/orders#doc: 1 not written: the server would rebuild the whole table" in told["my"][2]
    tagged = company.state()
    comments = {(t, c): text for t, c, text in tagged["pg"]}
    assert comments["orders", "buyer_email"].startswith(f"{OWN} [ropewalk origin=amazon-sp-api class=email")
    assert comments["orders", None] == "orders [ropewalk origin=amazon-sp-api v=1]"
    assert {'Buyer\'s "mail" %s', "buyer_email"} <= {c for t, c in comments if t == "orders"}
    assert (ODD, "email") in comments
    assert ("orders", "status") not in comments
    assert comments["owned", None] == "origin=crm"
    assert tagged["lake"]["in/one.csv"][0] == ("origin", "amazon-sp-api")
    assert ("team", "data") in tagged["lake"]["in/one.csv"]

    now = verdicts(company, capsys)
    assert now.pop("pg/public.foreigners") == "fail"
    assert {s: v for s, v in now.items() if v != "pass"} == {"my/mails": "fail"}, "views of MariaDB carry no comments"

    again = run(company, capsys, "tag", "apply", "my", "--yes")
    assert again[0] == 3, "what cannot be tagged is named again"
    assert company.state() == tagged
    with open_register(load(company.folder)) as register:
        assert verify(register).ok
        entries = [r for _, r in register.evidence_of("tag")]
        assert {r["by"] for r in entries[:-1]} == {"Bo"}
        assert "theirs" not in json.dumps(entries)
        assert {r["subject"] for r in entries if r["failed"]} == {"pg/public.foreigners", "pg/public.foreigners#email", "my/orders#doc"}

    for name in ("pg", "my", "duck", "lake"):
        assert run(company, capsys, "tag", "revert", name, "--yes")[0] == 0
    assert company.state() == before
    assert run(company, capsys, "tag", "revert", "pg", "--yes")[2].count("Nothing to write")
    assert set(verdicts(company, capsys).values()) == {"fail", "pass"}


def test_a_table_that_is_locked_stops_no_other_and_a_change_meanwhile_is_respected(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    from ropewalk.tags import carry_out, plan
    from ropewalk.tags.targets import writer

    config = load(company.folder)
    (source,) = [s for s in config.sources() if s.name == "pg"]
    with open_register(config) as register, psycopg.connect(company.pg.admin, autocommit=True) as admin:
        changes = plan(config, register, source, lambda: writer(config, source))
        admin.execute("COMMENT ON COLUMN orders.buyer_email IS 'mine now'")
        with psycopg.connect(company.pg.admin) as other:
            other.execute("LOCK TABLE mails IN ACCESS EXCLUSIVE MODE")
            done = list(carry_out(register, changes, lambda: writer(config, source), by="Bo", at=config.as_of))
        admin.execute(psycopg.sql.SQL("COMMENT ON COLUMN orders.buyer_email IS {}").format(psycopg.sql.Literal(OWN)))
    failed = {r.change.subject: r.reason for r in done if r.failed}
    assert failed["pg/public.orders#buyer_email"].startswith("somebody changed the comment meanwhile")
    assert "locked" in failed["pg/public.mails#buyer_email"]
    assert sum(r.written for r in done) == 3, "a locked view locks its tables too"
    run(company, capsys, "tag", "revert", "pg", "--yes")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("tagger:tags@localhost", "scanner:scans@localhost", "signs in as the account that scans"),
        ('"key": "tagger", "secret": "tagger-secret"', '"key": "reader", "secret": "x"', "is the credential that scans"),
    ],
)
def test_the_account_that_scans_never_writes(company: Company, capsys: pytest.CaptureFixture[str], old: str, new: str, words: str) -> None:
    path = company.folder / "ropewalk.yaml"
    kept = path.read_text()
    assert old in kept
    try:
        path.write_text(kept.replace(old, new, 1))
        name = "lake" if "key" in old else "pg"
        code, _, err = run(company, capsys, "tag", "apply", name)
        assert code == 2
        assert words in err
    finally:
        path.write_text(kept)
