"""Never falsely green: no rows, no reach, an old look, a date to come, a right that was refused."""

from __future__ import annotations

import pandas as pd
import pytest
from shop import Company, days, iso

from ropewalk.contracts import FrameTable
from ropewalk.model import Environment, Status

EMPTY = pd.DataFrame({"email": [], "origin": [], "delivered_at": []}, dtype=object)


def company(rows: pd.DataFrame | None = None) -> Company:
    """A table with an e-mail, its origin and its clock."""
    found = pd.DataFrame({"email": ["a@example.com"], "origin": ["orders"], "delivered_at": [iso(3)]}) if rows is None else rows
    made = Company().dataset("db", "orders", rows=found).field("db", "orders", "email", "email")
    return made.field("db", "orders", "origin").field("db", "orders", "delivered_at")


@pytest.mark.parametrize("requirement", ["1.8.a", "2.1.a"])
def test_a_table_without_rows_passes_nothing(requirement: str) -> None:
    empty = company(EMPTY)
    assert empty.one(requirement).status == Status.NOT_APPLICABLE
    empty.tables["db", "orders"] = FrameTable(EMPTY, "sample of 0")
    assert empty.one(requirement).status == Status.UNKNOWN


@pytest.mark.parametrize("requirement", ["1.3.a", "1.8.a", "2.1.a", "2.2.a", "2.4.a", "2.4.b", "2.5.a"])
def test_a_store_that_was_not_reached_again_is_unknown(requirement: str) -> None:
    made = company()
    made.skipped.append({"source": "db", "dataset": "", "path": "", "reason": "the server cannot be reached", "mend": "start it"})
    found = [r for r in made.judge(requirement) if r.subject == "db" and r.status == Status.UNKNOWN and "cannot be reached" in r.reason]
    assert [r.mend for r in found] == ["start it"]


@pytest.mark.parametrize("requirement", ["1.3.a", "1.8.a", "2.1.a", "2.2.a", "2.4.a", "2.4.b", "2.5.a"])
def test_a_look_of_long_ago_is_stale(requirement: str) -> None:
    made = company()
    assert not any(r.status == Status.STALE for r in made.judge(requirement))
    made.datasets[0]["scanned_at"] = days(32)
    stale = [r for r in made.judge(requirement) if r.status == Status.STALE]
    assert [(r.subject, r.mend) for r in stale] == [("db", "ropewalk scan --source db")]
    assert "32 days ago" in stale[0].reason
    assert not any(r.status == Status.STALE for r in made.judge(requirement, look_days=40))


def test_logs_of_long_ago_are_stale() -> None:
    made = Company().dataset("logs", "app.log", "log").field("logs", "app.log", "level")
    made.datasets[0]["scanned_at"] = days(400)
    assert {r.status for r in made.judge("2.6.a")} == {Status.STALE, Status.PASS}


@pytest.mark.parametrize("requirement", ["1.8.a", "2.1.a", "2.2.a", "2.5.a"])
def test_what_was_left_out_is_named(requirement: str) -> None:
    made = company()
    made.skipped.append({"source": "db", "dataset": "secret", "path": "", "reason": "permission denied", "mend": "GRANT SELECT"})
    assert [r.status for r in made.judge(requirement) if r.subject == "db/secret"] == [Status.UNKNOWN]


def test_a_test_store_that_was_read_in_part_is_not_only_green() -> None:
    made = Company().source("staging", environment=Environment.TEST).dataset("staging", "things").field("staging", "things", "colour")
    made.skipped.append({"source": "staging", "dataset": "buyers", "path": "", "reason": "permission denied", "mend": "GRANT SELECT"})
    assert {r.subject: r.status for r in made.judge("2.5.c")} == {"staging": Status.PASS, "staging/buyers": Status.UNKNOWN}


def test_no_rights_of_public_say_nothing_of_the_network() -> None:
    made = Company().source("db").fact("db", "public_access", []).fact("db/orders", "public_access", [])
    assert made.one("1.1.a").status == Status.UNKNOWN


def test_one_closed_bucket_does_not_speak_for_another() -> None:
    made = Company().source("s3").fact("s3/a", "public_access", {"public": False}).fact("s3/b", "public_access", None, "s3:GetBucketAcl")
    found = made.one("1.1.a")
    assert found.status == Status.UNKNOWN
    assert "s3/b" in found.reason
    assert "s3:GetBucketAcl" in found.mend


@pytest.mark.parametrize("requirement", ["1.8.a", "2.1.a", "2.5.a"])
def test_a_scan_of_chosen_datasets_does_not_speak_for_the_rest(requirement: str) -> None:
    made = company()
    for narrowed, unknown in (([True], True), ([True, False], False)):
        made.scans = pd.DataFrame({"narrowed": narrowed})
        assert (Status.UNKNOWN in {r.status for r in made.judge(requirement) if r.subject == "db"}) is unknown


def test_a_row_of_tomorrow_tells_no_age() -> None:
    assert Company().source("db").fact("db", "oldest_row", iso(-400)).one("1.7.a").status == Status.UNKNOWN
