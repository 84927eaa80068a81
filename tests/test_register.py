"""The register, on SQLite and on a real PostgreSQL server: all or nothing, what is current, frames, and errors that help."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from register_urls import postgres_url, url

from ropewalk.errors import RegisterError
from ropewalk.evidence import verify
from ropewalk.migrations import HEAD
from ropewalk.model import (
    Attestation,
    Category,
    ControlResult,
    Dataset,
    Fact,
    FieldRef,
    Finding,
    Signal,
    Skipped,
    Status,
    Strength,
)
from ropewalk.register import Register, open_register
from ropewalk.register.frames import ATTESTATIONS, DATASETS, DTYPES, EVIDENCE, FIELDS, RESULTS, SCANS, UNITS
from ropewalk.register.opening import VERSION_TABLE, connect
from ropewalk.register.schema import FACT, SKIPPED, current_fact, current_field, current_skipped, current_unit, metadata

__all__ = ["postgres_url", "url"]

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FRAMES = {
    "findings": FIELDS, "fields": FIELDS, "observations": FIELDS, "facts": FACT, "datasets": DATASETS, "skipped": SKIPPED, "scans": SCANS,
    "units": UNITS, "results": RESULTS, "results_history": RESULTS, "attestations": ATTESTATIONS, "evidence": EVIDENCE,
}  # fmt: skip


@pytest.fixture
def register(url: str) -> Iterator[Register]:
    with open_register(url) as made:
        yield made


def finding(path: str = "buyer_email", *, dataset: str = "orders", category: Category | None = Category.EMAIL, confidence: float = 0.9) -> Finding:
    return Finding(
        FieldRef("shop", dataset, tuple(path.split("."))), "EMAIL_ADDRESS" if category else None, category, Strength.DIRECT, confidence, 90, 100, 120,
        0.03, "keyed", ("email",), (Signal("name", 2.0, "the name says e-mail"), Signal("type", -1.0, "a short column")), ("a@a.a",),
        (("PERSON", Category.NAME, 4),), "Orders.BuyerEmail", "varchar", f"fp-{dataset}-{path}",
    )  # fmt: skip


def table(name: str = "orders", fingerprint: str = "v1") -> Dataset:
    return Dataset("shop", name, "table", rows=1000, bytes=4096, fingerprint=fingerprint, comment="of the shop")


def begin(register: Register, *names: str, whole: bool = True, skipped: tuple[Skipped, ...] = ()) -> str:
    scan_id = register.begin_scan(as_of=AT, config_hash="c1", rules_version="r1", narrowed=not whole)
    register.add_source(scan_id, "shop", [table(n) for n in names], whole=whole, skipped=skipped)
    return scan_id


def fields(register: Register, frame: str = "fields") -> list[str]:
    return sorted(register.frame(frame)["field"])


# Frames


def test_every_frame_has_its_columns_and_dtypes_also_when_empty(register: Register) -> None:
    empty = {name: register.frame(name) for name in FRAMES}
    fill(register)
    for name, columns in FRAMES.items():
        full = register.frame(name)
        assert list(full.columns) == list(empty[name].columns) == list(columns), name
        assert len(full), name
        assert not len(empty[name]), name
        assert full.dtypes.to_dict() == empty[name].dtypes.to_dict() == {c: pd.api.types.pandas_dtype(DTYPES.get(c, "object")) for c in columns}, name


def fill(register: Register) -> str:
    scan_id = begin(register, "orders", skipped=(Skipped("shop", "secret", "no right to read it", "GRANT SELECT"),))
    register.record_facts(scan_id, "shop", [Fact("shop", "tls_min_version", "1.2", AT, "SHOW"), Fact("shop", "key", None, AT, "SHOW", "superuser")])
    register.record_unit(
        scan_id, table(), findings=[finding(), finding("status", category=None)], rows=120,
        bytes=4096, facts=[Fact("shop/orders", "grants", {"app": ["SELECT"]}, AT, "catalogue")],
        skipped=[Skipped("shop", "orders", "too deep", "", ("details",))],
    )  # fmt: skip
    register.finish_scan(scan_id, "complete")
    register.record_results([verdict()], at=AT)
    register.record_attestation(Attestation("pentest", "company", "Ann", AT, AT + timedelta(days=365)))
    return scan_id


def verdict(status: Status = Status.FAIL) -> ControlResult:
    return ControlResult("retention", "2.1", "2.1.a", "shop/orders", status, "too old", 100, 7, details={"days": 30, "share": 0.5}, as_of=AT)


def test_a_finding_reads_back_as_it_was_recorded(register: Register) -> None:
    scan_id = fill(register)
    row = register.frame("findings").iloc[0].to_dict()
    assert row == {
        "scan_id": scan_id, "source": "shop", "dataset": "orders", "path": "buyer_email", "field": "shop/orders#buyer_email",
        "entity": "EMAIL_ADDRESS", "category": "email", "strength": "direct", "confidence": 0.9,
        "matched": 90, "sampled": 100, "rows": 120, "bound": 0.03, "method": "keyed",
        "recognisers": ["email"], "evidence": ["name"], "explanation": "the name says e-mail; a short column",
        "signals": [{"kind": "name", "weight": 2.0, "words": "the name says e-mail"}, {"kind": "type", "weight": -1.0, "words": "a short column"}],
        "shapes": ["a@a.a"], "also": [{"entity": "PERSON", "category": "name", "cells": 4}], "lineage": "Orders.BuyerEmail", 
        "declared_type": "varchar", "fingerprint": "fp-orders-buyer_email", "observed_at": pd.Timestamp(AT), "decision": None, "rules_version": "r1",
    }  # fmt: skip
    facts = register.frame("facts").set_index("name")
    assert facts["value"].to_dict() == {"tls_min_version": "1.2", "key": None, "grants": {"app": ["SELECT"]}}
    assert facts.loc["key", "needs"] == "superuser"
    told = register.frame("datasets").iloc[0]
    assert (told["rows"], told["bytes"], told["fields"], told["personal_fields"], told["comment"]) == (1000, 4096, 2, 1, "of the shop")
    scan = register.frame("scans").iloc[0]
    assert (scan["status"], scan["units"], scan["units_done"], scan["rows"], scan["bytes"]) == ("complete", 2, 2, 120, 4096)
    result = register.frame("results").iloc[0]
    assert (result["status"], result["details"], result["as_of"]) == ("fail", {"days": 30, "share": 0.5}, pd.Timestamp(AT))


def test_an_unknown_frame_is_named(register: Register) -> None:
    with pytest.raises(RegisterError, match="no frame 'people'") as caught:
        register.frame("people")
    assert "findings" in caught.value.mend


# What is current


def test_recording_a_unit_twice_changes_nothing(register: Register) -> None:
    scan_id = begin(register, "orders")
    assert register.record_unit(scan_id, table(), findings=[finding()], rows=10)
    assert not register.record_unit(scan_id, table(), findings=[finding(), finding("name")], rows=99, status="failed")
    assert fields(register) == ["shop/orders#buyer_email"]
    assert register.frame("units").iloc[0]["status"] == "done"
    assert register.ended_units(scan_id) == {("shop", "orders")}


def test_a_unit_is_recorded_whole_or_not_at_all(register: Register) -> None:
    scan_id = begin(register, "orders")
    bad = Fact("shop/orders", "grants", [], AT, None)  # type: ignore[arg-type]
    with pytest.raises(RegisterError):
        register.record_unit(scan_id, table(), findings=[finding()], facts=[bad], skipped=[Skipped("shop", "orders", "too deep")])
    assert [len(register.frame(n)) for n in ("observations", "facts", "skipped")] == [0, 0, 0]
    assert register.record_unit(scan_id, table(), findings=[finding()])


def test_a_later_look_replaces_and_its_history_stays(register: Register) -> None:
    first = begin(register, "orders")
    register.record_unit(first, table(), findings=[finding(), finding("gone")])
    register.finish_scan(first, "complete")
    second = begin(register, "orders")
    assert fields(register) == ["shop/orders#buyer_email", "shop/orders#gone"]
    register.record_unit(second, table(), findings=[finding(confidence=0.7)])
    assert fields(register) == ["shop/orders#buyer_email"]
    assert register.frame("fields").iloc[0]["confidence"] == 0.7
    assert len(register.frame("observations")) == 3


def test_a_failed_look_leaves_what_was_known(register: Register) -> None:
    first = begin(register, "orders")
    register.record_unit(first, table(), findings=[finding()])
    register.finish_scan(first, "complete")
    second = begin(register, "orders")
    register.record_unit(second, table(), status="failed", error="went away", skipped=[Skipped("shop", "orders", "went away", "start it")])
    register.finish_scan(second, "incomplete")
    assert fields(register) == ["shop/orders#buyer_email"]
    assert list(register.frame("skipped")["reason"]) == ["went away"]


def test_a_dataset_that_is_no_longer_there_is_not_current(register: Register) -> None:
    first = begin(register, "orders", "old")
    for name in ("orders", "old"):
        register.record_unit(first, table(name), findings=[finding(dataset=name)])
    register.finish_scan(first, "complete")
    second = begin(register, "orders")
    register.record_unit(second, table(), findings=[finding()])
    register.finish_scan(second, "complete")
    assert fields(register) == ["shop/orders#buyer_email"]
    assert list(register.frame("datasets")["dataset"]) == ["orders"]
    assert len(register.frame("observations")) == 3
    assert list(register.frame("units").query("scan_id == @second")["dataset"]) == ["orders"]


@pytest.mark.parametrize("skip", [Skipped("shop", "", "went away"), Skipped("shop", "o", "a folder without the right to read")])
def test_a_dataset_behind_a_skip_is_not_gone(register: Register, skip: Skipped) -> None:
    first = begin(register, "orders")
    register.record_unit(first, table(), findings=[finding()])
    register.finish_scan(first, "complete")
    second = begin(register, skipped=(skip,))
    register.finish_scan(second, "incomplete")
    assert fields(register) == ["shop/orders#buyer_email"]
    assert set(register.frame("units").query("scan_id == @second")["status"]) == {"skipped"}


def test_a_narrowed_scan_forgets_nothing(register: Register) -> None:
    first = begin(register, "orders", "other", skipped=(Skipped("shop", "secret", "no right"),))
    for name in ("orders", "other"):
        register.record_unit(first, table(name), findings=[finding(dataset=name)])
    register.finish_scan(first, "complete")
    second = begin(register, "orders", whole=False)
    register.record_unit(second, table(), findings=[finding()])
    register.finish_scan(second, "complete")
    assert fields(register) == ["shop/orders#buyer_email", "shop/other#buyer_email"]
    assert list(register.frame("skipped")["dataset"]) == ["secret"]
    assert list(register.frame("scans")["narrowed"]) == [False, True]


def test_skips_of_the_last_look_only(register: Register) -> None:
    first = begin(register, "orders", skipped=(Skipped("shop", "secret", "no right"),))
    register.record_unit(first, table(), skipped=[Skipped("shop", "orders", "too deep", "", ("a", "[]"))])
    register.record_skipped(first, [Skipped("shop", "", "facts"), Skipped("shop", "", "facts")])
    register.finish_scan(first, "complete")
    assert sorted(register.frame("skipped")["reason"]) == ["facts", "no right", "too deep"]
    second = begin(register, "orders")
    register.record_unit(second, table())
    register.finish_scan(second, "complete")
    assert register.frame("skipped").empty


def test_facts_of_the_last_scan_only(register: Register) -> None:
    first = begin(register, "orders")
    register.record_facts(first, "shop", [Fact("shop", "public_access", True, AT, "a"), Fact("shop/dropped", "grants", [], AT, "a")])
    register.record_unit(first, table(), facts=[Fact("shop/orders", "rows", 5, AT, "a")])
    register.finish_scan(first, "complete")
    assert not register.has_facts(begin(register, "orders"), "shop")
    second = register.open_scan()
    assert second is not None
    register.record_facts(second.scan_id, "shop", [Fact("shop", "public_access", False, AT, "b")])
    assert register.has_facts(second.scan_id, "shop")
    told = register.frame("facts")
    assert dict(zip(told["subject"], told["value"], strict=True)) == {"shop": False, "shop/orders": 5}


def test_an_import_of_facts_needs_no_scan(register: Register) -> None:
    register.record_facts(None, "leavers", [Fact("leavers", "count", 3, AT, "users.csv")])
    register.record_facts(None, "leavers", [Fact("leavers", "count", 4, AT, "users.csv")])
    assert list(register.frame("facts")["value"]) == [4]


@pytest.mark.parametrize("value", [object(), float("nan"), {"a": b"x"}])
def test_a_fact_that_is_not_json_is_unknown(register: Register, value: object) -> None:
    register.record_facts(None, "shop", [Fact("shop", "odd", value, AT, "a"), Fact("shop", "when", AT, AT, "a")])
    told = register.frame("facts").set_index("name")
    assert told.loc["odd", "value"] is None
    assert "not JSON" in told.loc["odd", "needs"]
    assert told.loc["when", "value"] == "2026-03-01T12:00:00.000000Z"


def test_unchanged_and_carried_over(register: Register) -> None:
    assert not register.unchanged(table(), "r1")
    first = begin(register, "orders")
    register.record_unit(first, table(), findings=[finding()], depth="d1")
    register.finish_scan(first, "complete")
    assert register.unchanged(table(), "r1", "d1")
    assert not register.unchanged(table(fingerprint="v2"), "r1", "d1")
    assert not register.unchanged(table(fingerprint=""), "r1", "d1")
    assert not register.unchanged(table(), "r2", "d1")
    assert not register.unchanged(table(), "r1", "d2")
    second = begin(register, "orders")
    register.carry_over(second, [table()])
    register.finish_scan(second, "complete")
    third = begin(register, "orders")
    assert register.unchanged(table(), "r1", "d1")
    register.carry_over(third, [table()])
    assert fields(register) == ["shop/orders#buyer_email"]
    assert register.frame("fields").iloc[0]["scan_id"] == first
    assert register.frame("datasets").iloc[0]["scan_id"] == third
    assert register.unit_statuses(third) == {"done": 1}


def test_an_exhaustive_look_holds_for_a_sample_too_and_a_partial_one_for_nothing(register: Register) -> None:
    first = begin(register, "orders", "partial")
    register.record_unit(first, table(), depth="exhaustive")
    register.record_unit(first, table("partial"), depth="d1", skipped=[Skipped("shop", "partial", "timed out", "", ("details",))])
    assert register.unchanged(table(), "r1", "d1")
    assert not register.unchanged(table("partial"), "r1", "d1")


# Scans


def test_a_running_scan_is_not_taken_over(register: Register) -> None:
    scan_id = begin(register, "orders")
    opened = register.open_scan()
    assert opened is not None
    assert (opened.scan_id, opened.alive, opened.as_of) == (scan_id, True, AT)
    with pytest.raises(RegisterError, match="a scan is running"):
        begin(register, "orders")
    with pytest.raises(RegisterError, match="another process"):
        register.take_up_scan(scan_id)
    register.release_scan(scan_id)
    register.take_up_scan(scan_id)
    register.finish_scan(scan_id, "incomplete")
    assert register.open_scan() is None


def test_a_scan_of_a_dead_process_can_be_taken_up_or_ends_as_incomplete(url: str) -> None:
    code = "import sys; from test_register import begin, open_register; begin(open_register(sys.argv[1]), 'orders', 'other')"
    subprocess.run([sys.executable, "-c", code, url], check=True, cwd=Path(__file__).parent)
    with open_register(url) as register:
        opened = register.open_scan()
        assert opened is not None
        assert not opened.alive
        second = register.begin_scan(as_of=AT, config_hash="c1", rules_version="r1")
        assert list(register.frame("scans")["status"]) == ["incomplete", "running"]
        assert list(register.frame("units")["status"]) == ["failed", "failed"]
        assert list(register.frame("skipped")["reason"]) == ["the scan ended before it was looked at"] * 2
        register.finish_scan(second, "complete")


def test_an_unknown_scan_is_named(register: Register) -> None:
    with pytest.raises(RegisterError, match="no scan nothing"):
        register.record_unit("nothing", table())


def test_hostile_names_are_kept_readable(register: Register) -> None:
    names = ["a\0b'; DROP TABLE unit; --\udcff\n\u202e" + "x" * 300, "a\0b'; DROP TABLE unit; --\udcfe\n\u202e" + "x" * 300]
    scan_id = begin(register, *names)
    for name in names:
        assert register.record_unit(scan_id, table(name), findings=[finding(dataset=name)])
        assert not register.record_unit(scan_id, table(name))
    register.finish_scan(scan_id, "complete")
    assert len(register.frame("findings")) == 2
    assert "DROP TABLE" in register.frame("datasets").iloc[0]["dataset"]


def test_two_writers_lose_nothing(url: str) -> None:
    """A deferred transaction fails here; IMMEDIATE and the lock on the head do not."""
    open_register(url).close()

    def write(register: Register) -> None:
        for _ in range(25):
            register.record_results([verdict(), verdict(Status.PASS)], at=AT)

    registers = [open_register(url) for _ in range(4)]
    threads = [threading.Thread(target=write, args=(r,)) for r in registers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verify(registers[0])
    assert found.ok
    assert found.entries == 4 * 25 * 3
    assert len(registers[0].frame("results")) == 2
    assert len(registers[0].frame("results_history")) == 200
    for register in registers:
        register.close()


def test_many_open_a_new_register_at_once(url: str) -> None:
    made: list[Register] = []
    threads = [threading.Thread(target=lambda: made.append(open_register(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(r.frame("scans")) for r in made] == [0] * 4
    for register in made:
        register.close()


# Decisions


def test_decisions_join_findings_until_they_expire(register: Register) -> None:
    fill(register)
    until = AT + timedelta(days=30)
    register.record_decision("fp-orders-buyer_email", "dismiss", "Bo", AT, "test accounts only", until)
    assert register.frame("findings", as_of=AT).empty
    assert register.frame("fields", as_of=AT).set_index("path")["decision"].to_dict() == {"buyer_email": "dismissed", "status": None}
    assert len(register.frame("findings", as_of=until)) == 1
    assert len(register.frame("findings", as_of=AT - timedelta(seconds=1))) == 1
    register.record_decision("fp-orders-buyer_email", "reclassify", "Bo", AT, "it is a user name", category=Category.USERNAME)
    assert register.frame("findings", as_of=AT)[["category", "decision"]].to_numpy().tolist() == [["username", "reclassified"]]
    register.record_decision("fp-orders-status", "reclassify", "Bo", AT, "names in it", category="name")
    assert set(register.frame("findings", as_of=AT)["category"]) == {"username", "name"}
    register.record_decision("fp-orders-buyer_email", "reopen", "Bo", AT, "a mistake")
    register.record_decision("fp-orders-status", "confirm", "Bo", AT, "looked at it")
    assert register.frame("findings", as_of=AT)[["category", "decision"]].to_numpy().tolist() == [["email", None]]
    assert list(register.frame("decisions")["decision"]) == ["dismissed", "reclassified", "reclassified", "reopened", "confirmed"]


@pytest.mark.parametrize(
    ("decision", "by", "reason", "words"),
    [("delete", "Bo", "so", "one of"), ("dismiss", "", "so", "who"), ("dismiss", "Bo", " ", "why"), ("reclassify", "Bo", "so", "category")],
)
def test_a_decision_needs_its_parts(tmp_path: Path, decision: str, by: str, reason: str, words: str) -> None:
    register = open_register(str(tmp_path / "r.db"))
    with pytest.raises(ValueError, match=words):
        register.record_decision("fp", decision, by, AT, reason)
    assert register.evidence_head()[0] == 0


def test_results_are_those_of_the_last_check_also_when_it_said_nothing(register: Register) -> None:
    first = register.record_results([verdict()], at=AT)
    second = register.record_results([verdict(Status.PASS), verdict()], at=AT + timedelta(days=1))
    assert first != second
    assert list(register.frame("results")["status"]) == ["pass", "fail"]
    register.record_results([], at=AT + timedelta(days=2))
    assert register.frame("results").empty
    assert list(register.frame("results_history")["run_id"]) == [first, second, second]


# The database


@pytest.mark.parametrize("name", ["observation", "fact", "skipped", "evidence"])
def test_what_is_recorded_is_never_changed(register: Register, name: str) -> None:
    fill(register)
    for statement in (f"UPDATE {name} SET {'record' if name == 'evidence' else 'source'} = 'x'", f"DELETE FROM {name}"):
        with pytest.raises(RegisterError, match="never changed"), register._write() as connection:
            connection.exec_driver_sql(statement)


def test_the_migrations_make_what_the_schema_says(url: str) -> None:
    with open_register(url) as register, register.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD
        for view in (current_unit, current_field, current_fact, current_skipped):
            assert {c["name"] for c in sa.inspect(connection).get_columns(view.name)} >= {c.name for c in view.columns}
    files = Path(connect.__globals__["__file__"]).parents[1] / "migrations" / "versions"
    assert max(f.name for f in files.glob("*.py")).startswith(HEAD)


def test_only_the_user_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "new" / "register.db"
    register = open_register(f"sqlite:///{file}")
    fill(register)
    for name in ("register.db", "register.db-wal", "register.db-shm"):
        assert stat.S_IMODE((file.parent / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE(file.parent.stat().st_mode) & 0o077 == 0


def test_a_damaged_file(tmp_path: Path) -> None:
    file = tmp_path / "register.db"
    register = open_register(str(file))
    fill(register)
    register.close()
    data = bytearray(file.read_bytes())
    data[:100] = b"x" * 100
    file.write_bytes(data)
    assert_refused(file, "damaged", "backup")
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    assert_refused(file, "damaged|cannot be read", "backup")


def assert_refused(file: Path, what: str, mend: str) -> None:
    with pytest.raises(RegisterError, match=what) as caught:
        open_register(str(file))
    assert caught.value.where == str(file)
    assert mend in caught.value.mend


def test_a_newer_register(url: str) -> None:
    with open_register(url) as register, register._write() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(RegisterError, match="a newer ropewalk wrote it") as caught:
        open_register(url)
    assert "upgrade" in caught.value.mend


def test_something_else(tmp_path: Path, url: str) -> None:
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")
    before = file.read_bytes()
    assert_refused(file, "not a register", "name another file")
    (tmp_path / "notes.txt").write_text("not a database at all, but long enough to have a header of its own" * 40)
    assert_refused(tmp_path / "notes.txt", "damaged", "backup")
    (tmp_path / "folder").mkdir()
    assert_refused(tmp_path / "folder", "a folder", "name a file")
    assert [r[0] for r in sqlite3.connect(file).execute("SELECT name FROM sqlite_master")] == ["orders"]
    assert len(before) == file.stat().st_size


def test_a_locked_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register = open_register(str(tmp_path / "r.db"))
    with register._read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
        connection.commit()
    other = sqlite3.connect(tmp_path / "r.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RegisterError, match="another program holds it locked"):
        register.record_results([], at=AT)
    other.execute("ROLLBACK")
    register.record_results([], at=AT)


@pytest.mark.parametrize(
    ("url_", "what"),
    [
        ("mysql+pymysql://u:hunter2@h/x", "does not live in mysql"),
        ("://", "not a database URL|cannot be made"),
        ("oracle://u:hunter2@h", "does not live in oracle"),
    ],
)
def test_urls_that_cannot_be_right(url_: str, what: str) -> None:
    with pytest.raises(RegisterError, match=what) as caught:
        open_register(url_)
    assert "hunter2" not in str(caught.value)


def test_a_server_that_is_not_there_names_no_password() -> None:
    with pytest.raises(RegisterError, match="refused or went away") as caught:
        open_register("postgresql://app:hunter2@127.0.0.1:1/register?connect_timeout=2")
    assert "hunter2" not in f"{caught.value}{caught.value!r}"
    assert caught.value.__cause__ is None


def test_no_register_where_none_shall_be_made(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="no register yet"):
        open_register(str(tmp_path / "none.db"), create=False)
    assert not (tmp_path / "none.db").exists()


def test_reading_needs_no_alembic(tmp_path: Path) -> None:
    open_register(str(tmp_path / "r.db")).close()
    code = "import sys; from ropewalk.register import open_register; open_register(sys.argv[1]); assert not {'alembic', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "r.db")], check=True)
