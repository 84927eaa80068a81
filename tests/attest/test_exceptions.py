"""Exceptions: a failure stays one, marked as excused; an expired one has no effect and says so; a changed policy makes verdicts stale."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from commands import Cli

from ropewalk import views
from ropewalk.judging.exceptions import excuse, state_of

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
WHY = "the migration ends in March"
WORDS = ("--reason", WHY, "--by", "Ann", "--approver", "Bo", "--until", "2027-03-31")


@pytest.fixture
def failing(cli: Cli) -> Cli:
    """A store whose rows are overdue and that nobody declared; the policy asks for these two things only."""
    with closing(sqlite3.connect(cli.folder / "shop.db")) as db:
        rows = [(f"buyer{i}@example.com", "2026-01-01") for i in range(40)]
        db.execute("CREATE TABLE parcels (email TEXT, delivered_at TEXT)")
        db.executemany("INSERT INTO parcels VALUES (?, ?)", rows)
        db.commit()
    pack(cli, 30)
    cli.configure("policy: house.yaml\ndetection: {ner: false}\n")
    assert cli("scan") == 0
    return cli


def pack(cli: Cli, days: int) -> None:
    head = "        severity: high\n        evidence: counts\n        mend: mend it\n"
    (cli.folder / "house.yaml").write_text(
        'id: house\nversion: "1"\ntitle: House rules\nclauses:\n  - id: "1"\n    title: Retention\n    text: What is old goes away.\n'
        "    requirements:\n"
        f"      - id: 1.a\n        text: No row is overdue.\n        control: pii_retention\n        params: {{days: {days}}}\n{head}"
        f"      - id: 1.b\n        text: Every field is declared.\n        control: ropa_complete\n{head}"
    )


def test_an_excused_failure_still_fails_and_does_not_count_for_the_exit_code(failing: Cli) -> None:
    assert failing("check") == 1
    assert failing("exception", "add", "1.a", "--subject", "shop/*", *WORDS) == 0
    first = failing.out.strip()
    assert "It covers 1 verdict of" in failing.err
    assert failing("check") == 1  # 1.b still fails
    assert failing("exception", "add", "1.b", "--subject", "shop/parcels", *WORDS) == 0
    assert failing("check") == 0
    told = " ".join(failing.out.split())
    assert f"excused: until 2027-03-31 by Ann, approved by Bo ({first}): {WHY}" in told
    assert "✗ fail" in told
    assert "2 failures are excused for now and do not count for the exit code: 1.a, 1.b" in failing.err
    (posture,) = rows_of(failing, "posture")
    assert (posture["status"], posture["failed"], posture["excused"]) == ("fail", 2, 2)
    assert f"excused until 2027-03-31 by Ann, approved by Bo ({first})" in str(posture["reason"])
    assert all(WHY in str(v["excused"]) for v in rows_of(failing, "verdicts"))
    assert {r["id"] for r in failing.rows("exception", "list")} >= {first}
    assert failing("verify") == 0


def rows_of(cli: Cli, what: str) -> list[dict[str, object]]:
    import json

    cli("export", what, "--to", "json")
    found: list[dict[str, object]] = json.loads(cli.out)["rows"]
    return found


def test_an_exception_ends_by_hand_and_by_its_day(failing: Cli) -> None:
    failing("exception", "add", "1.a", "--subject", "shop/*", *WORDS)
    name = failing.out.strip()
    failing("exception", "add", "1.b", "--subject", "*", *WORDS)
    assert failing("check") == 0
    assert failing("exception", "end", name, "--by", "Cy", "--reason", "it was mended") == 0
    assert failing("exception", "end", name, "--by", "Cy", "--reason", "again") == 2
    assert failing("exception", "end", "x000000", "--by", "Cy", "--reason", "none such") == 2
    assert [v["requirement"] for v in rows_of(failing, "verdicts") if v["excused"]] == ["1.b"]  # at once, without a check
    assert failing("check") == 1
    assert failing("check", "--as-of", "2027-04-01") == 1
    assert "expired on 2027-03-31 and has no effect" in " ".join(failing.out.split())
    assert failing("exception", "list") == 0
    assert "1 more have ended or expired" in failing.err
    states = {str(r["id"]): r["state"] for r in failing.rows("exception", "list", "--all")}
    assert sorted(states.values()) == ["active", "ended"]
    assert states[name] == "ended"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"REQUIREMENT": "1.z"}, "no requirement '1.z'"),
        ({"--approver": "ann "}, "the same person"),
        ({"--until": "2026-01-01"}, "no effect"),
        ({"--until": "2029-01-01"}, "a year at most"),
        ({"--until": "soon"}, "not a date"),
        ({"--reason": " "}, "empty"),
        ({"--subject": ""}, "empty"),
    ],
)
def test_what_is_no_exception(cli: Cli, change: dict[str, str], told: str) -> None:
    pack(cli, 30)
    cli.configure("policy: house.yaml\n")
    given = {"REQUIREMENT": "1.a", "--subject": "*", "--reason": "r", "--by": "Ann", "--approver": "Bo", "--until": "2027-01-01", **change}
    requirement = given.pop("REQUIREMENT")
    assert cli("exception", "add", requirement, *(part for pair in given.items() for part in pair)) == 2
    assert told in cli.err
    assert cli.rows("exception", "list", "--all") == []


def test_a_changed_limit_makes_recorded_verdicts_stale_until_checked(failing: Cli, tmp_path: Path) -> None:
    failing("check")
    old = tmp_path / "old.yaml"
    old.write_text((failing.folder / "house.yaml").read_text())
    pack(failing, 400)
    assert failing("policy", "diff", str(old), str(failing.folder / "house.yaml")) == 0
    assert "1 recorded verdicts (1 fail) are stale under house 1 until `ropewalk check`: 1.a" in failing.err
    assert "Both are called house 1" in failing.err
    (change,) = failing.rows("policy", "diff", str(old))
    assert (change["requirement"], change["stale"], change["verdicts"]) == ("1.a", True, 1)
    verdicts = {str(v["requirement"]): v for v in rows_of(failing, "verdicts")}
    assert verdicts["1.a"]["status"] == "stale"
    assert "its control or limits have changed since; it was fail under house 1: 40 of 40 rows" in str(verdicts["1.a"]["reason"])
    assert verdicts["1.b"]["status"] == "fail"
    failing("check")
    assert {str(v["requirement"]): v["status"] for v in rows_of(failing, "verdicts")} == {"1.a": "pass", "1.b": "fail"}


def test_words_alone_make_no_verdict_stale_and_another_policy_makes_all_of_them(failing: Cli) -> None:
    failing("check")
    file = failing.folder / "house.yaml"
    file.write_text(file.read_text().replace("No row is overdue.", "Rows are not overdue."))
    assert {v["status"] for v in rows_of(failing, "verdicts")} == {"fail"}
    config = failing.folder / "ropewalk.yaml"
    config.write_text(config.read_text().replace("policy: house.yaml", "policy: gdpr"))
    found = rows_of(failing, "verdicts")
    assert {v["status"] for v in found} == {"stale"}
    assert all("no longer asks for this" in str(v["reason"]) for v in found)


def waiver(**more: object) -> dict[str, object]:
    row = {"id": "x1", "requirement": "2.1.a", "subject": "shop/*", "reason": "r", "by": "Ann", "approver": "Bo", "ended_at": None}
    return {**row, "at": AS_OF - timedelta(days=9), "valid_until": AS_OF + timedelta(days=9), **more}


@pytest.mark.parametrize(
    ("row", "status", "subject", "excused", "noted"),
    [
        ({}, "fail", "shop/a", True, False),
        ({}, "stale", "shop/a", True, False),
        ({}, "unknown", "shop/a", True, False),
        ({}, "pass", "shop/a", False, False),
        ({}, "error", "shop/a", False, False),
        ({}, "not_applicable", "shop/a", False, False),
        ({}, "fail", "crm/a", False, False),
        ({"requirement": "2.1.b"}, "fail", "shop/a", False, False),
        ({"valid_until": AS_OF - timedelta(seconds=1)}, "fail", "shop/a", False, True),
        ({"at": AS_OF + timedelta(days=1)}, "fail", "shop/a", False, False),
        ({"ended_at": AS_OF - timedelta(days=1)}, "fail", "shop/a", False, False),
        ({"ended_at": pd.NaT}, "fail", "shop/a", True, False),
    ],
)
def test_what_an_exception_covers(row: dict[str, object], status: str, subject: str, excused: bool, noted: bool) -> None:
    found = excuse([waiver(**row)], "2.1.a", subject, status, AS_OF)
    assert (bool(found.excused), bool(found.note)) == (excused, noted)


def test_of_several_the_one_that_holds_longest_speaks() -> None:
    rows = [waiver(), waiver(id="x2", valid_until=AS_OF + timedelta(days=99)), waiver(id="x3", valid_until=AS_OF - timedelta(days=1))]
    assert "(x2)" in excuse(rows, "2.1.a", "shop/a", "fail", AS_OF).excused
    assert [state_of(r, AS_OF) for r in rows] == ["active", "active", "expired"]


def test_views_of_nothing_are_empty() -> None:
    nothing, policy = pd.DataFrame(), views.policy_frame(_NoPack())
    assert views.exceptions(nothing, nothing, AS_OF).empty
    assert views.standing(nothing, policy, nothing, AS_OF).empty
    assert views.outdated(nothing, policy).empty
    assert views.attestations(nothing, {}, AS_OF, 30).empty


class _NoPack:
    requirements = ()
    titles: dict[str, str] = {}  # noqa: RUF012
