"""The nouns: paths read back, samples never leave RAM, the worst verdict counts."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ropewalk.model import (
    Category,
    ControlResult,
    Environment,
    FieldRef,
    Finding,
    Sample,
    Signal,
    Source,
    Status,
    Strength,
    path_of,
    path_text,
    worst,
)

FIELD = FieldRef("shop", "orders", ("details", "items", "[]", "giftMessage"))


def test_a_field_reads_as_people_write_it() -> None:
    assert str(FIELD) == "shop/orders#details.items[].giftMessage"


@given(st.lists(st.text(), max_size=5), st.lists(st.text(), max_size=5))
@example([""], [])
@example(["a", ""], ["a"])
def test_paths_of_different_plain_fields_differ_as_text(one: list[str], other: list[str]) -> None:
    assert (path_text(tuple(one)) == path_text(tuple(other))) == (one == other)
    assert path_of(path_text(tuple(one))) == tuple(one)


def test_the_policys_definition_ends_with_the_device() -> None:
    inside = [c for c in Category if c.in_policy]
    assert (len(inside), inside[-1]) == (14, Category.DEVICE)
    assert not Category.CREDENTIAL.in_policy


@pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_sample_is_never_serialised(leave: object) -> None:
    sample = Sample(FIELD, {"ann@example.com": 2}, rows=3, nulls=1)
    with pytest.raises(TypeError, match="never serialised"):
        leave(sample)  # type: ignore[operator]
    with pytest.raises(TypeError):
        json.dumps(sample)
    assert "ann" not in f"{sample!r}{sample}"


def test_samples_of_one_field_add_up() -> None:
    first = Sample(FIELD, {"a": 2, "b": 1}, rows=4, nulls=1, total=9, method="keyed", declared_type="text")
    both = first + Sample(FIELD, {"b": 3}, rows=3, comment="told")
    assert both == Sample(FIELD, {"a": 2, "b": 4}, 7, 1, 9, "keyed", "text", "told")
    assert both.cells == both.rows - both.nulls == 6


def test_a_source_shows_no_password() -> None:
    source = Source("shop", "postgresql+psycopg://app:hunter2@db/shop", options={"password": "hunter2"})
    assert "hunter2" not in repr(source)
    assert source.scheme == "postgresql"
    assert Source("files", "./bucket").scheme == "file"
    assert source.environment is Environment.PRODUCTION


def test_an_explanation_puts_the_strongest_first() -> None:
    signals = (Signal("name", 1.0, "the name"), Signal("type", -2.0, "a number"), Signal("value", 1.5, "the cells"), Signal("name", 0.5, "again"))
    found = Finding(FIELD, None, None, Strength.WEAK, 0.2, 0, 9, 9, 0.3, "full", signals=signals)
    assert found.evidence == ("value", "name")
    assert found.explanation == "a number; the cells; the name; again"


def verdict(status: Status) -> ControlResult:
    return ControlResult("c", "1.1", "1.1.a", "shop", status, "so", as_of=datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["pass", "fail", "unknown"], "fail"), (["pass", "unknown"], "unknown"), (["pass", "stale"], "stale"), (["not_applicable", "pass"], "pass"),
        (["error", "stale"], "error"), ([], "unknown"),
    ],
)  # fmt: skip
def test_a_clause_is_as_good_as_its_weakest_subject(statuses: list[str], expected: str) -> None:
    assert worst([verdict(Status(s)) for s in statuses]) is Status(expected)
