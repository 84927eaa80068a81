"""Approved accounts and leavers, against the accounts that stores tell of; inventory of assets; subcontractors."""

from __future__ import annotations

from typing import Any

import pytest
from registers import Registered, days, hours

from ropewalk.judging.accounts import People, bare
from ropewalk.model import Status

ADA = {"account": "ada@example.com", "aliases": ("aq",)}


def company(*accounts: Any, source: str = "db") -> Registered:
    made = Registered()
    made.source(source).fact(source, "accounts", list(accounts))
    return made


def statuses(found: list[Any]) -> dict[str, Status]:
    return {r.subject: r.status for r in found}


# 1.2.b Approved accounts


@pytest.mark.parametrize("name", ["ada", "ADA@example.com", "'ada'@'%'", "aq", "SHOP\\ada", "aq@example.com"])
def test_accounts_of_approved_people_pass(name: str) -> None:
    found = company(name).imports("approved", ADA).one("1.2.b")
    assert (found.status, found.checked) == (Status.PASS, 1)


@pytest.mark.parametrize("name", ["bo", "ada@other.example", "ada2", "quill"])
def test_an_account_that_nobody_approved_fails(name: str) -> None:
    found = company("ada", name).imports("approved", ADA).one("1.2.b")
    assert (found.status, found.failed) == (Status.FAIL, 1)
    assert f"{bare(name)} is not approved" in found.reason


def test_an_account_that_the_list_has_disabled_fails() -> None:
    found = company("ada").imports("approved", {**ADA, "active": False}).one("1.2.b")
    assert found.status == Status.FAIL
    assert "disabled in the list" in found.reason


def test_accounts_that_cannot_sign_in_are_not_asked_for() -> None:
    assert company({"name": "readers", "login": False}, {"name": "ada"}).imports("approved", ADA).one("1.2.b").checked == 1


def test_some_accounts_can_fail_but_never_pass() -> None:
    made = Registered()
    made.source("db").fact("db", "superusers", ["ada"])
    made.imports("approved", ADA)
    found = made.one("1.2.b")
    assert found.status == Status.UNKNOWN
    assert "does not tell all" in found.reason
    made.fact("db", "shared_accounts", ["root"])
    assert made.one("1.2.b").status == Status.FAIL


def test_a_file_has_no_accounts() -> None:
    made = Registered()
    made.source("files", "file:///x").fact("files", "transit", "local")
    assert made.imports("approved", ADA).one("1.2.b").status == Status.NOT_APPLICABLE


def test_no_list_is_unknown_or_a_persons_word() -> None:
    made = company("ada")
    silent = made.one("1.2.b")
    assert (silent.status, silent.subject) == (Status.UNKNOWN, "company")
    assert "ropewalk inventory import approved FILE" in silent.mend
    assert "ropewalk attest access_registration" in silent.mend
    made.attest("access_registration", "company")
    assert (made.one("1.2.b").status, made.one("1.2.b").coverage) == (Status.PASS, "attested")


def test_an_old_list_is_stale_unless_a_newer_word_stands() -> None:
    made = company("ada").imports("approved", ADA, age=100)
    assert made.one("1.2.b").status == Status.STALE
    made.attest("access_registration", "company", at=101)
    assert made.one("1.2.b").status == Status.STALE
    made.attest("access_registration", "company", at=2)
    assert made.one("1.2.b").status == Status.PASS


def test_what_an_old_list_shows_to_be_wrong_is_wrong() -> None:
    made = company("bo").imports("approved", ADA, age=100)
    made.attest("access_registration", "company", at=2)
    assert made.one("1.2.b").status == Status.FAIL


def test_a_newer_word_that_it_is_not_so_counts() -> None:
    made = company("ada").imports("approved", ADA, age=5)
    made.attest("access_registration", "company", at=2, met=False)
    assert made.one("1.2.b").status == Status.FAIL


def test_every_list_must_be_young() -> None:
    made = company("ada", "bo").imports("approved", ADA, age=2).imports("approved", {"account": "bo"}, age=200, target="services")
    assert made.one("1.2.b").status == Status.STALE
    made.imports("approved", age=1, target="services", format="ended")
    assert made.one("1.2.b").status == Status.FAIL  # bo stood on the list that ended


def test_names_of_accounts() -> None:
    people = People([{"account": "Ada@Example.com", "aliases": ["svc"]}])
    assert people.of("arn:aws:iam::1:user/ada") is not None
    assert people.of('"ADA"') is not None
    assert people.of("svc@host") is not None
    assert people.of("adam") is None


# 1.2.e Leavers


def left(at: float, disabled: float | None = None, account: str = "bo@example.com") -> dict[str, Any]:
    return {"account": account, "left_at": hours(at), "disabled_at": None if disabled is None else hours(disabled)}


def test_leavers_whose_access_ended_in_time_pass() -> None:
    found = company("ada").imports("leavers", left(100, 77), left(500, 480, "cy")).judge("1.2.e")
    assert statuses(found) == {"company": Status.PASS, "db": Status.PASS}
    assert found[0].checked == 2


def test_access_for_more_than_a_day_fails() -> None:
    found = company("ada").imports("leavers", left(100, 75)).judge("1.2.e")
    assert statuses(found) == {"company": Status.FAIL, "db": Status.PASS}
    assert "kept access for 25 hours" in found[0].reason


@pytest.mark.parametrize(
    ("fact", "value"), [("accounts", ["bo"]), ("grants", [{"grantee": "bo", "privilege": "SELECT"}]), ("superusers", ["'bo'@'%'"])]
)
def test_an_account_of_a_leaver_that_is_still_there_fails(fact: str, value: list[Any]) -> None:
    made = Registered()
    made.source("db").fact("db/orders" if fact == "grants" else "db", fact, value)
    found = made.imports("leavers", left(100, 90)).judge("1.2.e")
    assert statuses(found) == {"company": Status.PASS, "db": Status.FAIL}
    assert "bo has left and is still there" in found[1].reason


def test_within_a_day_of_leaving_an_account_may_be_there() -> None:
    found = company("bo").imports("leavers", left(20)).judge("1.2.e")
    assert statuses(found) == {"company": Status.PASS, "db": Status.PASS}
    assert found[0].details["waiting"] == 1


def test_an_end_that_nobody_tells_is_unknown() -> None:
    found = company("ada").imports("leavers", left(100)).judge("1.2.e")
    assert statuses(found) == {"company": Status.UNKNOWN, "db": Status.PASS}
    assert "disabled_at" in found[0].mend


def test_the_list_of_accounts_tells_when_access_ended() -> None:
    made = company("ada").imports("leavers", left(100))
    made.imports("approved", {"account": "bo@example.com", "active": False, "disabled_at": hours(90)})
    assert made.judge("1.2.e")[0].status == Status.PASS
    made.rows_[-1]["record"]["disabled_at"] = hours(60).isoformat()
    assert made.judge("1.2.e")[0].status == Status.FAIL


def test_who_leaves_tomorrow_has_not_left() -> None:
    assert company("bo").imports("leavers", left(-24)).judge("1.2.e")[0].reason.startswith("nobody has left")


def test_leavers_of_long_ago_are_not_timed_but_still_looked_for() -> None:
    found = company("bo").imports("leavers", left(24 * 500, 24 * 400)).judge("1.2.e")
    assert statuses(found) == {"company": Status.PASS, "db": Status.FAIL}


def test_no_list_of_leavers_is_unknown_an_old_one_stale_an_empty_one_good() -> None:
    assert company("ada").one("1.2.e").status == Status.UNKNOWN
    assert company("ada").attest("leaver_process", "company").one("1.2.e").status == Status.PASS
    assert statuses(company("ada").imports("leavers", age=100).judge("1.2.e")) == {"company": Status.STALE, "db": Status.STALE}
    assert statuses(company("ada").imports("leavers").judge("1.2.e")) == {"company": Status.PASS, "db": Status.PASS}


def test_a_store_that_tells_no_accounts_is_unknown() -> None:
    made = Registered()
    made.source("db").fact("db", "accounts", None, "GRANT SELECT ON mysql.user")
    found = made.imports("leavers", left(100, 90)).judge("1.2.e")
    assert statuses(found) == {"company": Status.PASS, "db": Status.UNKNOWN}
    assert "GRANT SELECT ON mysql.user" in found[1].mend


# 2.3.a Assets


def test_the_inventory_holds_every_store_and_is_young() -> None:
    made = company("ada")
    assert made.one("2.3.a").status == Status.UNKNOWN
    made.imports("assets", {"name": "db-1", "source": "db", "seen": 1}, {"name": "old", "seen": 200, "closed": 1}, age=1)
    found = made.one("2.3.a")
    assert (found.status, found.details) == (Status.PASS, {"assets": 1, "new": 1, "gone": 1})
    made.source("logs")
    found = made.one("2.3.a")
    assert (found.status, found.failed) == (Status.FAIL, 1)
    assert "logs" in found.reason


def test_an_inventory_of_last_quarter_is_stale() -> None:
    assert company("ada").imports("assets", {"name": "db"}, age=93).one("2.3.a").status == Status.STALE
    assert company("ada").imports("assets", {"name": "db"}, age=92).one("2.3.a").status == Status.PASS


# 2.8.a Subcontractors

POST = {"name": "Parcel Post", "access_since": days(700), "first_assessed_at": days(710), "assessed_at": days(200), "result": "passed"}
ROPA = {"activities": [{"shared": [{"recipient": "parcel post", "mechanism": "API"}], "transfers": [{"country": "US", "safeguard": "SCC"}]}]}


def vendors(*rows: dict[str, Any], ropa: Any = ROPA, age: float = 1) -> dict[str, Status]:
    made = Registered(declared={"ropa": ropa})
    made.source("db")
    return statuses(made.imports("subcontractors", *map(dict, rows), age=age).judge("2.8.a"))


def test_assessed_subcontractors_pass() -> None:
    assert vendors(POST) == {"company": Status.PASS, "subcontractor Parcel Post": Status.PASS}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"assessed_at": days(366)}, Status.FAIL),
        ({"assessed_at": None, "first_assessed_at": None}, Status.FAIL),
        ({"result": "failed"}, Status.FAIL),
        ({"first_assessed_at": days(690)}, Status.FAIL),
        ({"first_assessed_at": None}, Status.UNKNOWN),
        ({"access_since": None}, Status.UNKNOWN),
        ({"access_since": days(100), "first_assessed_at": None}, Status.PASS),
    ],
)
def test_each_subcontractor_is_judged(change: dict[str, Any], status: Status) -> None:
    assert vendors({**POST, **change})["subcontractor Parcel Post"] == status


def test_recipients_of_the_record_stand_on_the_list() -> None:
    assert vendors() == {"company": Status.FAIL}
    assert vendors({"name": "PP", "aliases": ("Parcel Post",), "result": "exempt"}) == {"company": Status.PASS}
    assert vendors(POST, ropa=None)["company"] == Status.UNKNOWN
    assert vendors(ropa={"activities": []}) == {"company": Status.PASS}


def test_who_has_no_access_any_more_needs_no_assessment() -> None:
    assert vendors({**POST, "assessed_at": days(500), "access_until": days(3)}) == {"company": Status.PASS}


def test_no_list_of_subcontractors_is_unknown_an_old_one_stale() -> None:
    made = Registered(declared={"ropa": ROPA})
    assert made.one("2.8.a").status == Status.UNKNOWN
    assert made.attest("subcontractor_assessment", "company").one("2.8.a").status == Status.PASS
    assert vendors({**POST, "assessed_at": days(365)}, age=366)["company"] == Status.STALE
