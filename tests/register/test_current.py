"""What is current: the last whole look at each dataset, on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import pytest
from register_rows import AT, begin, fields, finding, table

from ropewalk.errors import RegisterError
from ropewalk.model import (
    Fact,
    Skipped,
)
from ropewalk.register import Register


def test_recording_a_unit_twice_changes_nothing(register: Register) -> None:
    scan_id = begin(register, "orders")
    assert register.record_unit(scan_id, table(), findings=[finding()], rows=10)
    assert not register.record_unit(scan_id, table(), findings=[finding(), finding("name")], rows=99, status="failed")
    assert fields(register) == ["shop/orders#buyer_email"]
    assert register.frame("units").iloc[0]["status"] == "done"
    assert register.ended_units(scan_id) == {("shop", "orders")}


def test_a_unit_is_recorded_whole_or_not_at_all(register: Register) -> None:
    scan_id = begin(register, "orders")
    bad = Fact("shop/orders", "grants", [], AT, None)  # type: ignore[arg-type]
    with pytest.raises(RegisterError):
        register.record_unit(scan_id, table(), findings=[finding()], facts=[bad], skipped=[Skipped("shop", "orders", "too deep")])
    assert [len(register.frame(n)) for n in ("observations", "facts", "skipped")] == [0, 0, 0]
    assert register.record_unit(scan_id, table(), findings=[finding()])


def test_a_later_look_replaces_and_its_history_stays(register: Register) -> None:
    first = begin(register, "orders")
    register.record_unit(first, table(), findings=[finding(), finding("gone")])
    register.finish_scan(first, "complete")
    second = begin(register, "orders")
    assert fields(register) == ["shop/orders#buyer_email", "shop/orders#gone"]
    register.record_unit(second, table(), findings=[finding(confidence=0.7)])
    assert fields(register) == ["shop/orders#buyer_email"]
    assert register.frame("fields").iloc[0]["confidence"] == 0.7
    assert len(register.frame("observations")) == 3


def test_a_failed_look_leaves_what_was_known(register: Register) -> None:
    first = begin(register, "orders")
    register.record_unit(first, table(), findings=[finding()])
    register.finish_scan(first, "complete")
    second = begin(register, "orders")
    register.record_unit(second, table(), status="failed", error="went away", skipped=[Skipped("shop", "orders", "went away", "start it")])
    register.finish_scan(second, "incomplete")
    assert fields(register) == ["shop/orders#buyer_email"]
    assert list(register.frame("skipped")["reason"]) == ["went away"]


def test_a_dataset_that_is_no_longer_there_is_not_current(register: Register) -> None:
    first = begin(register, "orders", "old")
    for name in ("orders", "old"):
        register.record_unit(first, table(name), findings=[finding(dataset=name)])
    register.finish_scan(first, "complete")
    second = begin(register, "orders")
    register.record_unit(second, table(), findings=[finding()])
    register.finish_scan(second, "complete")
    assert fields(register) == ["shop/orders#buyer_email"]
    assert list(register.frame("datasets")["dataset"]) == ["orders"]
    assert len(register.frame("observations")) == 3
    assert list(register.frame("units").query("scan_id == @second")["dataset"]) == ["orders"]


@pytest.mark.parametrize("skip", [Skipped("shop", "", "went away"), Skipped("shop", "o", "a folder without the right to read")])
def test_a_dataset_behind_a_skip_is_not_gone(register: Register, skip: Skipped) -> None:
    first = begin(register, "orders")
    register.record_unit(first, table(), findings=[finding()])
    register.finish_scan(first, "complete")
    second = begin(register, skipped=(skip,))
    register.finish_scan(second, "incomplete")
    assert fields(register) == ["shop/orders#buyer_email"]
    assert set(register.frame("units").query("scan_id == @second")["status"]) == {"skipped"}


@pytest.mark.parametrize("skip", [Skipped("shop", "", "no answer for ann@example.com"), Skipped("shop", "o", "no right of ann@example.com")])
def test_a_reason_of_what_was_never_looked_at_is_masked_everywhere(register: Register, skip: Skipped) -> None:
    first = begin(register, "orders")
    register.finish_scan(first, "failed")
    second = begin(register, skipped=(skip, Skipped("shop", "new", skip.reason)))
    register.finish_scan(second, "incomplete")
    errors = register.frame("units").query("scan_id == @second")["error"]
    assert len(errors) >= 1
    assert not [e for e in [*errors, *register.frame("skipped")["reason"]] if "ann" in e]


def test_a_narrowed_scan_forgets_nothing(register: Register) -> None:
    first = begin(register, "orders", "other", skipped=(Skipped("shop", "secret", "no right"),))
    for name in ("orders", "other"):
        register.record_unit(first, table(name), findings=[finding(dataset=name)])
    register.finish_scan(first, "complete")
    second = begin(register, "orders", whole=False)
    register.record_unit(second, table(), findings=[finding()])
    register.finish_scan(second, "complete")
    assert fields(register) == ["shop/orders#buyer_email", "shop/other#buyer_email"]
    assert list(register.frame("skipped")["dataset"]) == ["secret"]
    assert list(register.frame("scans")["narrowed"]) == [False, True]


def test_skips_of_the_last_look_only(register: Register) -> None:
    first = begin(register, "orders", skipped=(Skipped("shop", "secret", "no right"),))
    register.record_unit(first, table(), skipped=[Skipped("shop", "orders", "too deep", "", ("a", "[]"))])
    register.record_skipped(first, [Skipped("shop", "", "facts"), Skipped("shop", "", "facts")])
    register.finish_scan(first, "complete")
    assert sorted(register.frame("skipped")["reason"]) == ["facts", "no right", "too deep"]
    second = begin(register, "orders")
    register.record_unit(second, table())
    register.finish_scan(second, "complete")
    assert register.frame("skipped").empty


def test_facts_of_the_last_scan_only(register: Register) -> None:
    first = begin(register, "orders")
    register.record_facts(first, "shop", [Fact("shop", "public_access", True, AT, "a"), Fact("shop/dropped", "grants", [], AT, "a")])
    register.record_unit(first, table(), facts=[Fact("shop/orders", "rows", 5, AT, "a")])
    register.finish_scan(first, "complete")
    assert not register.has_facts(begin(register, "orders"), "shop")
    second = register.open_scan()
    assert second is not None
    register.record_facts(second.scan_id, "shop", [Fact("shop", "public_access", False, AT, "b")])
    assert register.has_facts(second.scan_id, "shop")
    told = register.frame("facts")
    assert dict(zip(told["subject"], told["value"], strict=True)) == {"shop": False, "shop/orders": 5}


def test_an_import_of_facts_needs_no_scan(register: Register) -> None:
    register.record_facts(None, "leavers", [Fact("leavers", "count", 3, AT, "users.csv")])
    register.record_facts(None, "leavers", [Fact("leavers", "count", 4, AT, "users.csv")])
    assert list(register.frame("facts")["value"]) == [4]


@pytest.mark.parametrize("value", [object(), float("nan"), {"a": b"x"}])
def test_a_fact_that_is_not_json_is_unknown(register: Register, value: object) -> None:
    register.record_facts(None, "shop", [Fact("shop", "odd", value, AT, "a"), Fact("shop", "when", AT, AT, "a")])
    told = register.frame("facts").set_index("name")
    assert told.loc["odd", "value"] is None
    assert "not JSON" in told.loc["odd", "needs"]
    assert told.loc["when", "value"] == "2026-03-01T12:00:00.000000Z"


def test_unchanged_and_carried_over(register: Register) -> None:
    assert not register.unchanged(table(), "r1", as_of=AT)
    first = begin(register, "orders")
    register.record_unit(first, table(), findings=[finding()], depth="d1")
    register.finish_scan(first, "complete")
    assert register.unchanged(table(), "r1", "d1", as_of=AT)
    assert not register.unchanged(table(fingerprint="v2"), "r1", "d1", as_of=AT)
    assert not register.unchanged(table(fingerprint=""), "r1", "d1", as_of=AT)
    assert not register.unchanged(table(), "r2", "d1", as_of=AT)
    assert not register.unchanged(table(), "r1", "d2", as_of=AT)
    second = begin(register, "orders")
    register.carry_over(second, [table()])
    register.finish_scan(second, "complete")
    third = begin(register, "orders")
    assert register.unchanged(table(), "r1", "d1", as_of=AT)
    register.carry_over(third, [table()])
    assert fields(register) == ["shop/orders#buyer_email"]
    assert register.frame("fields").iloc[0]["scan_id"] == first
    assert register.frame("datasets").iloc[0]["scan_id"] == third
    assert register.unit_statuses(third) == {"done": 1}


def test_an_exhaustive_look_holds_for_a_sample_too_and_a_partial_one_for_nothing(register: Register) -> None:
    first = begin(register, "orders", "partial")
    register.record_unit(first, table(), depth="exhaustive")
    register.record_unit(first, table("partial"), depth="d1", skipped=[Skipped("shop", "partial", "timed out", "", ("details",))])
    assert register.unchanged(table(), "r1", "d1", as_of=AT)
    assert not register.unchanged(table("partial"), "r1", "d1", as_of=AT)
