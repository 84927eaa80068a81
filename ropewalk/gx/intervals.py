"""One event follows another in time: access ends after leaving, Amazon hears after the detection, a vulnerability goes after it was seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from ropewalk.gx.pushdown import frame_of, one_row
from ropewalk.judging.intervals import COUNTED, interval_counts, interval_query

_KEYS = ("begin", "end", "hours", "as_of")


class IntervalCounts(TableMetricProvider):
    """Counts of rows: all; with an end; late (ended after the limit, or open past it); waiting (open, in time); without a begin."""

    metric_name = "ropewalk.interval_counts"
    value_keys = _KEYS

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        return interval_counts(frame_of(execution_engine, metric_domain_kwargs), *_asked(metric_value_kwargs))

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        asked = _asked(metric_value_kwargs)
        return one_row(execution_engine, metric_domain_kwargs, lambda rows: interval_query(rows, *asked))


def _asked(kwargs: Any) -> tuple[str, str, float, datetime]:
    return kwargs["begin"], kwargs["end"], float(kwargs["hours"]), _utc(kwargs["as_of"])


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class ExpectEventsToFollowWithin(BatchExpectation):
    """Expect the time in column `end` to come within `hours` after that in `begin`; where there is no end yet, `as_of` counts.

    begin, end: columns of times, or ISO 8601 text; UTC where no zone is given; what is no time is none; as_of: ISO time of the verdict.
    Rows without a begin fail it too, for nobody knows whether they are late.
    """

    begin: str
    end: str
    hours: float
    as_of: str

    metric_dependencies: ClassVar[tuple[str, ...]] = ("ropewalk.interval_counts",)
    success_keys: ClassVar[tuple[str, ...]] = _KEYS
    args_keys: ClassVar[tuple[str, ...]] = _KEYS
    counted: ClassVar[tuple[str, ...]] = COUNTED

    def _validate(self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None) -> dict[str, Any]:
        found = metrics["ropewalk.interval_counts"]
        return {"success": not found["late"] and not found["undated"], "result": {"observed_value": found["late"], **found}}
