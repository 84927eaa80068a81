"""Clause 2.1: by row, by both clocks, and unknown where nothing tells."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from shop import Company, iso, shop

from ropewalk.contracts import SqlTable
from ropewalk.judging.clocks import clocks_of
from ropewalk.model import Skipped, Status


def test_overdue_rows_fail_with_their_number() -> None:
    found = shop(delivered_at=[iso(40), iso(5), iso(90)]).one("2.1.a")
    assert (found.status, found.checked, found.failed, found.coverage) == (Status.FAIL, 2, 1, "full")
    assert found.subject == "db/orders"
    assert "1 of 2 rows" in found.reason
    assert found.mend


def test_timely_and_emptied_rows_pass() -> None:
    found = shop(delivered_at=[iso(29), iso(5), iso(90)]).one("2.1.a")
    assert (found.status, found.checked, found.failed) == (Status.PASS, 2, 0)


def test_a_row_without_a_date_is_unknown_and_never_hides_an_overdue_one() -> None:
    assert shop(delivered_at=[iso(3), None, None]).one("2.1.a").status == Status.UNKNOWN
    mixed = shop(delivered_at=[iso(31), None, None]).one("2.1.a")
    assert mixed.status == Status.FAIL
    assert "1 of 2 rows with personal data have no usable date" in mixed.reason


def test_shipment_is_the_fallback_and_is_named() -> None:
    late = shop(delivered_at=[None, iso(2), None], shipped_at=[iso(50), iso(60), None]).one("2.1.a")
    assert (late.status, late.failed) == (Status.FAIL, 1)
    assert "by the shipment clock" in late.reason
    only = shop(ship_date=[iso(5), iso(6), None]).one("2.1.a")
    assert only.status == Status.PASS
    assert "by the shipment clock" in only.reason


@pytest.mark.parametrize("column", ["latest_delivery_date", "LatestDeliveryDate", "estimated_delivery", "EarliestShipDate", "promised_delivery_date"])
def test_a_promise_is_no_delivery(column: str) -> None:
    found = shop(**{column: [iso(90), iso(90), None]}).one("2.1.a")
    assert found.status == Status.UNKNOWN
    assert "clocks" in found.mend


@pytest.mark.parametrize(
    "column",
    ["delivered_at", "delivery_date", "actual_delivery", "actualDeliveryDate", "delivered_on", "delivered-at", "Delivered At", "deliveredAt"],
)
def test_delivery_clocks_are_recognised(column: str) -> None:
    assert clocks_of("orders", [column, "name"], {}).delivered == column


@pytest.mark.parametrize("column", ["shipped_at", "ship_date", "shipTime", "last_shipped_at", "dispatched_on", "shipmentDate"])
def test_shipment_clocks_are_recognised(column: str) -> None:
    assert clocks_of("orders", [column], {}).shipped == column


@pytest.mark.parametrize(
    "column", ["delivery_address", "ship_city", "delivery_status", "shipping_price", "packages[].shipTime", "is_delivered", "delivery_notes"]
)
def test_other_fields_are_no_clocks(column: str) -> None:
    found = clocks_of("orders", [column], {})
    assert (found.delivered, found.shipped) == (None, None)


def test_the_configuration_names_the_clock_by_glob() -> None:
    company = shop(arrived=[iso(45), iso(1), None])
    company.declared["clocks"] = {"db": {"ord*": {"delivered": "arrived", "shipped": None}}}
    assert company.one("2.1.a").failed == 1


def test_a_legal_hold_needs_a_statute_and_ends() -> None:
    company = shop(delivered_at=[iso(40), iso(5), None])
    assert company.attest("legal_hold", "db/orders").one("2.1.a").status == Status.FAIL
    company.attestations.clear()
    held = company.attest("legal_hold", "db/orders", statement="German tax code, section 147").one("2.1.a")
    assert held.status == Status.PASS
    assert "held under German tax code, section 147 until" in held.reason
    assert held.failed == 1
    company.attestations.clear()
    ended = company.attest("legal_hold", "db", at=400, until=5, statement="German tax code").one("2.1.a")
    assert ended.status == Status.FAIL
    assert "expired" in ended.reason


@pytest.mark.parametrize(
    ("versions", "status"),
    [
        ({"count": 0, "oldest": None}, Status.PASS),
        ({"count": 3, "oldest": iso(10), "all_counted": True}, Status.PASS),
        ({"count": 3, "oldest": iso(10), "all_counted": False}, Status.UNKNOWN),
        ({"count": 3, "oldest": iso(31), "all_counted": True}, Status.UNKNOWN),
        ({"count": 3, "oldest": None, "all_counted": True}, Status.UNKNOWN),
    ],
)
def test_older_versions_that_nobody_read_are_no_pass(versions: dict[str, Any], status: Status) -> None:
    kept = shop(delivered_at=[iso(3), iso(5), None]).fact("db/orders", "noncurrent_versions", versions)
    assert kept.one("2.1.a").status == status
    late = shop(delivered_at=[iso(40), None, None]).fact("db/orders", "noncurrent_versions", versions)
    assert late.one("2.1.a").status == Status.FAIL


def test_versions_that_may_not_be_listed_are_unknown() -> None:
    found = shop(delivered_at=[iso(3), iso(5), None]).fact("db", "noncurrent_versions", None, needs="s3:ListBucketVersions").one("2.1.a")
    assert (found.status, found.mend) == (Status.UNKNOWN, "needed: s3:ListBucketVersions")


def test_what_cannot_be_read_is_unknown() -> None:
    company = Company().dataset("db", "orders").field("db", "orders", "name", "name").field("db", "orders", "delivered_at")
    found = company.one("2.1.a")
    assert found.status == Status.UNKNOWN
    assert found.mend == "grant SELECT"
    unscanned = Company().source("db").one("2.1.a")
    assert (unscanned.status, unscanned.subject) == (Status.UNKNOWN, "db")


def test_what_the_scan_left_out_is_unknown_and_an_empty_file_is_not() -> None:
    company = shop(delivered_at=[iso(3), iso(4), None])
    company.skipped.append({"source": "db", "dataset": "secret", "path": "", "reason": "permission denied", "mend": "GRANT SELECT"})
    company.skipped.append({"source": "db", "dataset": "void", "path": "", "reason": "the file is empty", "mend": ""})
    found = {r.subject: r for r in company.judge("2.1.a")}
    assert set(found) == {"db/orders", "db/secret"}
    assert (found["db/secret"].status, found["db/secret"].mend) == (Status.UNKNOWN, "GRANT SELECT")


def test_encrypted_personal_data_is_personal_data_still() -> None:
    company = shop(delivered_at=[iso(31), None, None])
    company.fields[0] |= {"strength": "weak", "recognisers": ["email", "hash"]}
    assert company.one("2.1.a").failed == 1
    company.fields[0] |= {"recognisers": ["place"]}
    assert company.judge("2.1.a") == []


def test_logs_are_not_judged_by_retention() -> None:
    assert Company().dataset("logs", "app.log", "log").field("logs", "app.log", "email", "email").judge("2.1.a") == []


def test_a_sample_that_passes_says_so() -> None:
    company = shop(delivered_at=[iso(3), iso(4), None])
    table = company.tables["db", "orders"]
    company.tables["db", "orders"] = type(table)(table.frame, "sample of 3 (bound 1.0)")  # type: ignore[union-attr,call-arg]
    assert company.one("2.1.a").coverage == "sample of 3 (bound 1.0)"


def test_it_is_counted_in_the_database() -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    frame = pd.DataFrame({"Buyer Name": ["Ann", "Bo", ""], "delivered at": [iso(40), None, iso(90)]})
    frame.to_sql("Customer Export", engine, index=False)
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda c, cursor, statement, *_: asked.append(statement))
    company = Company().dataset("db", "Customer Export", rows=SqlTable(engine, "Customer Export"))
    company.field("db", "Customer Export", "Buyer Name", "name").field("db", "Customer Export", "delivered at")
    found = company.one("2.1.a")
    assert (found.status, found.failed, found.details["undated"]) == (Status.FAIL, 1, 1)
    assert sum(s.lstrip().upper().startswith("SELECT") and "FROM" in s.upper() and "Customer Export" in s for s in asked) == 1


def test_an_error_of_the_store_is_unknown_and_quotes_nothing() -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    company = Company().dataset("db", "gone", rows=SqlTable(engine, "gone"))
    company.field("db", "gone", "name", "name").field("db", "gone", "delivered_at")
    found = company.one("2.1.a")
    assert found.status == Status.UNKNOWN
    assert "could not be counted" in found.reason


def test_skipped_tables_give_their_reason() -> None:
    company = Company().dataset("db", "t", rows=Skipped("db", "t", "the query took longer than 30 seconds", "raise limits.statement_timeout"))
    found = company.field("db", "t", "name", "name").field("db", "t", "delivered_at").one("2.1.a")
    assert "longer than 30 seconds" in found.reason
