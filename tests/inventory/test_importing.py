"""Imports into a real register: first seen over several imports, closed with a day, evidence for each, on SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from register_urls import postgres_url, url

from ropewalk.errors import ConfigError, RegisterError
from ropewalk.evidence import verify
from ropewalk.inventory import end_series, import_file
from ropewalk.register import Register, open_register

__all__ = ["postgres_url", "url"]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DATA = Path(__file__).parent / "data"


@pytest.fixture
def register(url: str) -> Iterator[Register]:
    with open_register(url) as made:
        yield made


def day(n: int) -> datetime:
    return datetime(2026, 11, n, tzinfo=UTC)


def trivy(folder: Path, at: int, *ids: str, target: str = "shop/app:1") -> Path:
    """A report of one day, with these findings."""
    found = [{"VulnerabilityID": i, "PkgName": "p", "InstalledVersion": f"1.{at}", "Severity": "CRITICAL"} for i in ids]
    results = [{"Target": "x", "Class": "lang-pkgs", "Type": "pip", "Vulnerabilities": found}]
    file = folder / f"trivy-{at}.json"
    file.write_text(json.dumps({"SchemaVersion": 2, "CreatedAt": day(at).isoformat(), "ArtifactName": target, "Results": results}))
    return file


def lives(register: Register, kind: str = "vulnerabilities") -> dict[str, tuple[Any, ...]]:
    """id -> (first seen, last seen, closed), as days of November."""
    frame = register.frame("inventory")
    frame = frame[frame["kind"] == kind]
    times = [[None if t != t else t.day for t in (r["first_seen"], r["last_seen"], r["closed_at"])] for r in frame.to_dict("records")]
    return {r["id"]: tuple(t) for r, t in zip(frame["record"], times, strict=True)}


def test_first_seen_is_kept_over_three_imports_and_what_is_gone_is_closed(register: Register, tmp_path: Path) -> None:
    (first,) = import_file(register, "vulnerabilities", trivy(tmp_path, 1, "A", "B"), now=NOW)
    (second,) = import_file(register, "vulnerabilities", trivy(tmp_path, 8, "A", "C"), now=NOW)
    (third,) = import_file(register, "vulnerabilities", trivy(tmp_path, 15, "A"), now=NOW)
    assert [(i.place, i.added, i.closed) for i in (first, second, third)] == [("first", 2, 0), ("newest", 1, 1), ("newest", 0, 1)]
    assert lives(register) == {"A": (1, 15, None), "B": (1, 1, 8), "C": (8, 8, 15)}


def test_the_order_of_imports_does_not_matter(register: Register, tmp_path: Path) -> None:
    for n, ids in ((15, "A"), (1, "AB"), (8, "AC")):
        (made,) = import_file(register, "vulnerabilities", trivy(tmp_path, n, *ids), now=NOW)
    assert (made.place, made.added, made.closed) == ("older", 0, 0)
    assert lives(register) == {"A": (1, 15, None), "B": (1, 1, 8), "C": (8, 8, 15)}


def test_what_comes_back_keeps_its_first_day(register: Register, tmp_path: Path) -> None:
    for n, ids in ((1, "A"), (8, ""), (15, "A")):
        import_file(register, "vulnerabilities", trivy(tmp_path, n, *ids), now=NOW)
    assert lives(register) == {"A": (1, 15, None)}


def test_another_target_closes_nothing(register: Register, tmp_path: Path) -> None:
    import_file(register, "vulnerabilities", trivy(tmp_path, 1, "A"), now=NOW)
    import_file(register, "vulnerabilities", trivy(tmp_path, 8, "B", target="shop/web"), now=NOW)
    assert lives(register) == {"A": (1, 1, None), "B": (8, 8, None)}


def test_a_file_of_a_name_given_by_hand(register: Register, tmp_path: Path) -> None:
    import_file(register, "vulnerabilities", trivy(tmp_path, 1, "A"), now=NOW, scanner="night", target="all", release="1.4.2")
    row = register.frame("imports").iloc[0]
    assert (row["scanner"], row["target"], row["release"], row["file"]) == ("night", "all", "1.4.2", "trivy-1.json")


def test_the_same_file_twice_adds_nothing(register: Register, tmp_path: Path) -> None:
    file = trivy(tmp_path, 1, "A")
    assert import_file(register, "vulnerabilities", file, now=NOW)[0].new
    again = import_file(register, "vulnerabilities", file, now=NOW + timedelta(days=1))[0]
    assert (again.new, again.added, again.closed) == (False, 0, 0)
    assert len(register.frame("imports")) == 1


def test_each_import_is_an_entry_of_the_evidence_chain(register: Register) -> None:
    import_file(register, "leavers", DATA / "leavers.csv", now=NOW)
    ((_, record),) = register.evidence_of("inventory_import")
    assert record == {
        "kind": "leavers", "format": "list", "scanner": "", "target": "", "release": "", "file": "leavers.csv", "rows": 2,
        "sha256": hashlib.sha256((DATA / "leavers.csv").read_bytes()).hexdigest(), "observed_at": "2026-11-20T12:00:00.000000Z",
    }  # fmt: skip
    assert verify(register).ok


def test_a_list_takes_the_place_of_the_one_before(register: Register, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    for n, names in ((1, "ada\nbo\n"), (8, "ada\ncleo\n")):
        file.write_text(f"account\n{names}")
        import_file(register, "approved", file, now=day(n))
    frame = register.frame("inventory")
    assert {r["account"]: t == t for r, t in zip(frame["record"], frame["closed_at"], strict=True)} == {"ada": False, "bo": True, "cleo": False}


def test_a_series_that_ended_is_closed_and_says_why(register: Register, tmp_path: Path) -> None:
    import_file(register, "vulnerabilities", trivy(tmp_path, 1, "A"), now=NOW)
    with pytest.raises(ConfigError, match="no such series") as caught:
        end_series(register, "vulnerabilities", scanner="trivy", target="shop", reason="gone", now=NOW)
    assert "'shop/app'" in caught.value.mend
    end_series(register, "vulnerabilities", scanner="trivy", target="shop/app", reason="switched off", now=NOW)
    assert lives(register) == {"A": (1, 1, 20)}
    assert [r["file"] for _, r in register.evidence_of("inventory_import")][-1] == "switched off"


def test_what_is_imported_is_never_changed(register: Register, tmp_path: Path) -> None:
    import_file(register, "vulnerabilities", trivy(tmp_path, 1, "A"), now=NOW)
    for table in ("inventory_import", "inventory_row"):
        for statement in (f"UPDATE {table} SET id = 7", f"DELETE FROM {table}"):
            with pytest.raises(RegisterError, match="never changed"), register._write() as connection:
                connection.exec_driver_sql(statement)


def test_runs_of_one_series_in_one_file_are_one(tmp_path: Path) -> None:
    run = json.loads((DATA / "semgrep.sarif").read_text(encoding="utf-8"))
    other = {**run["runs"][0], "results": [{"ruleId": "other"}, run["runs"][0]["results"][0]]}
    file = tmp_path / "two.sarif"
    file.write_text(json.dumps({**run, "runs": [run["runs"][0], other]}))
    with open_register(str(tmp_path / "r.db")) as register:
        import_file(register, "vulnerabilities", file, now=NOW)
        records = {r["id"]: r for r in register.frame("inventory")["record"]}
    assert set(records) == {"python.sqlalchemy.raw-query", "python.weak-hash", "other"}
    assert records["python.sqlalchemy.raw-query"]["count"] == 3


@pytest.mark.parametrize(
    ("kind", "text", "options", "what", "mend"),
    [
        ("vulnerabilities", '{"SchemaVersion": 2, "ArtifactName": "a", "Results": []}', {}, "when the scan ran", "--at"),
        ("vulnerabilities", '{"SchemaVersion": 2, "Results": [], "CreatedAt": "2026-11-01"}', {}, "what was scanned", "--target"),
        ("vulnerabilities", "id,severity\n", {"at": day(1)}, "the scanner", "--scanner"),
        ("vulnerabilities", '{"SchemaVersion": 2, "ArtifactName": "a", "CreatedAt": "2027-01-01"}', {}, "in the future", "clock"),
        ("approved", "account\nada\n", {"at": day(21)}, "still to come", "was made"),
        ("approved", "account\nada\nADA\n", {}, "entry 2 names the same", "one line"),
    ],
)
def test_what_would_make_a_false_register_is_refused(tmp_path: Path, kind: str, text: str, options: dict[str, Any], what: str, mend: str) -> None:
    file = tmp_path / "f"
    file.write_text(text)
    with open_register(str(tmp_path / "r.db")) as register:
        with pytest.raises(ConfigError, match=what) as caught:
            import_file(register, kind, file, now=NOW, **options)
        assert mend in caught.value.mend
        assert register.evidence_head()[0] == 0
        assert register.frame("imports").empty


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with open_register(str(tmp_path / "r.db")) as register, pytest.raises(ConfigError, match="cannot be read"):
        import_file(register, "approved", tmp_path / "nowhere.csv", now=NOW)
