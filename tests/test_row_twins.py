"""The other twins in SQL and pandas agree on 1,000 random tables: intervals between two events, and fields that hold personal data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_rows import AS_OF, EXAMPLES, KINDS, NAMES, duckdb, moments, prepared, quiet, sqlite

from ropewalk.judging.intervals import interval_counts, interval_query, seconds_of

__all__ = ["duckdb", "sqlite"]
BOTH = {**KINDS, "aware": (sa.DateTime(timezone=True), st.one_of(st.none(), moments().map(lambda m: m.replace(tzinfo=UTC))))}
QUERIES: dict[tuple[Any, ...], Any] = {}


@st.composite
def events(draw: st.DrawFn, kinds: tuple[str, ...]) -> tuple[pd.DataFrame, dict[str, Any], float]:
    begin, end = draw(st.sampled_from(kinds)), draw(st.sampled_from(kinds))
    types = {"begin": BOTH[begin][0], "end": BOTH[end][0]}
    rows = draw(st.lists(st.tuples(BOTH[begin][1], BOTH[end][1]), max_size=12))
    frame = pd.DataFrame({n: pd.Series([r[i] for r in rows], dtype=object) for i, n in enumerate(types)})
    return frame, types, draw(st.sampled_from([24, 24, 0, 0.5, 24 * 30]))


LATE = (
    pd.DataFrame({"begin": ["2099-12-30T09:30:00"], "end": ["2099-12-31"]}, dtype=object),
    {"begin": sa.Text(), "end": sa.Text()}, 24,
)  # fmt: skip
"""More seconds than 32 bits hold."""


def agree(connection: sa.Connection, table: tuple[pd.DataFrame, dict[str, Any], float]) -> None:
    frame, types, hours = table
    key, place, rows = prepared(connection, types)
    if len(frame):
        connection.execute(sa.insert(place), frame.to_dict("records"))
    if (*key, hours) not in QUERIES:
        QUERIES[*key, hours] = interval_query(rows, "begin", "end", hours, AS_OF)
    found = {k: int(v) for k, v in connection.execute(QUERIES[*key, hours]).mappings().one().items()}
    assert found == interval_counts(frame, "begin", "end", hours, AS_OF)
    assert found["rows"] == found["undated"] + found["ended"] + found["waiting"] + (found["late"] - _late_and_ended(frame, hours))


def _late_and_ended(frame: pd.DataFrame, hours: float) -> int:
    pairs = [(seconds_of(b), seconds_of(e)) for b, e in zip(frame["begin"], frame["end"], strict=True)]
    return sum(b is not None and e is not None and e - b > hours * 3600 for b, e in pairs)


@quiet
@given(table=events(("text", "text", "date", "moment", "number")))
def test_intervals_in_sqlite_and_pandas_agree(sqlite: sa.Connection, table: Any) -> None:
    agree(sqlite, table)


@settings(quiet, max_examples=max(EXAMPLES // 40, 10))  # DuckDB takes its time to plan
@given(table=events(("text", "date", "moment", "aware", "number")))
@example(table=LATE)
def test_intervals_in_duckdb_and_pandas_agree(duckdb: sa.Connection, table: Any) -> None:
    agree(duckdb, table)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-10-21", "2026-10-21T00:00:00"), ("2026-10-21T09:30", "2026-10-21T09:30:00"), ("2026-10-21 09:30:15.9Z", "2026-10-21T09:30:15"),
        ("2026-10-21T09:30:15+09:00", "2026-10-21T00:30:15"), ("2026-10-21T09:30-0530", "2026-10-21T15:00:00"),
        ("2026-10-21T09:30+02", "2026-10-21T07:30:00"),
        ("2024-02-29", "2024-02-29T00:00:00"), ("2099-12-31T23:59:59Z", "2099-12-31T23:59:59"), ("1970-01-01", "1970-01-01T00:00:00"),
        ("2026-02-29", None), ("2026-02-30", None), ("2026-04-31", None), ("2026-13-01", None), ("1969-12-31", None), ("2100-01-01", None),
        ("now", None), ("12:00", None), ("21/10/2026", None), ("", None), ("2026-10-21T25:00", None), (None, None), (17, None), (True, None),
        (float("nan"), None), (pd.NaT, None), (date(2026, 10, 21), "2026-10-21T00:00:00"),
        (datetime(2026, 10, 21, 9, 30, tzinfo=UTC).replace(tzinfo=None), "2026-10-21T09:30:00"),
        (datetime(2026, 10, 21, 9, 30, tzinfo=UTC) + timedelta(microseconds=9), "2026-10-21T09:30:00"),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_time_means(value: object, moment: str | None, sqlite: sa.Connection) -> None:
    wanted = None if moment is None else int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())
    assert seconds_of(value) == wanted
    if isinstance(value, str):
        agree(sqlite, (pd.DataFrame({"begin": ["2026-01-01"], "end": [value]}, dtype=object), {"begin": sa.Text(), "end": sa.Text()}, 24))


FIELDS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from(["email", "ip", "name", "credential", ""]), NAMES),
        st.one_of(st.none(), st.sampled_from(["direct", "weak", "DIRECT"])),
        st.one_of(st.none(), st.floats(0, 1), st.just(0.5)),
    ),
    max_size=12,
)


@quiet
@given(rows=FIELDS, categories=st.lists(st.sampled_from(["email", "ip", "name", ""]), unique=True), threshold=st.sampled_from([0.5, 0.0, 1.0]))
def test_personal_fields_in_sqlite_and_pandas_agree(
    sqlite: sa.Connection, rows: list[tuple[Any, ...]], categories: list[str], threshold: float
) -> None:
    from ropewalk.gx.fields import personal_counts, personal_query

    types = {"category": sa.Text(), "strength": sa.Text(), "confidence": sa.Double()}
    frame = pd.DataFrame(rows, columns=list(types))
    _, place, _ = prepared(sqlite, types)
    if rows:
        sqlite.execute(sa.insert(place), [dict(zip(types, r, strict=True)) for r in rows])
    asked = categories, ["direct"], threshold
    found = sqlite.execute(personal_query(sa.table(place.name), *asked)).mappings().one()
    assert {k: int(v) for k, v in found.items()} == personal_counts(frame, *asked)
