"""One event follows another in time: access ends after leaving, Amazon hears after the detection, a vulnerability goes after it was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from ropewalk.gx.pushdown import frame_of, one_row

_KEYS = ("begin", "end", "hours", "as_of")
_COUNTED = ("rows", "ended", "late", "waiting", "undated")


class IntervalCounts(TableMetricProvider):
    """Counts of rows: all; with an end; late (ended after the limit, or open past it); waiting (open, in time); without a begin."""

    metric_name = "ropewalk.interval_counts"
    value_keys = _KEYS

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        import pandas as pd

        k = metric_value_kwargs
        frame = frame_of(execution_engine, metric_domain_kwargs)
        begin, end = (pd.to_datetime(frame[k[c]], utc=True, format="ISO8601") for c in ("begin", "end"))
        limit, now = begin + timedelta(hours=k["hours"]), pd.Timestamp(_utc(k["as_of"]))
        told, ended = begin.notna(), begin.notna() & end.notna()
        late = (ended & (end > limit)) | (told & ~ended & (now > limit))
        counts = (len(frame), ended.sum(), late.sum(), (told & ~ended & ~late).sum(), (~told).sum())
        return {n: int(c) for n, c in zip(_COUNTED, counts, strict=True)}

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        k = metric_value_kwargs
        dialect = execution_engine.dialect_name.lower()
        begin, end = _seconds(sa.column(k["begin"]), dialect), _seconds(sa.column(k["end"]), dialect)
        now = sa.literal(_utc(k["as_of"]).timestamp())
        told, ended = begin.is_not(None), sa.and_(begin.is_not(None), end.is_not(None))
        is_open = sa.and_(begin.is_not(None), end.is_(None))
        after = sa.func.coalesce(end, now) - begin > sa.literal(k["hours"] * 3600)
        chosen = {"ended": ended, "late": sa.and_(told, after), "waiting": sa.and_(is_open, sa.not_(after)), "undated": begin.is_(None)}
        sums = [sa.func.coalesce(sa.func.sum(sa.case((c, 1), else_=0)), 0).label(n) for n, c in chosen.items()]
        return one_row(
            execution_engine, metric_domain_kwargs, lambda rows: sa.select(sa.func.count().label("rows"), *sums).select_from(rows.selectable)
        )


def _seconds(column: Any, dialect: str) -> Any:
    """Seconds since 1970 of a column of times in UTC, or of ISO text in SQLite."""
    if dialect == "sqlite":
        return sa.func.round((sa.func.julianday(column) - 2440587.5) * 86400.0, 3)  # it holds milliseconds, and its days more digits than that
    if dialect in {"mysql", "mariadb"}:
        return sa.func.timestampdiff(sa.text("MICROSECOND"), sa.text("'1970-01-01'"), column) / 1_000_000
    return sa.cast(sa.extract("epoch", column), sa.Double())


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class ExpectEventsToFollowWithin(BatchExpectation):
    """Expect the time in column `end` to come within `hours` after that in `begin`; where there is no end yet, `as_of` counts.

    begin, end: columns of times, or ISO 8601 text; UTC where no zone is given; as_of: ISO time of the verdict. Rows without a begin
    fail it too, for nobody knows whether they are late.
    """

    begin: str
    end: str
    hours: float
    as_of: str

    metric_dependencies: ClassVar[tuple[str, ...]] = ("ropewalk.interval_counts",)
    success_keys: ClassVar[tuple[str, ...]] = _KEYS
    args_keys: ClassVar[tuple[str, ...]] = _KEYS
    counted: ClassVar[tuple[str, ...]] = _COUNTED

    def _validate(self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None) -> dict[str, Any]:
        found = metrics["ropewalk.interval_counts"]
        return {"success": not found["late"] and not found["undated"], "result": {"observed_value": found["late"], **found}}
