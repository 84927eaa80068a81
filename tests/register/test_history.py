"""What was known after each scan and check, and what still holds of an old look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from register_rows import AT, begin, finding, table, verdict

from ropewalk.errors import RegisterError
from ropewalk.model import Category, Dataset, Skipped, Status
from ropewalk.register import Register


def look(register: Register, *names: str, carried: tuple[str, ...] = (), mails: int = 1, **more: bool) -> str:
    scan_id = begin(register, *names, *carried, **more)
    for name in names:
        found = [finding(f"mail{n}", dataset=name) for n in range(mails)]
        register.record_unit(scan_id, table(name), findings=[*found, finding("status", dataset=name, category=None)])
    register.carry_over(scan_id, [table(n) for n in carried])
    register.finish_scan(scan_id, "complete")
    return scan_id


def known(register: Register, scan_id: str) -> list[str]:
    frame = register.frame("fields", scan_id=scan_id)
    return sorted(frame.loc[frame["category"].notna(), "field"].str.removeprefix("shop/"))


def test_each_scan_knows_what_was_carried_over_and_not_what_is_gone(register: Register) -> None:
    first = look(register, "kept", "dropped")
    narrowed = look(register, "kept", mails=2, whole=False)
    second = look(register, "new", carried=("kept",))
    assert known(register, first) == ["dropped#mail0", "kept#mail0"]
    assert known(register, narrowed) == ["dropped#mail0", "kept#mail0", "kept#mail1"]
    assert known(register, second) == ["kept#mail0", "kept#mail1", "new#mail0"]
    assert known(register, second) == sorted(register.frame("findings")["field"].str.removeprefix("shop/"))
    assert known(register, "nowhere") == []
    trend = register.frame("trend")
    assert list(trend["scan_id"]) == [first, narrowed, second]
    assert list(trend["findings"]) == [2, 3, 3] == list(trend["direct"])
    assert list(trend["sources"]) == [1, 1, 1]
    assert sorted(register.frame("units", scan_id=second)["dataset"]) == ["kept", "new"]
    assert sorted(register.frame("last_units")["dataset"]) == ["kept", "new"]


def test_the_trend_counts_as_stewards_decided_and_leaves_running_scans_out(register: Register) -> None:
    look(register, "orders", mails=2)
    register.record_decision("fp-orders-mail0", "dismiss", by="Bo", at=AT - timedelta(days=1), reason="test accounts")
    register.record_decision("fp-orders-mail1", "reclassify", by="Bo", at=AT, reason="nicknames", category=Category.USERNAME)
    begin(register, "orders")
    assert list(register.frame("trend", as_of=AT + timedelta(days=1))["findings"]) == [1]
    assert list(register.frame("trend", as_of=AT - timedelta(days=2))["findings"]) == [2]


def test_verdicts_are_counted_by_check_and_read_again(register: Register) -> None:
    assert register.frame("checks").empty
    first = register.record_results([verdict(Status.FAIL), verdict(Status.PASS), verdict(Status.PASS)], at=AT)
    second = register.record_results([verdict(Status.UNKNOWN)], at=AT + timedelta(days=1))
    checks = register.frame("checks")
    assert list(checks["run_id"]) == [first, second]
    assert checks[["pass", "fail", "unknown", "stale"]].to_numpy().tolist() == [[2, 1, 0, 0], [0, 0, 1, 0]]
    assert list(checks["at"]) == [AT, AT + timedelta(days=1)]
    assert list(register.frame("results", run_id=first)["status"]) == ["fail", "pass", "pass"]
    assert register.frame("results", run_id="none").empty
    with pytest.raises(RegisterError, match="not kept by scan"):
        register.frame("datasets", scan_id=first)


def test_an_old_look_does_not_hold_for_ever(register: Register) -> None:
    first = look(register, "orders")
    look(register, carried=("orders",))
    assert register.frame("datasets").iloc[0]["read_at"] == register.frame("units", scan_id=first).iloc[0]["finished_at"]

    def holds(after: float, **limit: float) -> bool:
        return register.unchanged(table("orders"), "r1", as_of=AT + timedelta(days=after), **limit)

    assert [holds(d) for d in (0, 29, 31)] == [True, True, False]
    assert [holds(d, days=60) for d in (31, 61)] == [True, False]
    assert not holds(-2), "a look from the future was made with a wrong clock"


def test_a_carried_dataset_tells_how_large_it_is_now(register: Register) -> None:
    look(register, "orders")
    second = begin(register, "orders")
    register.carry_over(second, [Dataset("shop", "orders", "table", 7, 99, "v1", "ropewalk origin=amazon-sp-api")])
    register.finish_scan(second, "complete")
    row = register.frame("datasets").iloc[0]
    assert (row["rows"], row["bytes"], row["comment"]) == (7, 99, "ropewalk origin=amazon-sp-api")


def test_what_an_older_look_left_out_does_not_spoil_a_newer_one(register: Register) -> None:
    first = begin(register, "orders")
    register.record_unit(first, table("orders"), skipped=[Skipped("shop", "orders", "timed out", "", ("details",))])
    register.finish_scan(first, "complete")
    assert not register.unchanged(table("orders"), "r1", as_of=AT)
    look(register, "orders")
    assert register.unchanged(table("orders"), "r1", as_of=AT)
