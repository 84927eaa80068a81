"""The record of processing: what people declare, joined with what small frames say was found."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from ropewalk import ropa, views
from ropewalk.errors import ConfigError
from ropewalk.model import Source

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WHOLE = """\
version: 1
controller: {name: Example Goods, contact: privacy@example.com}
dpo: {name: Ann Example}
on_behalf_of: [{name: Seller One}]
activities:
  - id: shipping
    name: Ship orders
    role: processor
    purposes: [ship orders, returns]
    subjects: [buyers]
    legal_basis: contract
    collected: {operation: Orders v0 getOrders, role: Direct-to-Consumer Shipping}
    shared: [{recipient: Example Parcel, mechanism: API, purpose: delivery}]
    transfers: [{country: US, safeguard: SCC}]
    disposed: {rule: 30 days, clock: delivered_at, method: nightly DELETE, last_run: 2026-02-28}
    security: [TLS, AES]
    owner: operations
    next_review: 2026-09-01
    legal_hold: {statute: tax law, until: 2030-12-31}
    fields:
      - {field: "shop/orders#buyer_email", category: email}
      - shop/orders#items[].gift*
      - shop/orders#fax
"""


def written(folder: Path, text: str = WHOLE) -> ropa.Declared:
    file = folder / "ropa.yaml"
    file.write_text(text, encoding="utf-8")
    return ropa.read(file)


def fields(*rows: tuple[str, str | None]) -> dict[str, pd.DataFrame]:
    frame = pd.DataFrame(
        [
            {
                "scan_id": "s1", "source": f.split("/")[0], "dataset": f.split("/", 1)[1].split("#")[0], "path": f.split("#")[1], "field": f,
                "category": c, "confidence": 0.9, "matched": 9, "sampled": 10, "lineage": "", "observed_at": pd.Timestamp(NOW),
            }
            for f, c in rows
        ]
    )  # fmt: skip
    return {"fields": frame}


def states(rows: list[object]) -> dict[str, str]:
    return {r.field: r.state for r in rows}  # type: ignore[attr-defined]


def test_declared_and_found_are_joined_both_ways(tmp_path: Path) -> None:
    found = fields(
        ("shop/orders#buyer_email", "email"), ("shop/orders#items[].giftMessage", "gift_message"), ("logs/app#ip", "ip"), ("shop/x#y", None)
    )
    rows = ropa.record(written(tmp_path), found, NOW)
    assert states(rows) == {  # type: ignore[arg-type]
        "shop/orders#buyer_email": "observed",
        "shop/orders#items[].giftMessage": "observed",
        "shop/orders#fax": "declared",
        "logs/app#ip": "undeclared",
    }
    assert list(views.drift(rows)["drift"]) == ["undeclared", "not seen"]


def test_a_row_holds_every_item(tmp_path: Path) -> None:
    facts = pd.DataFrame([{"subject": "shop/orders", "name": "origin_tag", "value": "amazon"}])
    results = pd.DataFrame([{"subject": "shop/orders#buyer_email", "control": "pii_retention", "status": "fail"}])
    sources = [Source("shop", "sqlite:///x", owner="Bo", location="eu-west-1")]
    chain = pd.DataFrame([{"sequence": 1, "hash": "d" * 64}, {"sequence": 2, "hash": "e" * 64}])
    found = {**fields(("shop/orders#buyer_email", "email")), "facts": facts, "results": results, "evidence": chain}
    rows = ropa.record(written(tmp_path), found, NOW, sources=sources, policy_hash="p" * 8)
    row = views.record(rows, "observed").iloc[0]
    assert row["stored"] == "shop/orders#buyer_email (eu-west-1)"
    expected = {
        "controller": "Example Goods, privacy@example.com", "dpo": "Ann Example", "on_behalf_of": "Seller One", "role": "processor",
        "purposes": "ship orders; returns", "shared": "Example Parcel (by API, for delivery)", "transfers": "US: SCC",
        "disposal_last_run": "2026-02-28", "legal_hold": "tax law, until 2030-12-31", "origin_tag": "amazon", "retention_verdict": "fail",
        "owner": "operations", "observed_cells": "9 of 10", "last_seen": "2026-03-01 00:00 UTC", "policy_hash": "p" * 8,
    }  # fmt: skip
    assert {k: row[k] for k in expected} == expected
    assert "scan s1" in row["evidence"]
    assert "e" * 16 in row["evidence"]


def test_why_a_declared_field_was_not_seen(tmp_path: Path) -> None:
    declared = written(tmp_path)

    def reason(frame: dict[str, pd.DataFrame], **more: object) -> str:
        rows = ropa.record(declared, frame, NOW, **more)  # type: ignore[arg-type]
        return next(r for r in rows if r.field.endswith("fax")).details["drift_reason"]

    assert "no such field" in reason(fields(("shop/orders#buyer_email", "email")))
    assert "nothing personal" in reason(fields(("shop/orders#fax", None)))
    assert "not been scanned" in reason(fields(("logs/app#ip", "ip")))
    assert "no source is called shop" in reason(fields(("logs/app#ip", "ip")), sources=[Source("logs", "x")])
    skipped = pd.DataFrame([{"source": "shop", "dataset": "orders", "reason": "locked", "mend": "unlock it"}])
    assert "locked" in reason({**fields(("shop/x#y", "ip")), "skipped": skipped})


@pytest.mark.parametrize(
    ("source", "dataset", "reason"),
    [
        ("shop", "", "it could not be read: locked"),
        ("shop", "orders", "it could not be read: locked"),
        ("shop", "customers", "no such field"),
        ("logs", "", "no such field"),
    ],
)
def test_only_what_hides_a_field_explains_that_it_was_not_seen(tmp_path: Path, source: str, dataset: str, reason: str) -> None:
    skipped = pd.DataFrame([{"source": source, "dataset": dataset, "path": "", "reason": "locked", "mend": ""}])
    rows = ropa.record(written(tmp_path), {**fields(("shop/orders#buyer_email", "email")), "skipped": skipped}, NOW)
    assert reason in next(r for r in rows if r.field.endswith("fax")).details["drift_reason"]


def test_an_exact_name_speaks_before_a_glob(tmp_path: Path) -> None:
    text = WHOLE.replace("      - {field: ", "      - {field: 'shop/orders#b?yer_*', category: name}\n      - {field: ")
    rows = ropa.record(written(tmp_path, text), fields(("shop/orders#buyer_email", "email"), ("shop/orders#buyer_name", "name")), NOW)
    drift = {r.field: r.details["drift"] for r in rows if r.state == "observed"}
    assert drift == {"shop/orders#buyer_email": "", "shop/orders#buyer_name": ""}


def test_drift_of_category_review_and_hold(tmp_path: Path) -> None:
    found = fields(("shop/orders#buyer_email", "phone"), ("shop/orders#items[].giftMessage", "gift_message"), ("shop/orders#fax", "phone"))
    assert list(views.drift(ropa.record(written(tmp_path), found, NOW))["drift"]) == ["category differs"]
    late = views.drift(ropa.record(written(tmp_path), found, datetime(2026, 10, 1, tzinfo=UTC)))
    assert list(late["drift"]) == ["category differs", "review overdue"]
    ended = views.drift(ropa.record(written(tmp_path), found, datetime(2031, 1, 1, tzinfo=UTC)))
    assert list(ended["drift"]) == ["category differs", "legal hold ended"]


def test_without_a_record_everything_is_undeclared_and_credentials_are_no_persons() -> None:
    rows = ropa.record(None, fields(("shop/orders#token", "credential"), ("shop/orders#ip", "ip")), NOW)
    assert states(rows) == {"shop/orders#ip": "undeclared"}  # type: ignore[arg-type]
    assert "write ropa.yaml" in rows[0].details["drift_mend"]
    assert ropa.record(None, {"fields": pd.DataFrame()}, NOW) == []


def test_a_field_of_two_activities_has_two_rows(tmp_path: Path) -> None:
    activity = WHOLE[WHOLE.index("  - id: shipping") :]
    declared = written(tmp_path, WHOLE + activity.replace("id: shipping", "id: invoicing"))
    rows = ropa.record(declared, fields(("shop/orders#buyer_email", "email")), NOW)
    assert [r.activity for r in rows if r.field == "shop/orders#buyer_email"] == ["invoicing", "shipping"]


def test_a_recipient_without_a_purpose_is_named_all_the_same(tmp_path: Path) -> None:
    declared = written(tmp_path, WHOLE.replace(", purpose: delivery", ""))
    assert str(declared.activities[0].shared[0]) == "Example Parcel (by API)"


def test_globs_know_that_brackets_are_part_of_a_path() -> None:
    claim = ropa.Claim(field="shop/orders#items[].gift*")
    assert claim.matches("shop/orders#items[].giftMessage")
    assert not claim.matches("shop/orders#items].gift")
    assert not claim.matches("shop/orders#items[]Xgift")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("    owner: operations\n", "", 6, "owner"),
        ("next_review: 2026-09-01", "next_review: soon", 18, "next_review"),
        ("until: 2030-12-31", "untill: 2030-12-31", 19, "legal_hold"),
        ("      - shop/orders#fax", "      - fax", 23, "fields"),
        ("category: email", "category: mail", 21, "category"),
        ("    name: Ship orders", "    name: Ship orders\n    name: twice", 8, "twice"),
        ("role: processor", "role: both", 8, "role"),
    ],
)
def test_a_mistake_is_answered_with_file_line_and_mend(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in WHOLE
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, WHOLE.replace(old, new))
    assert caught.value.where.endswith(f"ropa.yaml:{line}")
    assert words in caught.value.what
    assert caught.value.mend


def test_a_file_that_is_no_text_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "ropa.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        ropa.read(tmp_path / "ropa.yaml")
