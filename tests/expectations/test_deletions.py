"""Requests for deletion: what a scan after the deletion still finds, and what it cannot tell."""

from __future__ import annotations

from typing import Any

import pytest
from registers import Registered, days

from ropewalk.model import ControlResult, Status


def judged(scanned: float = 0, category: str | None = "email", **more: Any) -> ControlResult:
    """A request of 70 days ago, deleted 50 days ago; a scan so many days ago."""
    made = Registered()
    made.dataset("shop", "orders").field("shop", "orders", "note", category)
    made.datasets[0]["scanned_at"] = days(scanned)
    row = {"id": "DEL-1", "requested_at": days(70), "deleted_at": days(50), "emptied": ("shop/orders",), **more}
    return made.imports("deletions", row).one("1.7.b")


@pytest.mark.parametrize("place", ["shop/orders", "shop"])
def test_a_scan_that_still_finds_something(place: str) -> None:
    found = judged(emptied=(place,))
    assert found.status == Status.FAIL
    assert "personal data is still in shop/orders" in found.reason


def test_a_scan_that_finds_nothing_more() -> None:
    found = judged(category=None)
    assert (found.status, found.checked) == (Status.PASS, 1)


def test_a_scan_before_the_deletion_tells_nothing() -> None:
    assert judged(scanned=51, category=None).status == Status.UNKNOWN
    assert judged(scanned=51, category="email").status == Status.UNKNOWN
    assert judged(scanned=20, category=None, copies_deleted_at=days(10)).status == Status.UNKNOWN


@pytest.mark.parametrize("place", ["shop/ordrs", "attic"])
def test_a_place_that_nobody_knows_is_not_taken_for_empty(place: str) -> None:
    found = judged(category=None, emptied=(place,))
    assert (found.status, "DEL-1" in found.reason) == (Status.UNKNOWN, True)


def test_rows_that_are_left_fail_whatever_was_scanned() -> None:
    assert "2 rows are left" in judged(category=None, rows_left=2).reason


@pytest.mark.parametrize(
    ("asked", "deleted", "status"), [(70, 40, Status.PASS), (70, 39.9, Status.FAIL), (30, None, Status.PASS), (30.1, None, Status.FAIL)]
)
def test_thirty_days_to_the_hour(asked: float, deleted: float | None, status: Status) -> None:
    more = {"requested_at": days(asked), "deleted_at": None if deleted is None else days(deleted)}
    assert judged(category=None, **more).status == status
