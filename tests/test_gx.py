"""The expectations in anyone's own Great Expectations context; counts come back, values never do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from ropewalk.contracts import FrameTable, SqlTable
from ropewalk.errors import SourceError

AS_OF = "2026-11-20T12:00:00+00:00"
CANARY = "Quorvella Zimthwaite"
ROWS = pd.DataFrame(
    {
        "name": [CANARY, "", "Bo", "Cy", "REDACTED"],
        "delivered_at": ["2026-08-01", "2026-08-01", None, "2026-11-19T08:00:00Z", "2026-01-01"],
        "origin": ["amazon", "amazon", " ", None, "amazon"],
    }
)
BASIC = {"result_format": "BASIC", "partial_unexpected_count": 0}


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    engine = sa.create_engine(url)
    ROWS.to_sql("orders", engine, index=False)
    engine.dispose()
    return url


def batches(database: str) -> dict[str, Any]:
    """The same rows in an ephemeral context of the user's own, as a frame and as a table."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    frame = context.data_sources.add_pandas("frames").add_dataframe_asset("orders").add_batch_definition_whole_dataframe("all")
    table = context.data_sources.add_sqlite("db", connection_string=database).add_table_asset("orders", table_name="orders")
    return {
        "pandas": frame.get_batch(batch_parameters={"dataframe": ROWS}),
        "sql": table.add_batch_definition_whole_table("all").get_batch(),
    }


def test_in_a_context_of_ones_own(database: str) -> None:
    from ropewalk.gx import ExpectPiiRetention, ExpectRowsToNameTheirOrigin

    for kind, batch in batches(database).items():
        found = batch.validate(ExpectPiiRetention(personal=["name"], delivered="delivered_at", as_of=AS_OF), result_format=BASIC)
        assert not found.success, kind
        counted = {k: found.result[k] for k in ("rows", "personal", "overdue", "undated")}
        assert counted == {"rows": 5, "personal": 3, "overdue": 1, "undated": 1}, kind
        origin = batch.validate(ExpectRowsToNameTheirOrigin(origin=["origin"]), result_format=BASIC)
        assert (origin.success, origin.result["filled"]) == (False, 3), kind
        assert batch.validate(ExpectRowsToNameTheirOrigin(origin=["origin"], mostly=0.5), result_format=BASIC).success, kind
        assert CANARY not in json.dumps(found.to_json_dict()) + json.dumps(origin.to_json_dict()), kind


def test_a_query_of_ones_own_is_judged_too(database: str) -> None:
    import great_expectations as gx

    from ropewalk.gx import ExpectPiiRetention

    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_sqlite("db", connection_string=database).add_query_asset("q", query="SELECT * FROM orders WHERE name <> ''")
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    found = batch.validate(ExpectPiiRetention(personal=["name"], delivered="delivered_at", as_of=AS_OF), result_format=BASIC)
    assert (found.result["rows"], found.result["overdue"]) == (4, 1)


def test_it_saves_and_loads_in_a_suite() -> None:
    import great_expectations as gx

    from ropewalk.gx import ExpectPiiRetention

    suite = gx.ExpectationSuite("retention", expectations=[ExpectPiiRetention(personal=["name"], delivered="d", as_of=AS_OF, days=14)])
    saved = suite.to_json_dict()["expectations"][0]
    assert saved["type"] == "expect_pii_retention"
    assert saved["kwargs"]["days"] == 14


def test_personal_fields_of_the_register(tmp_path: Path) -> None:
    from ropewalk.gx import ExpectFieldsToHoldNoPersonalData, counts

    fields = pd.DataFrame(
        {"category": ["email", "ip", None, "email"], "strength": ["direct", "direct", None, "weak"], "confidence": [0.9, 0.3, 0, 0.9]}
    )
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'f.db'}")
    fields.to_sql("fields", engine, index=False)
    expectation = ExpectFieldsToHoldNoPersonalData(categories=["email", "ip"])
    for table in (FrameTable(fields), SqlTable(engine, "fields")):
        assert counts(expectation, table) == {"fields": 4, "found": 1}
    engine.dispose()


@pytest.mark.parametrize("missing", ["no_such_column", "no_such_table"])
def test_a_failure_quotes_nothing(database: str, missing: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    from ropewalk.gx import ExpectPiiRetention, counts

    engine = sa.create_engine(database)
    table = SqlTable(engine, "orders" if missing == "no_such_column" else missing)
    with pytest.raises(SourceError) as caught:
        counts(ExpectPiiRetention(personal=[CANARY], delivered="delivered_at", as_of=AS_OF), table)
    engine.dispose()
    assert CANARY not in str(caught.value) + caplog.text + "".join(capsys.readouterr())
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_the_stores_own_engine_is_used_and_left_open(database: str) -> None:
    from ropewalk.gx import ExpectRowsToNameTheirOrigin, counts

    engine = sa.create_engine(database)
    for _ in range(3):
        assert counts(ExpectRowsToNameTheirOrigin(origin=["origin"]), SqlTable(engine, "orders")) == {"rows": 5, "filled": 3}
    with engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from orders")).scalar() == 5
    engine.dispose()


def test_duckdb_tells_its_rows_too(tmp_path: Path) -> None:
    from ropewalk.gx import ExpectPiiRetention, counts

    engine = sa.create_engine(f"duckdb:///{tmp_path / 'shop.duckdb'}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE orders AS SELECT 'Ann' AS name, TIMESTAMP '2026-08-01 10:00:00' AS delivered_at"))
    found = counts(ExpectPiiRetention(personal=["name"], delivered="delivered_at", as_of=AS_OF), SqlTable(engine, "orders"))
    engine.dispose()
    assert (found["rows"], found["overdue"]) == (1, 1)


def test_ropewalk_does_not_import_it_until_rows_are_judged() -> None:
    code = (
        "import sys, ropewalk.policy, ropewalk.controls, ropewalk.plugins as p;"
        "p.Plugins.of().controls();"
        "sys.exit(any(m.split('.')[0] in {'great_expectations', 'pandas', 'spacy'} for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
