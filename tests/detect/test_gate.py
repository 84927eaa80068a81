"""The gate may say yes too often; it never says no to a value that matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk.detect.gate import Gate, gateable, plain

FLAGS = int(re.DOTALL | re.MULTILINE | re.IGNORECASE)
PATTERNS = [r"\b\d{3}\b", r"^ab", r"c$", r"(?<!\s)\d(?!\s)", r"a.c", r"(x)\1", r"\Wb\W", r"[^a]b", r"\d\n\d", r"(?:^|(?<=\W))(b)(?:(?=\W)|$)"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(alphabet="abcx019 -\n\t.", max_size=8), min_size=1, max_size=9))
def test_no_match_is_lost_at_a_seam(values: list[str]) -> None:
    gate = Gate([(p, FLAGS) for p in PATTERNS])
    passed = set(gate.passes(values)) | {(i, n) for i in range(len(values)) for n in gate.always}
    for number, pattern in enumerate(PATTERNS):
        for i, value in enumerate(values):
            if re.search(pattern, value, FLAGS):
                assert (i, number) in passed


@pytest.mark.parametrize(
    "pattern",
    [r"\Aa", r"a\Z", r"a{e<=1}", r"a{,3}b", r"a++b", r"(?x)a b", r"[[:alpha:]]b", r"\p{L}b", r"é", r"a*", r"(?|a|b)c", r"(?>a)b", r"(", r"(?(1)a|b)"],
)
def test_what_could_mean_something_else_stays_outside(pattern: str) -> None:
    assert not gateable(pattern, FLAGS)


def test_line_anchors_need_the_flag() -> None:
    assert gateable("^a", FLAGS)
    assert not gateable("^a", 0)


@pytest.mark.parametrize(("value", "expected"), [("a b\t\n\r~", True), ("", True), ("\x1c", False), ("\x00", False), ("é", False), ("\x0b", False)])
def test_plain(value: str, expected: bool) -> None:
    assert plain(value) is expected


def test_blocks_larger_than_one_scan() -> None:
    values = ["x" * 400_000 + "123", "4 56", "789", "y" * 900_000, "321"]
    assert [i for i, _ in Gate([(r"\b\d{3}\b|x123", 0)]).passes(values)] == [0, 2, 4]


def test_nothing_to_gate() -> None:
    assert list(Gate([("", 0)]).passes(["a"])) == []
    assert Gate([("", 0)]).always == [0]
