"""Distinct values in bounded memory: exact below the cap, a fair sample above it."""

from __future__ import annotations

import pickle
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.detect.distinct import Distinct


@given(st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=60), st.integers(1, 20))
def test_counts_are_exact_for_what_is_kept(values: list[str | None], cap: int) -> None:
    distinct = Distinct(cap, key=b"k")
    distinct.update(values)
    truth = Counter(v for v in values if v is not None)
    assert len(distinct.counts) == min(cap, len(truth))
    assert all(truth[v] == n for v, n in distinct.counts.items())
    assert (distinct.cells, distinct.nulls) == (sum(truth.values()), values.count(None))
    assert distinct.capped == (len(truth) > cap)


@given(st.lists(st.text(max_size=3), unique=True, min_size=2, max_size=60), st.integers(1, 20))
def test_order_does_not_matter(values: list[str], cap: int) -> None:
    one, two = Distinct(cap, key=b"k"), Distinct(cap, key=b"k")
    one.update(values)
    two.update(reversed(values))
    assert one.counts == two.counts


def test_every_value_has_the_same_chance_and_the_number_is_estimated() -> None:
    kept: Counter[int] = Counter()
    for round_ in range(60):
        distinct = Distinct(100)
        distinct.update(f"v{n % 1000}" for n in range(1_000 + round_))
        kept.update(int(v[1:]) // 500 for v in distinct.counts)
        assert 500 < distinct.estimate < 2_000
    assert abs(kept[0] - kept[1]) < 600


def test_long_values_are_bounded_too() -> None:
    distinct = Distinct(1_000, bytes=10_000)
    distinct.update(f"{n}" * 300 for n in range(10, 99))
    assert distinct.capped
    assert sum(map(len, distinct.counts)) <= 10_000


def test_one_value_larger_than_the_room_stays() -> None:
    distinct = Distinct(10, bytes=5)
    distinct.add("0123456789")
    assert list(distinct.counts) == ["0123456789"]


def test_values_leave_ram_nowhere() -> None:
    distinct = Distinct()
    distinct.add("secret@example.com")
    assert "secret" not in repr(distinct)
    with pytest.raises(TypeError):
        pickle.dumps(distinct)
    with pytest.raises(ValueError, match="cap"):
        Distinct(0)
