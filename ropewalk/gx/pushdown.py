"""How a metric reaches the rows: a frame in RAM, or one query in the store's own dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes

from ropewalk.judging.sqlrows import SqlRows

if TYPE_CHECKING:
    import pandas as pd


def frame_of(engine: Any, domain: dict[str, Any]) -> pd.DataFrame:
    frame: pd.DataFrame
    frame, *_ = engine.get_compute_domain(domain_kwargs=domain, domain_type=MetricDomainTypes.TABLE)
    return frame


def one_row(engine: Any, domain: dict[str, Any], query: Callable[[SqlRows], Any]) -> dict[str, int]:
    """The numbers of a query that yields one row."""
    selectable, *_ = engine.get_compute_domain(domain_kwargs=domain, domain_type=MetricDomainTypes.TABLE)
    rows = SqlRows(_from(selectable), engine.dialect_name.lower(), _types(engine.engine, selectable))
    with engine.get_connection() as connection:  # GX's own execute_query closes before it reads, and DuckDB then has no row
        row = connection.execute(query(rows)).mappings().one()
    return {str(k): int(v) for k, v in row.items()}


def _from(selectable: Any) -> Any:
    return selectable.subquery() if isinstance(selectable, sa.Select) else selectable


def _types(bind: Any, selectable: Any) -> dict[str, Any]:
    """Types of the columns as the catalogue tells them; a query has none, and is then judged as text."""
    if not isinstance(selectable, sa.Table):
        return {}
    found = sa.inspect(bind).get_columns(str(selectable.name), schema=selectable.schema)
    return {str(c["name"]): c["type"] for c in found}
