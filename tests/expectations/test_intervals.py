"""One event follows another in time: pandas and SQL agree, with native times and with text, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from register_urls import postgres_url

from ropewalk.contracts import FrameTable, SqlTable
from ropewalk.gx import ExpectEventsToFollowWithin, counts

__all__ = ["postgres_url"]

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
EXPECTED = ExpectEventsToFollowWithin(begin="left at", end="ended", hours=24, as_of=AS_OF.isoformat())
Pair = tuple[datetime | None, datetime | None]
TIMES = st.none() | st.integers(-200_000, 200_000).map(lambda n: AS_OF + timedelta(seconds=n * 3))
KNOWN = [(100, 80), (100, 76), (100, 75.9), (100, None), (10, None), (24, None), (None, 3), (None, None), (30, 31)]
COUNTS = {"rows": 9, "ended": 4, "late": 2, "waiting": 2, "undated": 2}


def pairs(hours: list[tuple[Any, Any]]) -> list[Pair]:
    return [tuple(None if h is None else AS_OF - timedelta(hours=h) for h in row) for row in hours]  # type: ignore[misc]


def in_pandas(rows: list[Pair], text: bool = False) -> dict[str, int]:
    told: Any = [[t.isoformat() if t and text else t for t in row] for row in rows]
    return counts(EXPECTED, FrameTable(pd.DataFrame(told, columns=["left at", "ended"], dtype=object)))


def in_sql(engine: sa.Engine, rows: list[Pair], kind: Any) -> dict[str, int]:
    table = sa.Table("leavers", sa.MetaData(), sa.Column("left at", kind), sa.Column("ended", kind))
    native = engine.dialect.name == "postgresql"
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        for row in rows:
            told = [t if t is None or native else t.isoformat() if kind is sa.Text else t.replace(tzinfo=None) for t in row]
            connection.execute(sa.insert(table).values(dict(zip(("left at", "ended"), told, strict=True))))
    return counts(EXPECTED, SqlTable(engine, "leavers"))


def test_counts_in_pandas() -> None:
    assert in_pandas(pairs(KNOWN)) == in_pandas(pairs(KNOWN), text=True) == COUNTS
    assert in_pandas([]) == dict.fromkeys(COUNTS, 0)


@pytest.mark.parametrize("kind", [sa.DateTime, sa.Text])
def test_counts_in_sqlite(kind: Any) -> None:
    assert in_sql(sa.create_engine("sqlite://"), pairs(KNOWN), kind) == COUNTS


@pytest.mark.server
def test_counts_in_postgresql(postgres_url: Callable[[], str]) -> None:
    engine = sa.create_engine(postgres_url().replace("postgresql://", "postgresql+psycopg://"))
    assert in_sql(engine, pairs(KNOWN), sa.DateTime(timezone=True)) == COUNTS
    engine.dispose()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TIMES, TIMES), max_size=12), st.sampled_from([sa.DateTime, sa.Text]))
def test_pandas_and_sql_agree(rows: list[Pair], kind: Any) -> None:
    assert in_pandas(rows) == in_sql(sa.create_engine("sqlite://"), rows, kind)
