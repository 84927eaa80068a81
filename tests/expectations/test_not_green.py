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


@pytest.mark.parametrize("requirement", ["1.8.a", "2.1.a", "2.2.a", "2.5.a"])
def test_columns_that_the_account_may_not_read_are_unknown(requirement: str) -> None:
    made = Company().dataset("db", "staff").field("db", "staff", "number").field("db", "staff", "photo")
    made.skipped += [
        {"source": "db", "dataset": "staff", "path": path, "reason": "may not read it", "mend": f"GRANT SELECT ({path})"}
        for path in ("tax_id", "iban")
    ]
    made.skipped.append({"source": "db", "dataset": "staff", "path": "photo", "reason": "values longer than the limit", "mend": "raise it"})
    found = [r for r in made.judge(requirement) if r.subject == "db/staff" and r.status == Status.UNKNOWN]
    assert [r.reason for r in found if "tax_id" in r.reason] == ["2 fields were not looked at: tax_id, iban: may not read it"]
    assert [r.mend for r in found if "tax_id" in r.reason] == ["GRANT SELECT (tax_id), and so for the others"]
    assert not any("photo" in r.reason for r in found)


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


@pytest.mark.parametrize(
    ("requirement", "facts"),
    [
        ("1.1.a", {"public_access": False}),
        ("1.2.a", {"accounts": ["ann"]}),
        ("1.2.c", {"lockout": {"max_attempts": 5}}),
        ("1.4.b", {"password_policy": {"mfa": True}}),
        ("1.5.a", {"transit": "tls", "tls_version": "TLSv1.3", "tls_enforced": True, "certificate_expires": iso(-90)}),
    ],
)
def test_settings_that_were_asked_for_long_ago_are_stale(requirement: str, facts: dict[str, object]) -> None:
    made = Company().source("db")
    for name, value in facts.items():
        made.fact("db", name, value)
    assert {r.status for r in made.judge(requirement)} == {Status.PASS}
    for fact in made.facts:
        fact["observed_at"] = days(32)
    stale = [r for r in made.judge(requirement) if r.status == Status.STALE]
    assert [(r.subject, r.mend) for r in stale] == [("db", "ropewalk scan --source db")]
    assert not any(r.status == Status.STALE for r in made.judge(requirement, look_days=40))


@pytest.mark.parametrize("requirement", ["2.6.a", "2.6.b", "2.6.c", "2.6.d", "2.6.e"])
def test_a_company_without_logs_is_unknown(requirement: str) -> None:
    found = company().judge(requirement)
    assert [(r.subject, r.status) for r in found] == [("company", Status.UNKNOWN)]


@pytest.mark.parametrize("requirement", ["2.6.a", "2.6.b", "2.6.c", "2.6.d"])
@pytest.mark.parametrize("uri", ["logs:///var/log/shop", "logs+s3://bucket/logs", "cloudwatch://eu-west-1"])
def test_logs_that_were_not_scanned_are_unknown(requirement: str, uri: str) -> None:
    found = company().source("logs", uri).judge(requirement)
    assert [(r.subject, r.status) for r in found] == [("logs", Status.UNKNOWN)]


def test_the_rules_of_one_store_say_nothing_of_another() -> None:
    made = Company().source("db").source("cache", "redis://cache/0").source("local", "sqlite:///x.db").fact("local", "transit", "local")
    made.fact("db", "password_policy", {"mfa": True})
    assert {r.subject: r.status for r in made.judge("1.4.b")} == {"db": Status.PASS, "cache": Status.UNKNOWN}
    assert "--subject cache" in next(r.mend for r in made.judge("1.4.b") if r.subject == "cache")
    made.attest("password_policy", "company")
    assert {r.subject: r.status for r in made.judge("1.4.b")} == {"db": Status.PASS, "cache": Status.PASS}


def test_the_account_answers_for_its_buckets_and_logs() -> None:
    made = Company().source("account", "aws://").source("files", "s3://bucket/").source("logs", "cloudwatch://eu-west-1")
    made.fact("account", "password_policy", {"mfa": True})
    assert {r.subject for r in made.judge("1.4.b")} == {"account"}


def test_a_word_that_it_is_not_so_counts_for_what_is_not_told() -> None:
    made = Company().source("db").fact("db", "password_policy", {"min_length": 12})
    assert made.one("1.4.a").status == Status.UNKNOWN
    assert made.attest("password_policy", "db", at=9, until=1).one("1.4.a").status == Status.STALE
    assert made.attest("password_policy", "company", met=False).one("1.4.a").status == Status.FAIL


@pytest.mark.parametrize(("requirement", "fact", "value"), [("1.1.b", "intrusion_detection", True), ("1.4.d", "api_key_age_days", 90)])
def test_what_one_account_tells_is_not_all_that_is_asked(requirement: str, fact: str, value: object) -> None:
    """The keys of Amazon's API lie in no account that is asked, and the parts of a network no detector shows."""
    made = Company().source("aws", "aws://").fact("aws", fact, value)
    assert {r.subject: r.status for r in made.judge(requirement)} == {"aws": Status.PASS, "company": Status.UNKNOWN}


def test_no_day_of_grace_is_no_month() -> None:
    rows = pd.DataFrame({"email": ["a@example.com"], "origin": ["orders"], "delivered_at": [iso(3)]})
    assert company(rows).one("2.1.a", days=0).status == Status.FAIL


def test_rows_judged_by_shipment_are_named_as_such() -> None:
    rows = pd.DataFrame({"email": ["a@example.com"] * 3, "delivered_at": [iso(3), None, iso(2)], "shipped_at": [iso(9)] * 3})
    made = company(rows).field("db", "orders", "shipped_at")
    assert "1 of them by the shipment clock" in made.one("2.1.a").reason
    made.tables["db", "orders"] = FrameTable(rows.assign(delivered_at=None))
    assert "all by the shipment clock" in made.one("2.1.a").reason
    made.tables["db", "orders"] = FrameTable(rows.assign(delivered_at=iso(3)))
    assert "shipment" not in made.one("2.1.a").reason


@pytest.mark.parametrize(
    ("requirement", "kind", "subject"),
    [
        ("1.1.a", "public_access", "db"), ("1.2.a", "unique_accounts", "db"), ("1.3.a", "role_reasons", "db"),
        ("1.4.a", "password_policy", "company"),
        ("1.5.a", "encryption_in_transit", "db"), ("1.8.a", "separate_store", "db"), ("2.4.a", "encryption_at_rest", "db"),
        ("2.4.b", "key_management", "db"), ("2.7.d", "penetration_test", "company"),
    ],
)  # fmt: skip
def test_a_pass_by_a_word_says_that_it_is_one(requirement: str, kind: str, subject: str) -> None:
    found = company().attest(kind, subject).one(requirement)
    assert (found.status, found.coverage) == (Status.PASS, "attested")


def test_a_store_of_which_one_dataset_is_attested_says_so() -> None:
    made = company().dataset("db", "notes").field("db", "notes", "email", "email").attest("encryption_at_rest", "db/notes")
    made.fact("db/orders", "encrypted_at_rest", {"layer": "volume", "algorithm": "AES-256"})
    assert made.one("2.4.a").coverage == "1 of 2 datasets attested"
