"""`ropewalk attest`: words one by one, from a file, listed with what needs doing; their documents kept encrypted and given back."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import Cli

from ropewalk.attesting import OF_STORES
from ropewalk.errors import ConfigError, EvidenceError
from ropewalk.register.documents import seal, unseal

SECRET = b"Quorvella Zimthwaite came to the training"
GIVEN = ("--by", "Ann", "--valid-until", "2027-03-01")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "plan.pdf"
    file.write_bytes(SECRET)
    return file


def states(cli: Cli) -> dict[str, object]:
    return {str(r["kind"]): r["state"] for r in cli.rows("attest", "list")}


def test_kind_alone_means_add(cli: Cli) -> None:
    assert cli("attest", "alarms", *GIVEN) == 0
    assert cli("attest", "--by", "Ann", "leak_watch", "--valid-until", "2027-01-01") == 0
    assert cli("attest", "add", "restore_drill", *GIVEN) == 0
    found = states(cli)
    assert {found[k] for k in ("alarms", "leak_watch", "restore_drill")} == {"valid"}
    assert found["penetration_test"] == "missing"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("incident_plan", *GIVEN), "counts only if somebody else approved it"),
        (("incident_plan", *GIVEN, "--approver", " ANN "), "the same person"),
        (("legal_hold", *GIVEN), "names its statute"),
        (("alarms", "--by", "Ann"), "how long it holds"),
        (("alarms", *GIVEN, "--at", "2026-12-01"), "still to come"),
        (("alarms", *GIVEN, "--store"), "no document to keep"),
        (("alarms", "--by", " ", "--valid-until", "2027-03-01"), "it is empty"),
        (("alarms", "--by", "A\nB", "--valid-until", "2027-03-01"), "line breaks"),
    ],
)
def test_a_word_that_could_not_count_is_refused(cli: Cli, arguments: tuple[str, ...], told: str) -> None:
    assert cli("attest", *arguments) == 2
    assert told in cli.err
    assert {r["state"] for r in cli.rows("attest", "list")} == {"missing"}


def test_a_word_on_the_company_where_a_store_is_meant_is_told(cli: Cli) -> None:
    assert cli("attest", "encryption_at_rest", *GIVEN) == 0
    assert "counts for none" in cli.err
    assert cli("attest", "encryption_at_rest", *GIVEN, "--subject", "*") == 0
    assert "counts for none" not in cli.err
    assert cli("attest", "key_management", *GIVEN) == 0
    assert "counts for none" not in cli.err


def test_the_kinds_that_are_said_of_stores_are_those_that_controls_seek_there(root: Path) -> None:
    asked = [
        (kind, "company" in subjects.lower())
        for file in (root / "expectations").glob("*.py")
        for kind, subjects in re.findall(r'attestation\(context, "([a-z_]+)"((?:, [^()]+|\([^()]*\))*)\)', file.read_text(encoding="utf-8"))
    ]
    of_company = {kind for kind, company in asked if company}
    assert {kind for kind, _ in asked} - of_company == OF_STORES


def test_a_slip_of_the_pen_is_told(cli: Cli) -> None:
    assert cli("attest", "incident_contct", *GIVEN, "--subject", "shp") == 0
    assert "is it incident_contact" in cli.err
    assert "Nothing here is called 'shp'" in cli.err
    assert states(cli)["incident_contct"] == "not asked for"


def test_a_document_is_kept_encrypted_and_given_back(cli: Cli, plan: Path, tmp_path: Path) -> None:
    assert cli("attest", "security_training", *GIVEN, "--document", str(plan), "--store") == 0
    assert "Keep a copy apart from the register" in cli.err
    digest = hashlib.sha256(SECRET).hexdigest()
    row = next(r for r in cli.rows("attest", "list") if r["kind"] == "security_training")
    assert (row["document_hash"], row["stored"]) == (digest, True)
    with closing(sqlite3.connect(tmp_path / "reg.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert SECRET[:9] not in (tmp_path / "reg.db").read_bytes()
    key = tmp_path / "keys" / "document.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert cli("attest", "document", digest[:12], "--out", str(tmp_path / "back.pdf")) == 0
    assert (tmp_path / "back.pdf").read_bytes() == SECRET
    assert cli("attest", "document", digest, "--out", str(tmp_path / "back.pdf")) == 2  # nothing is overwritten
    assert cli("attest", "document", "ffffffff", "--out", str(tmp_path / "x")) == 2
    key.chmod(0o644)
    assert cli("attest", "document", digest, "--out", str(tmp_path / "x")) == 2
    assert "chmod 600" in cli.err


def test_a_lost_key_is_never_replaced_in_silence(cli: Cli, plan: Path, tmp_path: Path) -> None:
    assert cli("attest", "security_training", *GIVEN, "--document", str(plan), "--store") == 0
    (tmp_path / "keys" / "document.key").unlink()
    plan.write_bytes(b"another")
    assert cli("attest", "alarms", *GIVEN, "--document", str(plan), "--store") == 2
    assert "bring back the copy" in cli.err


def test_a_changed_document_does_not_open(cli: Cli, plan: Path, tmp_path: Path) -> None:
    assert cli("attest", "security_training", *GIVEN, "--document", str(plan), "--store") == 0
    with closing(sqlite3.connect(tmp_path / "reg.db")) as db:
        sealed = db.execute("SELECT sealed FROM document").fetchone()[0]
        db.execute("UPDATE document SET sealed = ?", (sealed[:-1] + bytes([sealed[-1] ^ 1]),))
        db.commit()
    assert cli("attest", "document", hashlib.sha256(SECRET).hexdigest(), "--out", str(tmp_path / "x")) == 1
    assert not (tmp_path / "x").exists()


def test_a_sealed_document_is_bound_to_its_hash_and_key() -> None:
    key, digest = bytes(32), hashlib.sha256(SECRET).hexdigest()
    sealed = seal(SECRET, digest, key)
    assert unseal(sealed, digest, key) == SECRET
    assert sealed != seal(SECRET, digest, key)
    for wrong in ((sealed, "0" * 64, key), (sealed, digest, b"1" * 32), (b"", digest, key), (sealed[:30], digest, key)):
        with pytest.raises(EvidenceError):
            unseal(*wrong)


def test_without_a_named_key_nothing_is_stored(cli: Cli, plan: Path, tmp_path: Path) -> None:
    file = tmp_path / "ropewalk.yaml"
    file.write_text(file.read_text().replace("evidence: {document_key: keys/document.key}\n", ""))
    assert cli("attest", "alarms", *GIVEN, "--document", str(plan), "--store") == 2
    assert "document_key" in cli.err


def test_the_key_may_stand_in_the_environment(cli: Cli, plan: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ROPEWALK_DOCUMENT_KEY", "short")
    assert cli("attest", "alarms", *GIVEN, "--document", str(plan), "--store") == 2
    assert "32 bytes" in cli.err
    monkeypatch.setenv("ROPEWALK_DOCUMENT_KEY", "A" * 43 + "=")
    assert cli("attest", "alarms", *GIVEN, "--document", str(plan), "--store") == 0
    assert not (tmp_path / "keys").exists()


CSV = """\
kind;subject;by;at;valid_until;approver;statement;met;document
access_review;company;Ann;2026-11-01;2027-01-31;Bo;;;plan.pdf
restore_drill;;Bo;2026-11-01;;;"failed; twice";no;
alarms;;Bo;2026-11-01;2026-11-15;;;;

legal_hold;shop;Cy;2026-11-01;2030-01-01;;Commercial code, section 257;yes;
"""


def test_a_file_of_words(cli: Cli, plan: Path, tmp_path: Path) -> None:
    file = tmp_path / "words.csv"
    file.write_text("\ufeff" + CSV, encoding="utf-8")
    assert cli("attest", "import", str(file), "--store") == 0
    assert "Recorded 4 attestations. 1 of them has ended already" in cli.err
    found = states(cli)
    assert {k: found[k] for k in ("access_review", "restore_drill", "alarms", "legal_hold")} == {
        "access_review": "valid", "restore_drill": "not met", "alarms": "stale", "legal_hold": "valid",
    }  # fmt: skip
    assert cli("attest", "import", str(file)) == 0
    assert "Recorded 0 attestations; 4 were known already" in cli.err
    assert cli("verify") == 0


def test_one_bad_line_and_nothing_is_recorded(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "words.csv"
    bad = ["access_review,company,Ann,2027-01-31,Ann", "x,,,31.01.2027,", "restore_drill,,Bo,2027-01-31,,more", "alarms,shop,Bo,2027-01-31,"]
    file.write_text("kind,subject,by,valid_until,approver\n" + "\n".join(bad) + "\n")
    assert cli("attest", "import", str(file)) == 2
    for told in (":2: approver:", ":3: valid_until: '31.01.2027' is no date; write it as 2027-03-01", ":3: by: it is empty", ":4: line:"):
        assert told in cli.err
    assert ":5:" not in cli.err
    assert "3 of 4 lines cannot be taken, so nothing was recorded" in cli.err
    assert {r["state"] for r in cli.rows("attest", "list")} == {"missing"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"kind,by\n", "there is no column valid_until"),
        (b"kind,by,valid_until,colour\n", "the column 'colour' is not known"),
        (b"kind,kind,by,valid_until\n", "stands twice"),
        (b"kind,by,valid_until\n\n", "no line below the heading"),
        (b"\xff\xfe\x00k", "not UTF-8"),
        (b"", "there is no column"),
        (b"kind,by,valid_until,document\nalarms,Ann,2027-01-01,none.pdf\n", "document: the document cannot be read"),
    ],
)
def test_a_file_that_is_none(cli: Cli, tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "words.csv"
    file.write_bytes(content)
    assert cli("attest", "import", str(file)) == 2
    assert told in cli.err
    assert cli("attest", "import", str(tmp_path / "nowhere.csv")) == 2


def test_what_needs_doing_is_told_as_a_command_that_can_be_typed(cli: Cli) -> None:
    assert cli("attest", "encryption_at_rest", "--by", "Ann", "--valid-until", "2026-11-25", "--subject", "shop/old orders*") == 0
    assert cli("attest", "alarms", "--by", "Ann", "--valid-until", "2027-11-25") == 0
    mends = {r["kind"]: r["mend"] for r in cli.rows("attest", "list")}
    assert mends["encryption_at_rest"] == "ropewalk attest encryption_at_rest --subject 'shop/old orders*' --by NAME --valid-until DAY"
    assert mends["alarms"] == ""
    assert str(mends["risk_review"]).endswith("--by NAME --valid-until DAY --approver OTHER")


def test_a_word_that_nobody_approved_and_one_of_tomorrow_say_so(cli: Cli) -> None:
    word = "{kind: %s, subject: company, by: Ann, at: %s, valid_until: 2027-03-01}"
    cli.configure(f"attestations: [{word % ('risk_review', '2026-11-01')}, {word % ('alarms', '2026-12-24')}]\n")
    found = states(cli)
    assert (found["risk_review"], found["alarms"]) == ("not approved", "still to come")


def test_what_ends_soon_is_told_before_it_does(cli: Cli) -> None:
    cli("attest", "penetration_test", "--by", "Ann", "--valid-until", "2026-12-10")
    cli("attest", "log_review", "--by", "Ann", "--valid-until", "2027-12-10", "--subject", "shop")
    rows = {str(r["kind"]): r for r in cli.rows("attest", "list")}
    assert (rows["penetration_test"]["state"], rows["penetration_test"]["days_left"]) == ("ends soon", 20)
    assert rows["log_review"]["state"] == "valid"  # asked for every 14 days: told in the last third of them
    assert rows["log_review"]["days_left"] == 15
    assert [r["kind"] for r in cli.rows("attest", "list", "--days", "5", "--state", "ends soon")] == []
    cli.configure("alarms: {expiry_days: 400}\n")
    assert {str(r["kind"]): r["state"] for r in cli.rows("attest", "list")}["penetration_test"] == "ends soon"
    assert cli("attest", "list", "--state", "green") == 2
    assert cli("attest", "list") == 0
    assert "1 ends soon" in cli.err


def test_the_newest_word_counts_when_one_says_no(cli: Cli) -> None:
    cli("attest", "alarms", *GIVEN, "--at", "2026-10-01")
    cli("attest", "alarms", "--by", "Bo", "--not-met", "--at", "2026-11-01", "--statement", "the test of one failed")
    assert states(cli)["alarms"] == "not met"
    assert cli("check", "--clause", "2.6.f") == 1
    assert "Bo said on 2026-11-01 that it is not so: the test of one failed" in " ".join(cli.out.split())
    cli("attest", "alarms", *GIVEN)
    assert states(cli)["alarms"] == "valid"


def test_refused_is_a_configuration_error() -> None:
    from ropewalk.attesting import Problem, RefusedError

    assert issubclass(RefusedError, ConfigError)
    assert RefusedError([Problem("by", "x", "y", 2), Problem("at", "x", "y", 2)], "f.csv", 9).what.startswith("1 of 9 lines")
