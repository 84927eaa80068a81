"""Runs one expectation on rows where they lie, and brings back allow-listed counts: no value, no exception, no unexpected rows."""

from __future__ import annotations

import logging
import os
import warnings
from typing import Any

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # nothing leaves this machine; it is read when great_expectations is imported

from great_expectations.core.batch import Batch
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.validator.validator import Validator

from ropewalk.contracts import FrameTable, SqlTable
from ropewalk.errors import SourceError

RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
_QUIET = ("great_expectations", "great_expectations.validator", "great_expectations.execution_engine")


def counts(expectation: BatchExpectation, table: SqlTable | FrameTable) -> dict[str, int]:
    """The whole numbers that the expectation allow-lists in `counted`. Raises SourceError, which quotes nothing.

    The batch is bound to the connector's own engine (read-only, with its timeout): no connection string is handed to GX.
    """
    names: tuple[str, ...] = getattr(type(expectation), "counted", ())
    result: dict[str, Any] = {}
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # its log lines carry exceptions, and those quote rows
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = _validate(expectation, table)
    except Exception:
        result = {}
    if any(n not in result for n in names):
        mend = "check that its clock and fields exist and that the query ends within limits.statement_timeout"
        raise SourceError("the rows could not be counted", where=_where(table), mend=mend) from None
    return {n: int(result[n]) for n in names}


def _validate(expectation: BatchExpectation, table: SqlTable | FrameTable) -> dict[str, Any]:
    engine: Any
    data: Any
    if isinstance(table, FrameTable):
        engine = PandasExecutionEngine()
        data = table.frame
    else:
        engine = SqlAlchemyExecutionEngine(engine=table.engine, create_temp_table=False)
        data = SqlAlchemyBatchData(engine, schema_name=table.schema, table_name=table.name, create_temp_table=False, use_quoted_name=True)
    try:
        validator = Validator(execution_engine=engine, batches=[Batch(data=data)])
        validator.metrics_calculator.show_progress_bars = False
        outcome = validator.graph_validate([expectation.configuration], runtime_configuration={"result_format": RESULT_FORMAT})[0]
        return dict(outcome.result or {})
    finally:
        connection = getattr(engine, "_connection", None)
        if connection is not None:
            connection.close()


def _where(table: SqlTable | FrameTable) -> str:
    return table.name if isinstance(table, SqlTable) else "rows read from a file"
