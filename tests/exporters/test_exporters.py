"""Exporters against golden files; `ROPEWALK_GOLDEN=write` rewrites them, to be read before they are committed."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ropewalk import exporters, views
from ropewalk.errors import ConfigError
from ropewalk.exporters.csv import defused
from ropewalk.exporters.markdown import escaped
from ropewalk.model import ProcessingActivity

GOLDEN = Path(__file__).parent.parent / "golden"
HEAD = {"company": "Example Goods", "as of": "2026-03-01", "evidence head": "ab12"}
NARROW = pd.DataFrame(
    [
        {"field": "shop/orders#email", "confidence": 0.95, "when": pd.Timestamp(datetime(2026, 3, 1, tzinfo=UTC)), "kinds": ["name", "value"]},
        {"field": '=HYPERLINK("http://example.com")', "confidence": float("nan"), "when": pd.NaT, "kinds": []},
        {"field": "a|b <script>\nnew [line](x)", "confidence": -1.5, "when": None, "kinds": {"a": 1}},
    ]
)
WIDE = views.record(
    [
        ProcessingActivity(
            "shop/orders#email", "email", "observed", "shipping", {"purposes": "ship orders", "owner": "operations", "disposal_rule": "30 days"}
        ),
        ProcessingActivity("logs/app#client_ip", "ip", "undeclared", "", {"observed_cells": "9 of 10"}),
    ]
)


@pytest.mark.parametrize("name", ["narrow", "wide", "empty"])
@pytest.mark.parametrize("export", ["csv", "json", "markdown"])
def test_golden(export: str, name: str) -> None:
    frame = {"narrow": NARROW, "wide": WIDE, "empty": WIDE.iloc[:0]}[name]
    text = exporters.render(frame, export, title="A title", head=HEAD)
    file = GOLDEN / f"{name}{exporters.exporters()[export].suffix}"
    if os.environ.get("ROPEWALK_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8", newline="")
    assert text == file.read_text(encoding="utf-8") if export != "csv" else text.encode() == file.read_bytes()


def test_known_exporters_are_named() -> None:
    assert sorted(exporters.exporters()) == ["csv", "json", "markdown"]
    with pytest.raises(ConfigError, match="csv, json, markdown"):
        exporters.render(NARROW, "xml", title="", head={})


@settings(deadline=None)
@given(st.text())
def test_no_csv_cell_starts_a_formula(text: str) -> None:
    rendered = exporters.render(pd.DataFrame({"a": [text], text or "b": ["x"]}), "csv", title=text, head={"k": text})
    for row in csv.reader(io.StringIO(rendered, newline="")):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


def test_numbers_stay_numbers_and_text_is_kept() -> None:
    assert defused(-5) == -5
    assert defused("-5") == "'-5"
    assert defused("plain") == "plain"
    assert defused("  =1") == "'  =1"


@settings(deadline=None)
@given(st.text())
def test_markdown_cells_cannot_leave_their_cell(text: str) -> None:
    cell = escaped(text)
    assert "\n" not in cell
    assert "<" not in cell
    assert "|" not in cell.replace("\\\\", "").replace("\\|", "")


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), st.none() | st.text() | st.floats() | st.integers())))
def test_json_is_always_valid(rows: list[dict[str, object]]) -> None:
    text = exporters.render(pd.DataFrame(rows, columns=["a", "b"], dtype=object), "json", title="t", head=HEAD)
    assert len(json.loads(text, parse_constant=lambda c: pytest.fail(c))["rows"]) == len(rows)
