"""A person's word: valid, expired, too old for the policy, not approved by another, for the wrong store."""

from __future__ import annotations

import pytest
from shop import PACKS, Company

from ropewalk.contracts import Requirement
from ropewalk.model import Status

WORDS = [r for r in PACKS["amazon-dpp"].requirements if r.control == "attested"]


@pytest.mark.parametrize("need", WORDS, ids=lambda n: n.id)
def test_every_attested_requirement_passes_goes_stale_and_unknown(need: Requirement) -> None:
    kind = need.params["kind"]
    logs = need.params.get("scope") == "logs"
    company = Company().dataset("logs", "app.log", "log") if logs else Company().source("db")
    silent = company.one(need.id)
    assert silent.status == Status.UNKNOWN
    assert f"ropewalk attest {kind}" in silent.mend
    company.attest(kind, "logs" if logs else "company")
    assert company.one(need.id).status == Status.PASS
    company.attestations.clear()
    company.attest(kind, "logs" if logs else "company", at=need.params["period_days"] + 2, until=-5000)
    late = company.one(need.id)
    assert late.status == Status.STALE
    assert "expired" in late.reason


def test_the_freshest_word_counts() -> None:
    company = Company().attest("penetration_test", "company", at=500, until=200).attest("penetration_test", "company", at=20)
    assert company.one("2.7.d").status == Status.PASS


def test_segregation_needs_another_approver() -> None:
    for approver in ("", "Lead"):
        found = Company().attest("access_review", "company", approver=approver).one("1.2.d")
        assert found.status == Status.UNKNOWN
        assert "nobody else approved it" in found.reason


def test_a_word_from_the_future_counts_for_nothing() -> None:
    assert Company().attest("alarms", "company", at=-3).one("2.6.f").status == Status.UNKNOWN


def test_a_word_on_one_store_does_not_cover_the_company_nor_another_store() -> None:
    assert Company().source("db").attest("alarms", "db").one("2.6.f").status == Status.UNKNOWN
    company = Company().dataset("a", "x.log", "log").dataset("b", "y.log", "log").attest("log_review", "a")
    assert {r.subject: r.status for r in company.judge("2.6.d")} == {"a": Status.PASS, "b": Status.UNKNOWN}


def test_an_end_that_the_word_names_is_an_end() -> None:
    assert Company().attest("alarms", "company", at=10, until=1).one("2.6.f").status == Status.STALE


@pytest.mark.parametrize(
    ("lock", "words"),
    [({"mode": "COMPLIANCE", "days": 400}, "on (mode COMPLIANCE, days 400)"), (True, "is on"), (365, "on (365 days)"), (False, "is off")],
)
def test_the_lock_of_a_bucket_with_logs_stands_beside_the_word(lock: object, words: str) -> None:
    company = Company().dataset("logs", "app.log", "log").fact("logs", "object_lock", lock)
    silent = company.one("2.6.e")
    assert silent.status == Status.UNKNOWN
    assert words in silent.reason
    held = company.attest("log_protection", "logs").one("2.6.e")
    assert held.status == Status.PASS
    assert words in held.reason
