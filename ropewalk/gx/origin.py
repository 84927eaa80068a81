"""Every row tells where it came from (policy clause 1.8), counted where the rows lie."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from ropewalk.gx.pushdown import frame_of, one_row
from ropewalk.judging.framerows import filled_counts


class FilledCounts(TableMetricProvider):
    """Counts of rows: all, and those in which one of the columns holds something."""

    metric_name = "ropewalk.filled_counts"
    value_keys = ("origin",)

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        return filled_counts(frame_of(execution_engine, metric_domain_kwargs), metric_value_kwargs["origin"])

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        return one_row(execution_engine, metric_domain_kwargs, lambda rows: rows.filled(metric_value_kwargs["origin"]))


class ExpectRowsToNameTheirOrigin(BatchExpectation):
    """Expect at least the share `mostly` of the rows to hold something in one of the columns `origin`."""

    origin: list[str]
    mostly: float = 0.999

    metric_dependencies: ClassVar[tuple[str, ...]] = ("ropewalk.filled_counts",)
    success_keys: ClassVar[tuple[str, ...]] = ("origin", "mostly")
    args_keys: ClassVar[tuple[str, ...]] = ("origin", "mostly")
    counted: ClassVar[tuple[str, ...]] = ("rows", "filled")

    def _validate(self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None) -> dict[str, Any]:
        found = metrics["ropewalk.filled_counts"]
        enough = found["filled"] >= self.mostly * found["rows"]
        return {"success": enough, "result": {"observed_value": found["filled"], **{n: found[n] for n in self.counted}}}
