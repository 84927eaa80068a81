"""No field holds personal data: an expectation over the frame of fields that the register gives (or such a table in SQL)."""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from ropewalk.gx.pushdown import frame_of, one_row

_KEYS = ("categories", "strengths", "threshold")


class PersonalFieldCounts(TableMetricProvider):
    """Counts of fields: all, and those whose category, strength and confidence make them personal."""

    metric_name = "ropewalk.personal_field_counts"
    value_keys = _KEYS

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        frame, k = frame_of(execution_engine, metric_domain_kwargs), metric_value_kwargs
        hit = frame["category"].isin(k["categories"]) & frame["strength"].isin(k["strengths"]) & (frame["confidence"] >= k["threshold"])
        return {"fields": len(frame), "found": int(hit.sum())}

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        k = metric_value_kwargs
        hit = sa.and_(
            sa.column("category").in_(k["categories"]), sa.column("strength").in_(k["strengths"]), sa.column("confidence") >= k["threshold"]
        )
        found = sa.func.coalesce(sa.func.sum(sa.case((hit, 1), else_=0)), 0).label("found")
        return one_row(
            execution_engine, metric_domain_kwargs, lambda rows: sa.select(sa.func.count().label("fields"), found).select_from(rows.selectable)
        )


class ExpectFieldsToHoldNoPersonalData(BatchExpectation):
    """Expect no row of a frame of fields (category, strength, confidence) to be of these categories and strengths with this confidence."""

    categories: list[str]
    strengths: list[str] = ["direct"]  # noqa: RUF012 - pydantic copies it
    threshold: float = 0.5

    metric_dependencies: ClassVar[tuple[str, ...]] = ("ropewalk.personal_field_counts",)
    success_keys: ClassVar[tuple[str, ...]] = _KEYS
    args_keys: ClassVar[tuple[str, ...]] = _KEYS
    counted: ClassVar[tuple[str, ...]] = ("fields", "found")

    def _validate(self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None) -> dict[str, Any]:
        found = metrics["ropewalk.personal_field_counts"]
        return {"success": not found["found"], "result": {"observed_value": found["found"], **{n: found[n] for n in self.counted}}}
