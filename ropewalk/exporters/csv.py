"""CSV (RFC 4180): every text quoted, formulas defused, the head as last columns so that it survives sorting and cutting."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ropewalk.exporters.json import plain

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = tuple("=+-@\t\r|%＝＋－＠")
"""First characters that spreadsheets run as a formula (OWASP, CSV injection), full-width twins too."""


def defused(cell: Any) -> Any:
    """Text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" \n\u00a0\u200b\ufeff").startswith(_FORMULA) else cell


class Csv:
    export = "csv"
    suffix = ".csv"

    def render(self, frame: pd.DataFrame, *, title: str, head: Mapping[str, str]) -> str:
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        about = {"export": title, **head}
        writer.writerow([defused(str(c)) for c in (*frame.columns, *(f"about: {k}" for k in about))])
        for row in frame.itertuples(index=False, name=None):
            cells = [_cell(plain(v)) for v in row]
            writer.writerow([defused(c) for c in (*cells, *about.values())])
        return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(str(v) for v in value)
    if isinstance(value, dict):
        return "; ".join(f"{k}: {v}" for k, v in value.items())
    return str(value).lower() if isinstance(value, bool) else value
