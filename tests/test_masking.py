"""The shape is the only thing made of a value that leaves RAM: it never carries a letter, a digit or a length of it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.masking import shape


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ann Lee", "Aa Aa"), ("555-0134", "9-9"), ("a.lee@example.com", "a.a@a.a"), ("", ""), ("Zoë", "Aa"), ("李四", "a"), ("x\ty\0z", "a a a"),
        ("\u0661\u0662", "9"), ("€ 5", "· 9"), ("A1" * 60, "A9" * 20 + "…"),
    ],
)  # fmt: skip
def test_shapes(value: str, expected: str) -> None:
    assert shape(value) == expected


@given(st.text(max_size=300))
def test_a_shape_holds_no_letter_or_digit_of_the_value(value: str) -> None:
    made = shape(value)
    assert len(made) <= 41
    assert {c for c in made if c.isalnum()} <= {"A", "a", "9"}
    assert all(c in "·…" or ord(c) < 128 for c in made)
    assert all(a != b or not (a.isalnum() or a.isspace()) for a, b in pairwise(made))


@given(st.from_regex(r"[a-z]{1,30}", fullmatch=True), st.from_regex(r"[a-z]{1,30}", fullmatch=True))
def test_values_of_one_shape_cannot_be_told_apart(one: str, other: str) -> None:
    assert shape(one) == shape(other)
