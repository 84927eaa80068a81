"""Canonical JSON as RFC 8785 has it: what the evidence chain hashes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ropewalk.evidence import canonical

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "text"),
    [  # the examples of RFC 8785, appendix B
        (0.0, "0"), (-0.0, "0"), (5e-324, "5e-324"), (-5e-324, "-5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"), (295147905179352830000.0, "295147905179352830000"), (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"), (1.0000000000000001e23, "1.0000000000000001e+23"), (999999999999999700000.0, "999999999999999700000"), (1e21, "1e+21"),
        (333333333.3333332, "333333333.3333332"), (0.000001, "0.000001"), (9.999999999999997e-7, "9.999999999999997e-7"), (1.0, "1"), (-4.5, "-4.5"),
        (0.002, "0.002"), (10**20, "100000000000000000000"),
    ],
)  # fmt: skip
def test_numbers_as_ecmascript_writes_them(number: float, text: str) -> None:
    assert canonical(number) == text


def test_keys_and_text_as_rfc_8785_has_them() -> None:
    given_ = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    assert list(json.loads(canonical(given_))) == ["\r", "1", "\x80", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert canonical('\u20ac$\x0f\nA\'B"\\\\"/') == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    )
)
def test_canonical_json_is_json_of_the_same_and_a_fixed_point(data: object) -> None:
    text = canonical(data)
    again = json.loads(text)
    assert canonical(again) == text
    text.encode("utf-8")


def test_a_time_is_the_same_in_every_zone() -> None:
    assert canonical(AT) == canonical(AT.astimezone(timezone(timedelta(hours=9)))) == '"2026-03-01T12:00:00.000000Z"'


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), object(), b"x"])
def test_what_is_not_json_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match="evidence holds"):
        canonical({"a": [bad]})
