"""Incidents told in time and documented, a contact, a plan that is reviewed after changes."""

from __future__ import annotations

from typing import Any

import pytest
from registers import Registered, days, hours

from ropewalk.model import Status


def incident(**more: Any) -> dict[str, Any]:
    row = {"id": "INC-1", "detected_at": hours(2000), "notified_at": hours(1990), "classification": "phishing", "handovers": 2, "measures": True}
    return {**row, "post_mortem_at": hours(1800), **more}


def one(requirement: str, *rows: dict[str, Any], kind: str = "incidents", age: float = 1) -> Any:
    made = Registered()
    made.imports(kind, *rows, age=age)
    return made.one(requirement)


# 1.6.c Notification


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({}, Status.PASS, "1 of 1 incidents"),
        ({"notified_at": hours(1976)}, Status.PASS, "1 of 1"),
        ({"notified_at": hours(1975.5)}, Status.FAIL, "INC-1 was notified after 24 hours"),
        ({"notified_at": None}, Status.FAIL, "INC-1 is not notified after 2000 hours"),
        ({"notified_at": None, "amazon_data": False}, Status.PASS, "no incident"),
        ({"notified_at": None, "detected_at": hours(20)}, Status.PASS, "1 still in time"),
        ({"notified_at": None, "detected_at": hours(24 * 400)}, Status.PASS, "no incident"),
    ],
)
def test_amazon_is_told_within_a_day(change: dict[str, Any], status: Status, words: str) -> None:
    found = one("1.6.c", incident(**change))
    assert found.status == status
    assert words in found.reason


def test_the_regulation_gives_three_days() -> None:
    made = Registered()
    made.imports("incidents", incident(notified_at=hours(1940)))
    assert made.judge("33.1.a", "gdpr")[0].status == Status.PASS
    assert made.one("1.6.c").status == Status.FAIL


@pytest.mark.parametrize("requirement", ["1.6.c", "1.6.d"])
def test_a_register_of_incidents_that_is_absent_old_or_empty(requirement: str) -> None:
    kind = {"1.6.c": "incident_notification", "1.6.d": "incident_records"}[requirement]
    silent = Registered().one(requirement)
    assert silent.status == Status.UNKNOWN
    assert "ropewalk inventory import incidents FILE" in silent.mend
    assert Registered().attest(kind, "company").one(requirement).status == Status.PASS
    assert Registered().attest(kind, "company", met=False).one(requirement).status == Status.FAIL
    assert one(requirement).status == Status.PASS
    assert one(requirement, age=184).status == Status.STALE
    assert one(requirement, incident(), age=184).status == Status.STALE


def test_an_old_register_still_shows_what_was_never_told() -> None:
    assert one("1.6.c", incident(notified_at=None), age=300).status == Status.FAIL


def test_an_incident_that_a_later_list_leaves_out_stays_known() -> None:
    assert one("1.6.c", incident(notified_at=None, closed=2)).status == Status.FAIL


# 1.6.d Records


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"classification": ""}, "INC-1: no classification"),
        ({"handovers": 0}, "no custody of evidence"),
        ({"measures": False, "post_mortem_at": None}, "no post-mortem and no measures"),
        ({"post_mortem_at": hours(-48)}, "no post-mortem"),
        ({"breaks": ("handover 2 has no SHA-256",)}, "INC-1: handover 2 has no SHA-256"),
    ],
)
def test_an_incomplete_file_fails(change: dict[str, Any], words: str) -> None:
    found = one("1.6.d", incident(**change))
    assert found.status == Status.FAIL
    assert words in found.reason


def test_a_whole_file_passes_and_a_post_mortem_has_its_time() -> None:
    assert one("1.6.d", incident()).status == Status.PASS
    assert one("1.6.d", incident(detected_at=hours(600), post_mortem_at=None, measures=False)).status == Status.PASS


# 1.6.e Contact


@pytest.mark.parametrize(
    ("rows", "age", "status"),
    [
        ([{"name": "Desk", "ways": ("phone",), "checked_at": days(20)}], 1, Status.PASS),
        ([{"name": "Desk", "ways": ("phone",)}], 1, Status.PASS),
        ([{"name": "Desk", "ways": ("phone",)}], 184, Status.STALE),
        ([{"name": "Desk", "ways": ("phone",), "checked_at": days(200)}], 1, Status.STALE),
        ([{"name": "Desk", "checked_at": days(20)}], 1, Status.FAIL),
        ([{"name": "Deputy", "deputy": True, "ways": ("phone",), "checked_at": days(20)}], 1, Status.FAIL),
        ([], 1, Status.FAIL),
    ],
)
def test_a_contact_is_named_and_can_be_reached(rows: list[dict[str, Any]], age: float, status: Status) -> None:
    assert one("1.6.e", *map(dict, rows), kind="contacts", age=age).status == status


def test_no_list_of_contacts_is_unknown_or_a_persons_word() -> None:
    assert Registered().one("1.6.e").status == Status.UNKNOWN
    assert Registered().attest("incident_contact", "company").one("1.6.e").status == Status.PASS


# 1.6.b Plan


def plan(*changes: dict[str, Any], reviewed: float = 60, age: float | None = 1, **word: Any) -> Any:
    made = Registered()
    if age is not None:
        made.imports("changes", *changes, age=age)
    made.attest("incident_plan", "company", at=reviewed, **word)
    return made.one("1.6.b")


def change(at: float, major: bool = True) -> dict[str, Any]:
    return {"id": f"CHG-{at}", "at": days(at), "major": major}


def test_a_review_that_no_major_change_followed_passes() -> None:
    found = plan(change(90), change(40, major=False))
    assert (found.status, found.coverage) == (Status.PASS, "full")
    assert "no major change since" in found.reason


def test_a_major_change_calls_for_a_review() -> None:
    late = plan(change(40))
    assert (late.status, late.failed) == (Status.FAIL, 1)
    assert "CHG-40" in late.reason
    soon = plan(change(10))
    assert soon.status == Status.PASS
    assert "to be followed by a review" in soon.reason
    assert plan(change(40), reviewed=20).status == Status.PASS
    assert plan(change(-5)).status == Status.PASS


def test_without_a_list_of_changes_a_review_is_a_persons_word() -> None:
    found = plan(age=None)
    assert (found.status, found.coverage) == (Status.PASS, "attested")
    assert "no list of changes" in found.reason


def test_an_old_list_of_changes_counts_as_none() -> None:
    found = plan(reviewed=180, age=184)
    assert (found.status, found.coverage) == (Status.PASS, "attested")
    assert "no list of changes that is young enough" in found.reason


def test_no_review_is_unknown_an_old_one_stale_a_refused_one_a_failure() -> None:
    assert Registered().imports("changes").one("1.6.b").status == Status.UNKNOWN
    assert plan(reviewed=185).status == Status.STALE
    assert plan(approver="").status == Status.UNKNOWN
    assert plan(met=False).status == Status.FAIL
