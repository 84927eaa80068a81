"""A user's way through the registers: import, list, check, end; with errors that name the place and the mend."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import Cli

DATA = Path(__file__).parent.parent / "inventory" / "data"
CONFIG = """\
version: 1
company: Example Goods
as_of: 2026-11-20T12:00:00Z
sources:
  - {name: db, uri: 'sqlite:///shop.db', owner: operations, purpose: ship orders}
"""


def bring(cli: Cli, kind: str, *names: str) -> None:
    for name in names:
        assert cli("inventory", "import", kind, DATA / name) == 0, cli.err


@pytest.fixture
def cli(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as db:
        db.execute("CREATE TABLE orders (order_id TEXT)")
    (tmp_path / "ropewalk.yaml").write_text(CONFIG, encoding="utf-8")
    return Cli(tmp_path, capsys)


def verdicts(cli: Cli, *clauses: str) -> dict[tuple[object, object], object]:
    cli("check", *(a for c in clauses for a in ("--clause", c)), "--all", "--format", "json")
    return {(r["requirement"], r["subject"]): r["status"] for r in json.loads(cli.out)["rows"]}


def test_imports_are_told_listed_and_judged(cli: Cli) -> None:
    bring(cli, "vulnerabilities", "trivy.json", "zap.xml", "trivy.json")
    assert "Nothing new in trivy.json" in cli.err
    bring(cli, "incidents", "incidents.csv")
    bring(cli, "changes", "changes.csv")
    bring(cli, "assets", "assets.csv")
    bring(cli, "leavers", "leavers.csv")
    assert cli("inventory", "list") == 0
    for word in ("registry", "leavers.csv", "zap", "incidents"):
        assert word in cli.out
    found = verdicts(cli, "1.2", "1.6", "2.3.a", "2.7")
    assert found["1.2.e", "company"] == "pass"
    assert found["1.6.c", "company"] == found["1.6.d", "company"] == "fail"
    assert found["2.3.a", "company"] == "pass"
    assert found["2.7.b", "zap of https://shop.example.com"] == "pass"
    assert found["2.7.c", "company"] == "fail"
    assert cli("verify") == 0


@pytest.mark.parametrize(
    ("kind", "name", "rows", "words"),
    [
        ("approved", "okta.csv", 3, "Columns that were not read: First name, Last name, Mobile phone, User ID."),
        ("leavers", "entra.csv", 1, "Left out: 2 accounts without a day of leaving."),
        ("assets", "osquery.log", 2, "as of 2026-11-19 09:00 UTC; the first of its series."),
        ("subcontractors", "subcontractors.csv", 2, "2 subcontractors"),
        ("incidents", "incidents.json", 1, "description"),
        ("contacts", "contacts.csv", 2, "2 contacts"),
        ("changes", "changes.csv", 2, "2 changes"),
        ("vulnerabilities", "semgrep.sarif", 2, "(Semgrep OSS of shop/semgrep)"),
    ],
)
def test_each_kind_is_listed(cli: Cli, kind: str, name: str, rows: int, words: str) -> None:
    assert cli("inventory", "list", kind) == 0
    assert f"ropewalk inventory import {kind} FILE" in cli.err
    bring(cli, kind, name)
    assert words in cli.err
    assert len(cli.rows("inventory", "list", kind)) == rows
    assert cli("inventory", "list", kind) == 0
    assert len(cli.out.splitlines()) >= rows + 2
    cli("inventory", "list", kind, "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(cli.out)))) == rows


def test_nothing_private_reaches_the_register(cli: Cli) -> None:
    for kind, *names in (
        ("approved", "okta.csv", "entra.csv", "scim.json"), ("leavers", "entra.csv"), ("incidents", "incidents.json"), ("contacts", "contacts.csv"),
        ("vulnerabilities", "semgrep.sarif", "trivy.json", "grype.json", "cyclonedx.json", "zap.json"),
    ):  # fmt: skip
        bring(cli, kind, *names)
    held = b"".join(f.read_bytes() for f in (cli.folder / ".ropewalk").iterdir() if f.is_file())
    assert b"ada.quill@example.com" in held
    for private in (b"jane.buyer", b"AKIACANARY", b"555", b"Ada Quill", b"security@example.com", b"lost laptop of"):
        assert private not in held


def test_a_target_that_is_gone_is_ended(cli: Cli) -> None:
    bring(cli, "vulnerabilities", "trivy.json")
    target = "registry.example.com:5000/shop/app"
    assert cli("inventory", "end", "vulnerabilities", "--target", target, "--reason", "x") == 2
    assert "--scanner 'trivy'" in cli.err
    assert cli("inventory", "end", "vulnerabilities", "--scanner", "trivy", "--target", target, "--reason", "switched off") == 0
    assert cli.rows("inventory", "list", "vulnerabilities") == []
    assert len(cli.rows("inventory", "list", "vulnerabilities", "--all")) == 7
    assert verdicts(cli, "2.7.e") == {("2.7.e", "company"): "unknown"}


def test_errors_name_file_line_and_mend(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "left.csv"
    file.write_text("account,left_at\nada,soon\n")
    assert cli("inventory", "import", "leavers", file) == 2
    assert "where: left.csv:2" in cli.err
    assert "2026-03-01" in cli.err
    assert cli("inventory", "import", "nothing", file) == 2
    assert "use approved, leavers" in cli.err
    assert cli("inventory", "import", "leavers", tmp_path / "nowhere.csv") == 2
    assert "nowhere.csv" in cli.err
    assert cli("inventory", "import", "approved", DATA / "approved.csv", "--at", "2027-01-01") == 2
    assert "still to come" in cli.err
