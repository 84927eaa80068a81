"""Markdown for people: the head, a table; a wide frame gets an overview and then every row in full."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ropewalk.exporters.json import plain

if TYPE_CHECKING:
    import pandas as pd

WIDE = 8
OVERVIEW = 5
SHORT = 8
"""A first cell this short (a clause) is no heading on its own: the second one goes with it."""
_SPECIAL = re.compile(r"([\\`*\[\]|])")


def escaped(value: Any) -> str:
    """A cell that cannot end the table, open a tag, or hide an address behind other words."""
    value = plain(value)
    if isinstance(value, list):
        value = ", ".join(str(v) for v in value)
    elif isinstance(value, dict):
        value = "; ".join(f"{k}: {v}" for k, v in value.items())
    text = "" if value is None else str(value)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


class Markdown:
    export = "markdown"
    suffix = ".md"

    def render(self, frame: pd.DataFrame, *, title: str, head: Mapping[str, str]) -> str:
        columns = [str(c) for c in frame.columns]
        rows = [[escaped(v) for v in row] for row in frame.itertuples(index=False, name=None)]
        out = [f"# {escaped(title)}", "", *(f"- {escaped(k)}: {escaped(v)}" for k, v in head.items()), f"- rows: {len(rows)}", ""]
        if not rows:
            out += ["Nothing to show.", ""]
        elif len(columns) <= WIDE:
            out += _table(columns, rows)
        else:
            out += _table(["no.", *columns[:OVERVIEW]], [[str(i), *row[:OVERVIEW]] for i, row in enumerate(rows, 1)])
            for i, row in enumerate(rows, 1):
                out += [f"## {i}. {row[0] if len(row[0]) > SHORT else f'{row[0]} {row[1]}'}", ""]
                out += [f"- {escaped(_words(c))}: {v}" for c, v in zip(columns[1:], row[1:], strict=True) if v]
                out.append("")
        return "\n".join(out).rstrip("\n") + "\n"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [[escaped(_words(c)) for c in columns], ["---"] * len(columns), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def _words(column: str) -> str:
    return column.replace("_", " ")
