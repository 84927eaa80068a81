"""Personal data is gone N days after delivery (policy clause 2.1), counted row by row where the rows lie."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from ropewalk.gx.pushdown import frame_of, one_row
from ropewalk.judging.deadline import Deadline
from ropewalk.judging.framerows import retention_counts

_KEYS = ("personal", "delivered", "shipped", "days", "as_of")


class RetentionCounts(TableMetricProvider):
    """Counts of rows: all, with personal data, overdue by delivery, by shipment, without a usable date."""

    metric_name = "ropewalk.retention_counts"
    value_keys = _KEYS

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        personal, delivered, shipped, deadline = _asked(metric_value_kwargs)
        return retention_counts(frame_of(execution_engine, metric_domain_kwargs), personal, delivered, shipped, deadline)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        asked = _asked(metric_value_kwargs)
        return one_row(execution_engine, metric_domain_kwargs, lambda rows: rows.retention(*asked))


class ExpectPiiRetention(BatchExpectation):
    """Expect no row to hold personal data more than `days` days after delivery, and every such row to have a usable date.

    personal: fields (columns, or JSON paths as `details.BuyerInfo.BuyerEmail`); delivered, shipped: the clocks, shipment
    being the fallback; as_of: ISO time of the verdict. What counts as a usable date: docs/controls/pii_retention.md.
    """

    personal: list[str]
    as_of: str
    delivered: str | None = None
    shipped: str | None = None
    days: float = 30

    metric_dependencies: ClassVar[tuple[str, ...]] = ("ropewalk.retention_counts",)
    success_keys: ClassVar[tuple[str, ...]] = _KEYS
    args_keys: ClassVar[tuple[str, ...]] = _KEYS
    counted: ClassVar[tuple[str, ...]] = ("rows", "personal", "overdue", "overdue_by_shipment", "by_shipment", "undated")

    def _validate(self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None) -> dict[str, Any]:
        found = metrics["ropewalk.retention_counts"]
        late = found["overdue"] + found["overdue_by_shipment"]
        return {"success": not late and not found["undated"], "result": {"observed_value": late, **{n: found[n] for n in self.counted}}}


def _asked(kwargs: Any) -> tuple[list[str], str | None, str | None, Deadline]:
    deadline = Deadline.of(datetime.fromisoformat(kwargs["as_of"]), 30 if kwargs.get("days") is None else kwargs["days"])
    return list(kwargs["personal"]), kwargs.get("delivered"), kwargs.get("shipped"), deadline
