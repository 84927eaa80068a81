"""The SQL and the pandas judge of rows agree, on any table: dates native and as text, in any spelling, near the deadline and far."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ropewalk.judging.deadline import Deadline
from ropewalk.judging.framerows import filled_counts, retention_counts
from ropewalk.judging.sqlrows import SqlRows

AS_OF = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CUTOFF = AS_OF - timedelta(days=30)
EXAMPLES = int(os.environ.get("ROPEWALK_EXAMPLES", "1000"))
OFFSETS = ["", "Z", "+00:00", "+09:00", "-05:00", "+0530", "-0800", "+02", "-10", "+05:45", "-00:30", " PM", "garbage"]


def near() -> st.SearchStrategy[datetime]:
    """Within a day and a half of the deadline, where an offset decides."""
    return st.integers(-36 * 3600, 36 * 3600).map(lambda s: CUTOFF.replace(tzinfo=None) + timedelta(seconds=s))


def moments() -> st.SearchStrategy[datetime]:
    return st.one_of(
        near(), st.datetimes(CUTOFF.replace(year=1970, tzinfo=None), CUTOFF.replace(year=2040, tzinfo=None)), st.just(CUTOFF.replace(tzinfo=None))
    )


def spelled(moment: datetime, form: str, offset: str) -> str:
    return moment.strftime(form) + (offset if len(form) > 8 else "")


FORMS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M", "%d/%m/%Y", "%Y%m%d", "%s"]
ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=24)
TEXT_DATES = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "never", "0000-00-00", "2026-13-01", "2026-02-31", "2026-10-1x", "9999-12-31", "abcd-ef-gh", "2026-10-21T25:00"]),
    st.builds(spelled, moments(), st.sampled_from(FORMS), st.sampled_from(OFFSETS)),
    st.builds(spelled, near(), st.sampled_from(FORMS[1:5]), st.sampled_from(OFFSETS)),
    st.builds(spelled, near(), st.sampled_from(FORMS[:5]), st.just("")),
    ASCII,
)
EPOCHS = st.one_of(
    st.none(),
    st.builds(lambda m, n: int(m.replace(tzinfo=UTC).timestamp()) * n, moments(), st.sampled_from([1, 1000, 1_000_000])),
    moments().map(lambda m: int(m.strftime("%Y%m%d"))),
    st.integers(-5, 10**15),
)
KINDS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "text": (sa.Text(), TEXT_DATES),
    "date": (sa.Date(), st.one_of(st.none(), moments().map(datetime.date))),
    "moment": (sa.DateTime(), st.one_of(st.none(), moments())),
    "number": (sa.BigInteger(), EPOCHS),
}
NAMES = st.one_of(
    st.just("Ann"), st.none(), st.sampled_from(["", "  ", "Ann", "REDACTED", "[deleted]", "***", "* *", "N/A", "null", "{}", "0"]), ASCII
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[pd.DataFrame, dict[str, Any], float]:
    kinds = st.sampled_from(["text", "text", *KINDS])
    delivered, shipped = draw(kinds), draw(kinds)
    types = {"name": sa.Text(), "e mail": sa.Text(), "delivered": KINDS[delivered][0], "shipped": KINDS[shipped][0]}
    rows = draw(st.lists(st.tuples(NAMES, NAMES, KINDS[delivered][1], KINDS[shipped][1]), max_size=12))
    frame = pd.DataFrame({n: pd.Series([r[i] for r in rows], dtype=object) for i, n in enumerate(types)})
    return frame, types, draw(st.sampled_from([30, 30, 7, 0.5, 90]))


PREPARED: dict[tuple[Any, ...], tuple[sa.Table, SqlRows]] = {}
QUERIES: dict[tuple[Any, ...], Any] = {}


def prepared(connection: sa.Connection, types: dict[str, Any]) -> tuple[tuple[Any, ...], sa.Table, SqlRows]:
    """An empty table with these columns; made once for each combination of types."""
    key = (connection.engine, *((n, str(t)) for n, t in types.items()))
    if key not in PREPARED:
        table = sa.Table(f"t {len(PREPARED)}", sa.MetaData(), *(sa.Column(n, t) for n, t in types.items()))
        table.drop(connection, checkfirst=True)
        table.create(connection)
        told = {str(c["name"]): c["type"] for c in sa.inspect(connection).get_columns(table.name)}
        PREPARED[key] = table, SqlRows(sa.table(table.name), connection.dialect.name, told)
    table, rows = PREPARED[key]
    connection.execute(sa.delete(table))
    return key, table, rows


def counted(connection: sa.Connection, frame: pd.DataFrame, types: dict[str, Any], days: float) -> tuple[dict[str, int], dict[str, int]]:
    key, table, rows = prepared(connection, types)
    if len(frame):
        connection.execute(sa.insert(table), frame.to_dict("records"))
    if (*key, days) not in QUERIES:
        late = rows.retention(["name", '"e mail"'], "delivered", "shipped", Deadline.of(AS_OF, days))
        QUERIES[*key, days] = late, rows.filled(["name"])
    late, filled = (connection.execute(q).mappings().one() for q in QUERIES[*key, days])
    return {k: int(v) for k, v in late.items()}, {k: int(v) for k, v in filled.items()}


def agree(connection: sa.Connection, table: tuple[pd.DataFrame, dict[str, Any], float]) -> None:
    frame, types, days = table
    in_sql, filled = counted(connection, frame, types, days)
    assert in_sql == retention_counts(frame, ["name", "e mail"], "delivered", "shipped", Deadline.of(AS_OF, days))
    assert filled == filled_counts(frame, ["name"])
    assert in_sql["personal"] >= in_sql["overdue"] + in_sql["overdue_by_shipment"] + in_sql["undated"]


quiet = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="module")
def sqlite() -> Iterator[sa.Connection]:
    yield from connected("sqlite://")


@pytest.fixture(scope="module")
def duckdb() -> Iterator[sa.Connection]:
    yield from connected("duckdb:///:memory:")


@quiet
@given(table=tables())
def test_sqlite_and_pandas_agree(sqlite: sa.Connection, table: Any) -> None:
    agree(sqlite, table)


@settings(quiet, max_examples=max(EXAMPLES // 4, 25))
@given(table=tables())
def test_duckdb_and_pandas_agree(duckdb: sa.Connection, table: Any) -> None:
    agree(duckdb, table)


def days_ago(days: float, form: str = "%Y-%m-%dT%H:%M:%S") -> str:
    return (AS_OF - timedelta(days=days)).strftime(form)


LATE, TIMELY, UNDATED = (1, 0), (0, 0), (0, 1)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (days_ago(31), LATE),
        (days_ago(29), TIMELY),
        (days_ago(30), TIMELY),
        ("2026-10-21", TIMELY),  # the last day counts as a whole
        ("2026-10-20", LATE),
        ("2026-10-21T11:59:59Z", LATE),
        ("2026-10-21T12:00:00Z", TIMELY),
        ("2026-10-21T20:59:59+09:00", LATE),  # 11:59:59 in UTC
        ("2026-10-21T21:00:00+09:00", TIMELY),
        ("2026-10-21T07:00:00-05:00", TIMELY),
        ("2026-10-21T06:59:00-0500", LATE),
        ("2026-10-21T13:59+02", LATE),  # an hour's offset after a time without seconds
        ("2026-10-21T14:00+02", TIMELY),
        ("2026-12-24", UNDATED),  # a delivery in the future is a promise
        ("1970-01-01", UNDATED),
        ("21/10/2026", UNDATED),
        ("yesterday", UNDATED),
        (None, UNDATED),
        ((CUTOFF - timedelta(seconds=1)).replace(tzinfo=None), LATE),
        (date(2026, 10, 21), TIMELY),
        (int(CUTOFF.timestamp()) - 1, LATE),
        (int(CUTOFF.timestamp()) * 1000, TIMELY),
        (20261020, LATE),
        (True, UNDATED),
        (-1, UNDATED),
    ],
    ids=str,
)
def test_what_a_clock_value_means(value: object, verdict: tuple[int, int]) -> None:
    frame = pd.DataFrame({"name": ["Ann"], "delivered": pd.Series([value], dtype=object)})
    found = retention_counts(frame, ["name"], "delivered", None, Deadline.of(AS_OF, 30))
    assert (found["overdue"], found["undated"]) == verdict


def test_shipment_counts_only_where_delivery_is_not_known() -> None:
    frame = pd.DataFrame({"name": ["Ann"] * 3, "delivered": [days_ago(2), None, None], "shipped": [days_ago(99), days_ago(40), days_ago(20)]})
    found = retention_counts(frame, ["name"], "delivered", "shipped", Deadline.of(AS_OF, 30))
    assert found == {"rows": 3, "personal": 3, "overdue": 0, "overdue_by_shipment": 1, "by_shipment": 2, "undated": 0}


@pytest.mark.parametrize(
    ("details", "holds"),
    [
        ('{"BuyerInfo": {"BuyerEmail": "a@example.com"}}', True),
        ('{"BuyerInfo": {"BuyerEmail": ""}}', False),
        ('{"BuyerInfo": {"BuyerEmail": null}}', False),
        ('{"BuyerInfo": {}}', False),
        ("{}", False),
        ("not json", False),
        (None, False),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_personal_data_inside_json(request: pytest.FixtureRequest, engine: str, details: str | None, holds: bool) -> None:
    connection = request.getfixturevalue(engine)
    frame = pd.DataFrame({"details": pd.Series([details], dtype=object)})
    table = sa.Table("j", sa.MetaData(), sa.Column("details", sa.Text()))
    table.drop(connection, checkfirst=True)
    table.create(connection)
    connection.execute(sa.insert(table), frame.to_dict("records"))
    rows = SqlRows(sa.table("j"), connection.dialect.name, {"details": sa.Text()})
    assert connection.execute(rows.filled(["details.BuyerInfo.BuyerEmail"])).mappings().one()["filled"] == int(holds)


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
@pytest.mark.parametrize("separator", ["T", " ", "t"])
def test_every_offset_moves_the_deadline_to_the_second(request: pytest.FixtureRequest, engine: str, separator: str) -> None:
    deadline = Deadline.of(AS_OF, 30)
    rows = []
    for offset, local in {**deadline.shifted(), "Z": deadline.cutoff_text, "": deadline.cutoff_text}.items():
        at = datetime.fromisoformat(local)
        rows += [((at - timedelta(seconds=s)).isoformat(separator) + fraction + offset, s) for s in (0, 1) for fraction in ("", ".250")]
    frame = pd.DataFrame({"name": "Ann", "e mail": None, "delivered": [text for text, _ in rows], "shipped": None}, dtype=object)
    found, _ = counted(request.getfixturevalue(engine), frame, {n: sa.Text() for n in frame}, 30)
    assert (found["overdue"], found["undated"]) == (sum(s for _, s in rows), 0)
    assert found == retention_counts(frame, ["name"], "delivered", "shipped", deadline)


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_short_times_with_short_offsets_and_odd_blanks_agree(request: pytest.FixtureRequest, engine: str) -> None:
    texts = ["2026-10-21T13:59+02", "2026-10-21T14:00+02", "2026-10-21T06:59-05", "2026-10-21T07:00-05", "2026-10-21T11:59", "2026-10-21T12:00Z"]
    blanks = ["\u00a0", "\t", " ", "\u2003", "Ann", "*"]
    frame = pd.DataFrame({"name": blanks, "e mail": None, "delivered": texts, "shipped": None}, dtype=object)
    found, _ = counted(request.getfixturevalue(engine), frame, {n: sa.Text() for n in frame}, 30)
    assert (found["personal"], found["overdue"]) == (4, 2)
    assert found == retention_counts(frame, ["name", "e mail"], "delivered", "shipped", Deadline.of(AS_OF, 30))
