"""Accounts of a real PostgreSQL server against the lists of approved people and leavers: import, scan, check."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from servers import postgres

import ropewalk as rw
from ropewalk.inventory import import_file

pytestmark = pytest.mark.server


def test_accounts_of_a_server_are_approved_and_leavers_are_gone(tmp_path: Path) -> None:
    with postgres() as server:
        with psycopg.connect(server.admin, autocommit=True) as connection:
            for statement in (
                "CREATE ROLE ada LOGIN PASSWORD 'x'",
                "CREATE ROLE bo LOGIN PASSWORD 'x'",
                "CREATE ROLE readers NOLOGIN",
                "CREATE DATABASE shop",
            ):
                connection.execute(statement.encode())
        uri = server.uri("ada", "x", "shop")
        file = tmp_path / "ropewalk.yaml"
        file.write_text(f"sources:\n  - {{name: pg, uri: '{uri}', owner: me, purpose: ship orders}}\n", encoding="utf-8")
        config = rw.load_config(file)
        rw.scan(config)
    people, left = tmp_path / "people.csv", tmp_path / "left.csv"
    people.write_text("account,kind\nada@example.com,user\npostgres,service\nbo@example.com,user\n", encoding="utf-8")
    left.write_text("account,left_at,disabled_at\nbo@example.com,2026-01-05T12:00Z,2026-01-05T13:00Z\n", encoding="utf-8")
    with rw.open_register(config) as register:
        import_file(register, "approved", people, now=config.as_of)
        import_file(register, "leavers", left, now=config.as_of)
        found = {(r.requirement, r.subject): r for r in rw.check(config, register, clauses=["1.2.b", "1.2.e"]).results}
        approved, gone = found["1.2.b", "pg"], found["1.2.e", "pg"]
        assert (approved.status, approved.failed, gone.status) == ("pass", 0, "fail"), (approved.reason, gone.reason)
        assert "bo has left and is still there" in gone.reason
        people.write_text("account,kind\nada@example.com,user\n", encoding="utf-8")
        import_file(register, "approved", people, now=config.as_of)
        (again,) = rw.check(config, register, clauses=["1.2.b"]).results
    assert again.status == "fail"
    assert "bo is not approved" in again.reason
    assert "readers" not in again.reason
