"""A user's way through the commands, on a small company of one's own: scan, look, decide, check, record, attest, verify."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import Cli

ROPA = """\
version: 1
controller: {name: Example Goods}
activities:
  - id: shipping
    name: Ship orders
    purposes: [ship orders]
    subjects: [buyers]
    legal_basis: contract
    collected: {operation: getOrders}
    disposed: {rule: 30 days, clock: delivered_at, method: DELETE}
    security: [TLS]
    owner: operations
    next_review: 2030-01-01
    fields: [shop/orders#buyer_email, shop/orders#fax]
"""
NAMES = ("ada", "bo", "cleo", "dan", "eve", "finn", "gia", "hal", "ida", "jon")
CANARY = "canary4711"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    with closing(sqlite3.connect(folder / "shop.db")) as db:
        db.execute("CREATE TABLE orders (order_id TEXT, buyer_email TEXT, sku TEXT, delivered_at TEXT)")
        rows = [(f"302-{i:07}-{i:07}", f"{NAMES[i % 10]}.{CANARY}.{i}@example.com", f"SKU-{i:04}", "2026-01-01") for i in range(60)]
        db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
        db.commit()
    (folder / "ropewalk.yaml").write_text(
        "version: 1\ncompany: Example Goods\nas_of: 2026-03-01T00:00:00Z\n"
        "sources:\n  - {name: shop, uri: 'sqlite:///shop.db', owner: operations, purpose: ship orders}\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def cli(folder: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(folder, capsys, never=CANARY)


@pytest.fixture
def scanned(cli: Cli) -> Cli:
    assert cli("scan") == 0, cli.out + cli.err
    return cli


def test_before_the_first_scan_nothing_is_known_and_nothing_is_green(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (folder / "ropewalk.yaml").read_text(encoding="utf-8")
    (tmp_path / "ropewalk.yaml").write_text(text, encoding="utf-8")
    cli = Cli(tmp_path, capsys, never=CANARY)
    assert cli.rows("findings") == []
    assert cli("ropa", "drift") == 3
    assert cli("findings", "diff") == 3
    assert cli.rows("sources", "list")[0]["state"] == "never scanned"
    assert cli("check") in {1, 3}
    assert not {r["status"] for r in cli.rows("check")} & {"pass", "not_applicable"}


def test_findings_are_listed_explained_and_exported(scanned: Cli) -> None:
    found = scanned.rows("findings")
    assert [(r["field"], r["category"]) for r in found] == [("shop/orders#buyer_email", "email")]
    assert {"shop/orders#order_id", "shop/orders#sku"} <= {r["field"] for r in scanned.rows("findings", "--all")}
    assert scanned("findings") == 0
    assert scanned.err.startswith("1 field in 1 dataset of 1 source.")
    scanned("findings", "--explain")
    assert "+ " in scanned.out
    scanned("findings", "--format", "csv")
    assert next(csv.DictReader(io.StringIO(scanned.out)))["field"] == "shop/orders#buyer_email"
    assert scanned.rows("findings", "--category", "phone") == []
    assert scanned("findings", "--source", "nowhere") == 2


def test_tables_fit_the_terminal(scanned: Cli) -> None:
    for command in (("findings",), ("sources", "list"), ("ropa",), ("check",), ("policy", "show"), ("scan",)):
        scanned(*command)
        assert scanned.out
        assert max(len(line) for line in scanned.out.splitlines()) <= 100, command


def test_a_stewards_word_is_kept_and_taken_back(scanned: Cli) -> None:
    field = "shop/orders#buyer_email"
    assert scanned("findings", "dismiss", field, "--reason", "test data", "--by", "Ann") == 0
    assert scanned.rows("findings") == []
    assert scanned("findings", "reclassify", field, "--as", "username", "--reason", "they sign in with it", "--by", "Ann") == 0
    assert [r["category"] for r in scanned.rows("findings")] == ["username"]
    assert scanned("findings", "reopen", field, "--reason", "a mistake", "--by", "Ann") == 0
    assert [r["category"] for r in scanned.rows("findings")] == ["email"]
    assert scanned("findings", "dismiss", "shop/orders#buyer_mail", "--reason", "x") == 2
    assert "did you mean shop/orders#buyer_email" in scanned.err
    assert scanned("findings", "confirm", field, "--reason", "seen", "--until", "2020-01-01") == 2
    assert scanned("findings", "confirm", field, "--reason", " ") == 2


def test_a_check_says_clause_verdict_evidence_and_mend(scanned: Cli) -> None:
    assert scanned("check") == 1
    assert "✗ fail" in scanned.out
    assert "evidence: 60 of 60 failed" in scanned.out
    assert "mend:" in scanned.out
    kept = [r for r in scanned.rows("check", "--clause", "2.1") if r["status"] == "fail"]
    assert [r["subject"] for r in kept] == ["shop/orders"]
    assert scanned("check", "--clause", "9.9") == 2
    early = {r["status"] for r in scanned.rows("check", "--clause", "2.1", "--as-of", "2026-01-15") if r["subject"] == "shop/orders"}
    assert "fail" not in early
    assert scanned("check", "--as-of", "yesterday") == 2
    assert "'yesterday' is not a date" in scanned.err
    for options in ((), ("--all",)):
        scanned("check", *options)
        told = re.findall(r"^  (\d\.\d\.\w|\d\.\w)  ", scanned.out, re.MULTILINE)
        assert told
        assert len(told) == len(set(told)), "each requirement is told once, with its verdicts together"


def test_the_drift_of_a_store_that_was_not_read_is_unknown(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = (folder / "ropewalk.yaml").read_text(encoding="utf-8")
    (tmp_path / "ropewalk.yaml").write_text(config, encoding="utf-8")
    cli = Cli(tmp_path, capsys)
    assert cli("scan") == 3
    assert cli("ropa", "drift") == 3
    assert "No field was looked at yet, so drift is unknown" in cli.err
    assert "What is in `shop` is unknown" in cli.err
    (tmp_path / "ropewalk.yaml").write_text(config.replace("sources:", "sources:\n  - {name: notes, uri: 'file://notes', owner: x, purpose: y}"))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "sizes.csv").write_text("size,weight\n1,2\n3,4\n")
    assert cli("scan") == 3
    assert cli("ropa", "drift") == 3
    assert "agree in what was read" in cli.err


def test_the_record_is_joined_exported_and_drifts(scanned: Cli, tmp_path: Path) -> None:
    record = scanned.folder / "ropa.yaml"
    record.unlink(missing_ok=True)
    assert [r["state"] for r in scanned.rows("ropa")] == ["undeclared"]
    assert scanned("ropa", "drift") == 1
    record.write_text(ROPA, encoding="utf-8")
    assert {r["field"]: r["state"] for r in scanned.rows("ropa")} == {"shop/orders#buyer_email": "observed", "shop/orders#fax": "declared"}
    assert [r["drift"] for r in scanned.rows("ropa", "drift")] == ["not seen"]
    record.write_text(ROPA.replace(", shop/orders#fax", ""), encoding="utf-8")
    assert scanned("ropa", "drift") == 0
    for form in ("csv", "json", "markdown"):
        out = tmp_path / f"record.{form}"
        assert scanned("ropa", "--export", form, "--out", str(out)) == 0
        text = out.read_text(encoding="utf-8")
        assert "shop/orders#buyer_email" in text
        assert "evidence head" in text
        assert CANARY not in text
    assert scanned("ropa", "--out", str(tmp_path / "x")) == 2
    assert scanned("ropa", "--export", "xml") == 2
    assert scanned("ropa", "--export", "csv", "--out", str(tmp_path / "no" / "folder.csv")) == 2


@pytest.mark.parametrize("what", ["posture", "verdicts", "findings", "ropa", "drift", "sources", "skipped", "attestations", "exceptions"])
def test_everything_can_be_exported(what: str, scanned: Cli) -> None:
    assert scanned("export", what, "--to", "json") == 0
    about = json.loads(scanned.out)["about"]
    assert about["company"] == "Example Goods"
    assert "frozen" in about["clock"]


def test_an_attestation_is_evidence_and_the_chain_holds(scanned: Cli, tmp_path: Path) -> None:
    document = tmp_path / "plan.pdf"
    document.write_bytes(b"the plan")
    given = ("attest", "incident_plan", "--by", "Ann", "--approver", "Bo")
    assert scanned(*given, "--valid-until", "2026-08-01", "--document", str(document)) == 0
    assert "sha256" in scanned.err
    assert scanned(*given, "--valid-until", "2025-01-01") == 2
    assert scanned(*given, "--valid-until", "2026-08-01", "--approver", "ann") == 2
    assert scanned(*given, "--valid-until", "2026-08-01", "--document", str(tmp_path / "none.pdf")) == 2
    scanned("export", "attestations", "--to", "json")
    assert {r["kind"] for r in json.loads(scanned.out)["rows"] if r["state"] != "missing"} == {"incident_plan"}
    assert scanned("verify") == 0
    assert "holds" in scanned.err
    head = scanned.out.strip()
    scanned("check")
    assert scanned("verify", "--noted", head) == 0
    assert scanned("verify", "--noted", head[:-1] + ("0" if head[-1] != "0" else "1")) == 1
    assert scanned("verify", "--noted", "head") == 2


def test_tampering_is_found(folder: Path, scanned: Cli, tmp_path: Path) -> None:
    scanned("check")
    copy = tmp_path / "register.db"
    with closing(sqlite3.connect(folder / ".ropewalk" / "register.db")) as db, closing(sqlite3.connect(copy)) as other:
        db.backup(other)
        for (name,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            other.execute(f"DROP TRIGGER {name}")
        other.execute("UPDATE evidence SET record = replace(record, 'fail', 'pass')")
        other.commit()
    text = (folder / "ropewalk.yaml").read_text(encoding="utf-8").replace("'sqlite:///shop.db'", f"'sqlite:///{folder}/shop.db'")
    (tmp_path / "ropewalk.yaml").write_text(f"register: sqlite:///{copy}\n{text}", encoding="utf-8")
    tampered = Cli(tmp_path, scanned.capsys, never=CANARY)
    assert tampered("verify") == 1


def test_what_changed_between_two_scans(folder: Path, scanned: Cli) -> None:
    with closing(sqlite3.connect(folder / "shop.db")) as db:
        db.execute("CREATE TABLE leads (lead TEXT)")
        db.executemany("INSERT INTO leads VALUES (?)", [(f"{NAMES[i % 10]}.{CANARY}.{i}@example.org",) for i in range(40)])
        db.commit()
    try:
        assert scanned("scan") == 0
        changes = {(r["change"], r["field"]) for r in scanned.rows("findings", "diff")}
        assert changes == {("new", "shop/leads#lead")}
    finally:
        with closing(sqlite3.connect(folder / "shop.db")) as db:
            db.execute("DROP TABLE leads")
            db.commit()
    assert scanned("scan") == 0
    assert {(r["change"], r["field"]) for r in scanned.rows("findings", "diff")} == {("gone", "shop/leads#lead")}


def test_policy_commands(scanned: Cli) -> None:
    shown = scanned.rows("policy", "show")
    assert {"2.1", "2.6"} <= {str(r["clause"]) for r in shown}
    assert scanned("policy", "lint", "amazon-dpp") == 0
    assert scanned("policy", "diff", "amazon-dpp") == 0
    assert scanned("policy", "diff", "nonsense") == 2


def test_sources_are_tested_and_their_grants_printed(scanned: Cli) -> None:
    assert all(r["ok"] is not False for r in scanned.rows("sources", "test"))
    assert scanned("sources", "grants") == 0
    assert "shop" in scanned.out
    assert scanned("sources", "test", "nowhere") == 2


def test_a_field_that_the_scan_missed_is_judged_by_a_stewards_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as shop, shop:
        shop.execute('CREATE TABLE contacts (id INTEGER, "note " TEXT)')
        shop.executemany("INSERT INTO contacts VALUES (?, ?)", [(n, f"x{n % 3}") for n in range(40)])
    (tmp_path / "ropewalk.yaml").write_text("version: 1\nsources: [{name: shop, uri: 'sqlite:///shop.db', owner: me, purpose: tests}]\n")
    cli = Cli(tmp_path, capsys)
    assert cli("scan") == 0
    assert cli.rows("findings") == []
    assert cli("findings", "reclassify", "shop/contacts#note", "--as", "phone", "--reason", "extensions") == 2
    assert "did you mean 'shop/contacts#note ' or" in cli.err
    assert cli("findings", "reclassify", "shop/contacts#note ", "--as", "phone", "--reason", "extensions") == 0
    (found,) = cli.rows("findings")
    assert (found["category"], found["strength"], found["confidence"]) == ("phone", "direct", 1.0)
    judged = {r["requirement"]: r["status"] for r in cli.rows("check") if r["subject"] == "shop/contacts"}
    assert judged["1.8.a"] == "fail"
    assert judged["2.1.a"] == "unknown"
