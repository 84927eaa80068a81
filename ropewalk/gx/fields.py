"""No field holds personal data: an expectation over the frame of fields that the register gives (or such a table in SQL)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from ropewalk.gx.pushdown import frame_of, one_row

if TYPE_CHECKING:
    import pandas as pd

_KEYS = ("categories", "strengths", "threshold")


class PersonalFieldCounts(TableMetricProvider):
    """Counts of fields: all, and those whose category, strength and confidence make them personal."""

    metric_name = "ropewalk.personal_field_counts"
    value_keys = _KEYS

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        k = metric_value_kwargs
        return personal_counts(frame_of(execution_engine, metric_domain_kwargs), k["categories"], k["strengths"], k["threshold"])

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, int]:
        k = metric_value_kwargs
        asked = k["categories"], k["strengths"], k["threshold"]
        return one_row(execution_engine, metric_domain_kwargs, lambda rows: personal_query(rows.selectable, *asked))


def personal_counts(frame: pd.DataFrame, categories: Sequence[str], strengths: Sequence[str], threshold: float) -> dict[str, int]:
    """fields, and found: those of these categories and strengths with this confidence or more."""
    hit = frame["category"].isin(categories) & frame["strength"].isin(strengths) & (frame["confidence"].astype("float64") >= threshold)
    return {"fields": len(frame), "found": int(hit.sum())}


def personal_query(selectable: Any, categories: Sequence[str], strengths: Sequence[str], threshold: float) -> sa.Executable:
    """The twin of `personal_counts` in SQL."""
    of_these = sa.column("category").in_(categories), sa.column("strength").in_(strengths)
    hit = sa.and_(*of_these, sa.column("confidence") >= threshold)
    found = sa.func.coalesce(sa.func.sum(sa.case((hit, 1), else_=0)), 0).label("found")
    return sa.select(sa.func.count().label("fields"), found).select_from(selectable)


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
