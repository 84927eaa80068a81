"""Origin, logs, secrets, test stores, the record, and what stores tell of access, accounts, keys and age."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from shop import Company, iso, ropa

from ropewalk.model import Environment, Status


def buyers(frame: pd.DataFrame | None = None) -> Company:
    return Company().dataset("db", "buyers", rows=frame).field("db", "buyers", "email", "email")


def test_origin_by_tag_by_store_by_word() -> None:
    assert buyers().one("1.8.a").status == Status.FAIL
    assert "write its origin into" in buyers().one("1.8.a").mend
    assert buyers().fact("db/buyers", "origin_tag", "amazon").one("1.8.a").status == Status.PASS
    assert buyers().fact("db", "origin_tag", "amazon").one("1.8.a").status == Status.PASS
    assert buyers().attest("separate_store", "db").one("1.8.a").status == Status.PASS
    assert buyers().attest("separate_store", "db", at=90, until=1).one("1.8.a").status == Status.STALE
    separate = buyers()
    separate.declared["separate_stores"] = ["db"]
    assert "separate_store: true" in separate.one("1.8.a").reason


@pytest.mark.parametrize(("empty", "status"), [(0, Status.PASS), (1, Status.PASS), (2, Status.FAIL), (300, Status.FAIL)])
def test_origin_by_row(empty: int, status: Status) -> None:
    frame = pd.DataFrame({"email": ["a@example.com"] * 1000, "source_system": [""] * empty + ["amazon"] * (1000 - empty)})
    found = buyers(frame).field("db", "buyers", "source_system").one("1.8.a")
    assert (found.status, found.checked, found.failed) == (status, 1000, empty)


def test_a_column_without_a_name_is_no_origin() -> None:
    company = buyers()
    for path in ("", '""'):
        company.field("db", "buyers", path)
    assert company.one("1.8.a").status == Status.FAIL


def test_origin_column_that_cannot_be_read_is_unknown() -> None:
    assert buyers().field("db", "buyers", "origin").one("1.8.a").status == Status.UNKNOWN


def log(**more: Any) -> Company:
    return Company().dataset("logs", "app.log", "log").field("logs", "app.log", "level", **more)


def test_logs() -> None:
    clean = log().one("2.6.a")
    assert (clean.status, clean.coverage) == (Status.PASS, "full")
    sampled = log(method="stride", bound=0.002, rows=1500).one("2.6.a")
    assert sampled.coverage == "sample of 1500 lines (up to 0.2% could still hold some)"
    found = log().field("logs", "app.log", "remote", "ip").field("logs", "app.log", "msg", "credential").one("2.6.a")
    assert (found.status, found.failed, found.checked) == (Status.FAIL, 2, 3)
    assert "remote (ip, 8 times)" in found.reason
    assert log().field("logs", "app.log", "host", "ip", confidence=0.3).one("2.6.a").status == Status.PASS
    assert Company().dataset("logs", "app.log", "log").one("2.6.a").status == Status.UNKNOWN
    held = log().field("logs", "app.log", "ip", "ip").attest("legal_hold", "logs", statement="Telecommunications act, section 9").one("2.6.a")
    assert held.status == Status.PASS


def test_a_field_of_a_log_that_a_steward_calls_personal_counts() -> None:
    said = log().field("logs", "app.log", "who", "name", matched=0, confidence=1.0, decision="reclassified").one("2.6.a")
    assert (said.status, said.failed) == (Status.FAIL, 1)
    assert said.reason == "personal data in who (name, by a word of a steward)"


def test_log_retention() -> None:
    assert log().fact("logs", "retention_days", 30).one("2.6.b").status == Status.FAIL
    assert log().fact("logs", "retention_days", 400).one("2.6.b").subject == "logs"
    assert log().fact("logs/app.log", "retention_days", "never").one("2.6.b").status == Status.PASS
    old = log().fact("logs/app.log", "oldest_event", iso(380)).one("2.6.b")
    assert (old.status, old.subject) == (Status.PASS, "logs/app.log")
    assert log().fact("logs/app.log", "oldest_event", iso(20)).one("2.6.b").status == Status.UNKNOWN
    assert log().one("2.6.b").status == Status.UNKNOWN
    assert log().attest("log_retention", "logs").one("2.6.b").status == Status.PASS


def test_log_content() -> None:
    assert log().fact("logs/app.log", "event_fields", ["ts", "level", "userIdentity.arn", "eventName"]).one("2.6.c").status == Status.PASS
    found = log().fact("logs/app.log", "event_fields", ["ts", "message"]).one("2.6.c")
    assert (found.status, found.failed) == (Status.FAIL, 2)
    one_missing = log().fact("logs/app.log", "event_fields", ["ts", "message", "user"])
    assert one_missing.one("2.6.c").status == Status.UNKNOWN
    assert one_missing.attest("log_content", "logs").one("2.6.c").status == Status.PASS
    assert log().one("2.6.c").status == Status.UNKNOWN


def test_secrets() -> None:
    also = [{"entity": "AWS_KEY", "category": "credential", "cells": 2}]
    company = log().field("logs", "app.log", "msg", "credential", also=also).field("logs", "app.log", "note", "name")
    found = company.one("2.5.a")
    assert (found.status, found.failed, found.checked, found.subject) == (Status.FAIL, 1, 3, "logs/app.log")
    assert "aws key" in found.reason
    assert log().one("2.5.a").status == Status.PASS
    assert Company().source("logs", "logs://x").judge("2.5.a")[0].status == Status.UNKNOWN


def test_personal_data_in_test_stores() -> None:
    company = Company().source("staging", environment=Environment.TEST).dataset("staging", "buyers").field("staging", "buyers", "email", "email")
    assert company.one("2.5.c").subject == "staging/buyers"
    assert company.one("2.5.c").status == Status.FAIL
    assert company.attest("synthetic_data", "staging").one("2.5.c").status == Status.PASS
    clean = Company().source("staging", environment=Environment.TEST).dataset("staging", "flags").field("staging", "flags", "on")
    assert clean.one("2.5.c").status == Status.PASS
    assert buyers().one("2.5.c").status == Status.UNKNOWN


def test_record_of_processing() -> None:
    company = buyers().field("db", "buyers", "items[].gift", "gift_message")
    assert company.one("2.2.a").status == Status.FAIL
    company.declared["ropa"] = ropa("db/buyers#email")
    found = company.one("2.2.a")
    assert (found.status, found.checked, found.failed) == (Status.FAIL, 2, 1)
    assert "items[].gift" in found.reason
    company.declared["ropa"] = ropa("db/buyers#*")
    assert company.one("2.2.a").status == Status.PASS
    assert Company().dataset("db", "t").judge("2.2.a") == []


@pytest.mark.parametrize(
    ("record", "status", "told"),
    [
        (ropa("db/buyers#*", without="processed"), Status.FAIL, "ship does not say how it is processed"),
        (ropa("db/buyers#*", without="used"), Status.FAIL, "what it is used for"),
        (ropa("db/buyers#*", without="shared"), Status.FAIL, "with whom it is shared"),
        (ropa("db/buyers#*", without="disposed"), Status.FAIL, "not valid (activities.0.disposed)"),
        (ropa("db/buyers#*", without="security"), Status.FAIL, "not valid (activities.0.security)"),
        ({"activities": [{"fields": ["*"]}]}, Status.FAIL, "not valid"),
        ("nothing of the kind", Status.FAIL, "not valid (its form)"),
        ({"controller": {"name": "A"}}, Status.FAIL, "declares no activity"),
        (ropa("db/buyers#*", next_review="2026-11-19"), Status.STALE, "review was due: ship on 2026-11-19"),
        (ropa("db/buyers#*", next_review="2026-11-20"), Status.PASS, "all 1 personal fields"),
    ],
)
def test_a_record_that_leaves_something_out_is_no_record(record: Any, status: Status, told: str) -> None:
    company = buyers()
    company.declared["ropa"] = record
    found = company.one("2.2.a")
    assert found.status == status
    assert told in found.reason


def test_hashed_personal_fields_stand_in_the_record_too() -> None:
    company = Company().dataset("db", "buyers").field("db", "buyers", "email", "email", strength="weak", recognisers=["hash"])
    company.declared["ropa"] = ropa("db/buyers#name")
    assert company.one("2.2.a").status == Status.FAIL
    assert company.fact("db", "key_rotation", False).one("2.4.b").status == Status.FAIL


@pytest.mark.parametrize(
    ("fact", "value", "status"),
    [
        ("public_access", True, Status.FAIL), ("public_access", ["0.0.0.0/0 to 5432"], Status.FAIL), 
        ("public_access", {"public": False}, Status.PASS), ("public_access", [{"grantee": "PUBLIC", "privilege": "SELECT"}], Status.UNKNOWN),
        ("open_to_world", [], Status.PASS), ("open_to_world", False, Status.PASS), ("transit", "local", Status.NOT_APPLICABLE),
        ("other", 1, Status.UNKNOWN),
    ],
)  # fmt: skip
def test_public_access(fact: str, value: Any, status: Status) -> None:
    assert Company().source("db").fact("db", fact, value).one("1.1.a").status == status


def test_a_public_bucket_among_closed_ones_fails() -> None:
    company = Company().source("s3").fact("s3/a", "public_access", False).fact("s3/b", "public_access", True)
    assert company.one("1.1.a").failed == 1
    assert "s3/b" in company.one("2.3.d").reason


def test_grants() -> None:
    wide = buyers().fact("db", "grants", [{"grantee": "PUBLIC", "privileges": ["SELECT"]}, {"grantee": "app", "privileges": ["SELECT"]}])
    assert wide.one("1.3.a").status == Status.FAIL
    assert buyers().fact("db", "grants", [{"grantee": "root", "superuser": True}]).one("1.3.a").status == Status.FAIL
    narrow = buyers().fact("db/buyers", "grants", [{"grantee": "app", "privileges": ["SELECT"]}])
    assert narrow.one("1.3.a").status == Status.UNKNOWN
    assert narrow.attest("role_reasons", "db").one("1.3.a").status == Status.PASS
    narrow.attestations.clear()
    assert narrow.attest("role_reasons", "db", at=100).one("1.3.a").status == Status.STALE
    assert buyers().fact("db", "grants", None, needs="USAGE on the catalogue").one("1.3.a").mend.startswith("needed: USAGE")


def test_accounts() -> None:
    assert buyers().fact("db", "accounts", ["ann", "admin", "'root'@'%'"]).one("1.2.a").failed == 2
    assert buyers().fact("db", "accounts", ["ann", {"name": "postgres", "login": False}]).one("1.2.a").status == Status.PASS
    assert buyers().one("1.2.a").status == Status.UNKNOWN
    assert buyers().attest("unique_accounts", "company").one("1.2.a").status == Status.PASS
    assert buyers().fact("db", "shared_accounts", ["postgres"]).one("1.2.a").failed == 1
    assert buyers().fact("db", "shared_accounts", []).one("1.2.a").status == Status.PASS
    assert buyers().fact("db", "transit", "local").one("1.2.a").status == Status.NOT_APPLICABLE
    assert buyers().fact("db", "accounts", ["admin"]).attest("unique_accounts", "db").one("1.2.a").status == Status.PASS


RULES = {"min_length": 14, "classes": 4, "forbids_name": True, "min_age_days": 1, "max_age_days": 90, "history": 24, "mfa": True}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, Status.PASS), ({"min_length": 8}, Status.FAIL), ({"max_age_days": 0}, Status.FAIL), ({"history": 5}, Status.FAIL),
        ({"classes": 3}, Status.FAIL), ({"forbids_name": False}, Status.FAIL), ({"forbids_name": None}, Status.UNKNOWN),
    ],
)  # fmt: skip
def test_passwords(change: dict[str, Any], status: Status) -> None:
    assert buyers().fact("db", "password_policy", {**RULES, **change}).one("1.4.a").status == status


def test_lockout_and_second_factor() -> None:
    assert buyers().one("1.2.c").status == Status.UNKNOWN
    assert buyers().fact("db", "password_policy", {"lockout_attempts": 5}).one("1.2.c").status == Status.PASS
    assert buyers().fact("db", "password_policy", {"lockout_attempts": 0}).one("1.2.c").status == Status.FAIL
    assert buyers().fact("db", "lockout", {"max_attempts": None}).one("1.2.c").status == Status.FAIL
    assert buyers().fact("db", "lockout", {"max_attempts": 10}).one("1.2.c").status == Status.PASS
    assert buyers().fact("db", "password_policy", {"mfa": False}).one("1.4.b").status == Status.FAIL
    partly = buyers().fact("db", "password_policy", {"min_length": 12}).attest("password_policy", "company")
    assert partly.one("1.4.b").status == Status.PASS


def test_keys() -> None:
    assert buyers().fact("db", "key_rotation_days", 90).one("2.4.b").status == Status.PASS
    assert buyers().fact("db", "key_rotation_days", 900).one("2.4.b").status == Status.FAIL
    assert buyers().fact("db", "key_rotation", False).one("2.4.b").status == Status.FAIL
    assert buyers().fact("db", "key_rotation", True).fact("db", "key_shared_with", ["other account"]).one("2.4.b").status == Status.FAIL
    assert buyers().one("2.4.b").status == Status.UNKNOWN
    assert buyers().attest("key_management", "db", at=400).one("2.4.b").status == Status.STALE


def test_files_that_changed_lately_do_not_tell_the_age_of_rows() -> None:
    bucket = Company().source("s3").fact("s3/a.csv", "oldest_object", iso(900)).fact("s3/b.csv", "oldest_object", iso(3))
    found = {r.subject: r.status for r in bucket.judge("1.7.a")}
    assert found == {"s3/a.csv": Status.FAIL, "s3": Status.UNKNOWN}
    assert bucket.attest("data_age", "s3").judge("1.7.a")[-1].status == Status.PASS


def test_age_of_data() -> None:
    assert buyers().fact("db/buyers", "oldest_row", iso(600)).one("1.7.a").status == Status.FAIL
    assert buyers().fact("db/buyers", "oldest_row", iso(100)).one("1.7.a").status == Status.PASS
    assert buyers().one("1.7.a").status == Status.UNKNOWN
    held = buyers().fact("db", "oldest_row", iso(600)).attest("legal_hold", "db", statement="Commercial code, section 257")
    assert held.one("1.7.a").status == Status.PASS


@pytest.mark.parametrize(
    ("requirement", "fact", "value", "status"),
    [
        ("1.4.d", "api_key_age_days", 400, Status.FAIL), ("1.4.d", "api_key_age_days", 40, Status.PASS),
        ("1.4.d", "api_key_age_days", "old", Status.UNKNOWN), ("1.1.b", "intrusion_detection", False, Status.FAIL),
        ("1.1.b", "intrusion_detection", True, Status.PASS),
    ],
)  # fmt: skip
def test_settings_against_limits(requirement: str, fact: str, value: Any, status: Status) -> None:
    told = buyers().fact("aws", fact, value)
    assert [r.status for r in told.judge(requirement) if r.subject == "aws"] == [status]
    assert told.one(requirement, word_too=False).status == status


def test_where_no_store_tells_a_word_counts() -> None:
    assert buyers().one("1.4.d").status == Status.UNKNOWN
    assert buyers().attest("api_key_rotation", "company").one("1.4.d").status == Status.PASS
