"""What the commands print: data on stdout (table, JSON, CSV), words and progress on stderr; colour never alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from ropewalk.errors import RopewalkError


class Format(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a printed table: where from, its heading, its share of the width; `number` is set right; `cut` ends in … ."""

    key: str
    title: str = ""
    ratio: int | None = None
    number: bool = False
    least: int | None = None
    cut: bool = False

    @property
    def heading(self) -> str:
        return self.title or self.key.replace("_", " ")


STYLE = {
    "fail": "bold red",
    "error": "bold red",
    "stale": "yellow",
    "unknown": "yellow",
    "pass": "green",
    "not_applicable": "dim",
    "undeclared": "bold red",
    "not seen": "yellow",
    "new": "bold",
    "failed": "bold red",
}


@dataclass
class Out:
    """The two streams of a run. `width` is 100 where there is no terminal to ask."""

    no_color: bool = False
    data: Console = field(init=False)
    words: Console = field(init=False)

    def __post_init__(self) -> None:
        self.data = self._console(sys.stdout)
        self.words = self._console(sys.stderr)

    def _console(self, stream: Any) -> Console:
        width = None if stream.isatty() or os.environ.get("COLUMNS") else 100
        return Console(file=stream, no_color=self.no_color or None, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)

    def say(self, *lines: str, style: str = "") -> None:
        """Words for people, on stderr."""
        for line in lines:
            self.words.print(Text(clean(line), style=style))

    def show(
        self,
        frame: pd.DataFrame,
        columns: Sequence[Column],
        form: Format,
        *,
        title: str,
        head: Mapping[str, str] | None = None,
        nothing: str = "Nothing to show.",
        group: str | None = None,
    ) -> None:
        """The frame on stdout: the chosen columns as a table (rows under the headings of `group`), or every column as JSON or CSV."""
        if form is not Format.table:
            from ropewalk.exporters import render

            self.data.file.write(render(frame, form.value, title=title, head=head or {}))
            return
        if frame.empty:
            self.say(nothing)
            return
        if group is None:
            self.data.print(table(frame, columns))
            return
        widths = {c.key: max(len(c.heading), *(len(cell(v, c.key)) for v in frame[c.key])) for c in columns if not c.ratio}
        for i, (name, own) in enumerate(frame.groupby(group, sort=False)):
            self.data.print(Text(("\n" if i else "") + clean(str(name)), style="bold"))
            self.data.print(table(own, columns, widths, header=not i))

    def indented(self, text: str, by: int) -> None:
        """Words as data, wrapped, `by` columns in."""
        for line in wrap(clean(text), max(self.data.width - by, 20), break_on_hyphens=False):
            self.data.print(Text(" " * by + line))

    @contextmanager
    def spinner(self, doing: str) -> Iterator[Callable[[str], None]]:
        """What is being done, on stderr of a terminal; nothing elsewhere."""
        if not self.words.is_terminal:
            yield lambda _: None
            return
        with self.words.status(Text(doing)) as status:
            yield lambda text: status.update(Text(f"{doing} {clean(text)}"))

    def problem(self, error: RopewalkError) -> None:
        """An error: what, where, mend."""
        self.words.print(Text("error: ", style="bold red").append(clean(error.what), style="bold"))
        if error.where:
            self.words.print(Text("  where: ").append(clean(error.where)), soft_wrap=True)
        if error.mend:
            self.words.print(Text("  mend:  ").append(clean(error.mend)), soft_wrap=True)


def table(frame: pd.DataFrame, columns: Sequence[Column], widths: Mapping[str, int] | None = None, *, header: bool = True) -> Table:
    from rich import box
    from rich.table import Table

    out = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False, show_header=header, expand=any(c.ratio for c in columns))
    for c in columns:
        out.add_column(
            c.heading,
            justify="right" if c.number else "left",
            overflow="ellipsis" if c.cut else "fold",
            no_wrap=c.cut,
            ratio=c.ratio,
            min_width=c.least,
            width=(widths or {}).get(c.key),
        )
    for row in frame.to_dict("records"):
        out.add_row(*(cell(row.get(c.key), c.key) for c in columns))
    return out


def cell(value: Any, key: str = "") -> Text:
    """A value as words: numbers short, times to the minute, statuses marked and coloured."""
    if key == "status":
        from ropewalk.views.words import status_mark

        return Text(status_mark(str(value)), style=STYLE.get(str(value), ""))
    if value is None or (not isinstance(value, (list, dict, str)) and value != value):
        return Text("")
    if isinstance(value, datetime):
        return Text(value.strftime("%Y-%m-%d %H:%M"))
    if isinstance(value, float):
        return Text(f"{value:.0f}" if value.is_integer() and abs(value) > 1 else f"{value:.2f}")
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    text = clean(str(value))
    return Text(text, style=STYLE.get(text, "") if key in {"drift", "state", "change"} else "")


def clean(text: str) -> str:
    """No control character of a hostile name reaches the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "·" for c in text)


def seconds(value: float | None) -> str:
    """`75` -> `1 min 15 s`."""
    if value is None:
        return "unknown"
    whole = int(value)
    if whole < 60:
        return f"{value:.1f} s" if value < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
